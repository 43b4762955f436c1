// What the caller has heard. Pure bookkeeping of one call's playback: the carrier plays slower than the model speaks,
// so "sent" says nothing; only marks that come back say "heard". A clear echoes every outstanding mark at once, so
// each interruption begins a new generation and older marks are deaf.

interface PlayingItem {
  item_id: string
  response_id: string
  sent_ms: number
  heard_ms: number
  /** The model has sent all of it. */
  is_complete: boolean
}
interface PendingMark {
  name: string
  item: PlayingItem
  /** Of the item, when this mark is reached. */
  upto_ms: number
}
export interface HeardItem {
  item_id: string
  response_id: string
  heard_ms: number
  sent_ms: number
  /** The model has sent all of it: it is `sent_ms` long. */
  is_complete: boolean
}

const EQUALS = 0x3d
/** Nobody answers for so long: a model that is so far ahead will not come to an end. 5 MB of sound (sound-queue.ts). */
const MOST_AHEAD_MS = 10 * 60_000
/** When so many marks are still to come back, not each delta has its own but each 200 ms: at most 4,000 for what may be ahead. */
const FINE_MARKS = 1_000
const COARSE_MARK_MS = 200
/** Between two marks the caller has heard a little more than the last one says; never more than this. */
const BEYOND_MARK_MS = 50

/**
 * Duration of a G.711 µ-law payload.
 * @param payload base64, as carried by media messages and audio deltas
 * @returns milliseconds (8 bytes per millisecond at 8 kHz)
 * @throws never
 * @source ITU-T G.711; Twilio Media Streams, "media" message
 */
export function pcmuDurationMs(payload: string): number {
  const { length } = payload
  const padding = payload.charCodeAt(length - 1) !== EQUALS ? 0 : payload.charCodeAt(length - 2) !== EQUALS ? 1 : 2
  return Math.floor((length * 3) / 4 - padding) / 8
}

export class Playback {
  #generation = 1
  #count = 0
  #items: PlayingItem[] = []
  #marks: PendingMark[] = []
  /** Sent since the last mark; null when that was after all of it. Only while marks are still to come back. */
  #unmarked_ms: number | null = null
  #progressAt = 0
  #endsAt = 0
  readonly #discarded = new Set<string>()

  /** True when nothing sent is still to be heard. */
  get isIdle(): boolean {
    return this.#marks.length === 0
  }

  /** What is said now would be heard too late: the model is not to be listened to any more. */
  isTooFarAhead(now_ms: number): boolean {
    return this.#endsAt - now_ms > MOST_AHEAD_MS
  }

  /** Milliseconds since the carrier last said that something was heard. */
  sinceProgress(now_ms: number): number {
    return now_ms - this.#progressAt
  }

  /** Late deltas of an interrupted response must not be forwarded. Rule L5. */
  isDiscarded(response_id: string): boolean {
    return this.#discarded.has(response_id)
  }

  /** True while anything of this item is still to be heard. */
  isPlaying(item_id: string): boolean {
    return this.#items.some((item) => item.item_id === item_id)
  }

  /** From now on nothing of this response is forwarded. */
  discard(response_id: string): void {
    this.#discarded.add(response_id)
  }

  /**
   * Books one delta that is being sent.
   * @returns the mark to send after it, if it is to have one, and when the caller will hear its beginning
   */
  send(
    response_id: string,
    item_id: string,
    duration_ms: number,
    now_ms: number,
  ): { mark: string | null; starts_at_ms: number; is_first: boolean } {
    let item = this.#items.at(-1)
    const is_first = item?.item_id !== item_id
    if (!item || is_first) {
      item = { item_id, response_id, sent_ms: 0, heard_ms: 0, is_complete: false }
      this.#items.push(item)
    }
    if (this.#marks.length === 0) this.#progressAt = now_ms
    const starts_at_ms = Math.max(now_ms, this.#endsAt)
    this.#endsAt = starts_at_ms + duration_ms
    item.sent_ms += duration_ms
    this.#unmarked_ms = (this.#unmarked_ms ?? 0) + duration_ms
    const isMarked = this.#marks.length < FINE_MARKS || this.#unmarked_ms >= COARSE_MARK_MS
    return { mark: isMarked ? this.#markAfter(item) : null, starts_at_ms, is_first }
  }

  /** @returns the mark to send after all that was sent, when that has none; asked each time a mark has come back */
  owedMark(): string | null {
    const last = this.#items.at(-1)
    if (this.#unmarked_ms === null || last === undefined || this.#marks.length >= FINE_MARKS) return null
    return this.#markAfter(last)
  }

  #markAfter(item: PlayingItem): string {
    const name = `g${this.#generation}.${++this.#count}`
    this.#marks.push({ name, item, upto_ms: item.sent_ms })
    this.#unmarked_ms = null
    return name
  }

  /** The model has sent all audio of an item. @returns the item if the caller has heard all of it already */
  complete(item_id: string): HeardItem | null {
    const item = this.#items.find((candidate) => candidate.item_id === item_id)
    if (!item) return null
    item.is_complete = true
    return item.heard_ms >= item.sent_ms ? this.#take(item) : null
  }

  /** The response is over, also on servers that do not say so of each item. @returns items heard to their end */
  completeResponse(response_id: string): HeardItem[] {
    return this.#items
      .filter((item) => item.response_id === response_id && !item.is_complete)
      .flatMap((item) => this.complete(item.item_id) ?? [])
  }

  /**
   * A mark came back.
   * @returns items now heard to their end; empty for a mark of an older generation, a double or an unknown one
   */
  marked(name: string, now_ms: number): HeardItem[] {
    const position = this.#marks.findIndex((mark) => mark.name === name)
    if (position < 0) return []
    const { item: reached, upto_ms } = this.#marks[position]!
    this.#marks.splice(0, position + 1)
    this.#progressAt = now_ms
    const items = this.#items.slice(0, this.#items.indexOf(reached) + 1)
    for (const item of items) item.heard_ms = item === reached ? Math.max(item.heard_ms, upto_ms) : item.sent_ms
    return items.filter((item) => item.is_complete && item.heard_ms >= item.sent_ms).map((item) => this.#take(item))
  }

  /**
   * The caller (or a supervisor) cut in: a new generation begins, and what was sent of the old one is over.
   * @returns every item not heard to its end, with the millisecond up to which it was heard
   */
  interrupt(now_ms: number): HeardItem[] {
    const beyond = Math.min(BEYOND_MARK_MS, Math.max(0, now_ms - this.#progressAt))
    const playing = this.#marks[0]?.item
    const cut = this.#items
      .filter((item) => !(item.is_complete && item.heard_ms >= item.sent_ms))
      .map(({ item_id, response_id, heard_ms, sent_ms, is_complete }) => ({
        item_id,
        response_id,
        is_complete,
        heard_ms: Math.floor(playing?.item_id === item_id ? Math.min(sent_ms, heard_ms + beyond) : heard_ms),
        sent_ms: Math.floor(sent_ms),
      }))
    for (const item of this.#items) this.#discarded.add(item.response_id)
    this.#generation++
    this.#items = []
    this.#marks = []
    this.#unmarked_ms = null
    this.#endsAt = now_ms
    return cut
  }

  #take(item: PlayingItem): HeardItem {
    this.#items = this.#items.filter((other) => other !== item)
    const { item_id, response_id, heard_ms, sent_ms, is_complete } = item
    return { item_id, response_id, heard_ms: Math.floor(heard_ms), sent_ms: Math.floor(sent_ms), is_complete }
  }
}
