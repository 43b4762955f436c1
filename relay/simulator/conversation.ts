// What was said in a session, as items in order, and what only the server knows of them: how long they last
// and which words really sound in them.
import { speechNote } from './ear.ts'
import { ModelRefusal } from './model-errors.ts'
import { newId } from './model-ids.ts'
import type { ItemRequest } from './model-protocol.ts'
import type { SpokenWord } from './speech.ts'

export type Role = 'user' | 'assistant' | 'system'

export type WireContent =
  | { type: 'input_text' | 'output_text'; text: string }
  | { type: 'input_audio'; transcript: string | null; audio?: string }
  | { type: 'output_audio'; transcript?: string; audio?: string }
  | { type: 'input_image'; image_url: string }

interface WireBase {
  id: string
  object: 'realtime.item'
  status: 'completed' | 'incomplete' | 'in_progress'
}

export type WireItem =
  | (WireBase & { type: 'message'; role: Role; content: WireContent[] })
  | (WireBase & { type: 'function_call'; name: string; call_id: string; arguments: string })
  | (WireBase & { type: 'function_call_output'; call_id: string; output: string })

export interface StoredItem {
  wire: WireItem
  /** Audio in it, heard or made. */
  duration_ms: number
  /** What sounds in that audio; cut by a truncation. */
  words: readonly SpokenWord[]
  /** Mu-law, for "retrieve"; the last minute at most. */
  audio: readonly Uint8Array[]
  /** The client made it from text. */
  isGiven: boolean
}

export class Conversation {
  readonly id = newId('conv')
  #items: StoredItem[] = []

  get items(): readonly StoredItem[] {
    return this.#items
  }

  get last_id(): string | null {
    return this.#items.at(-1)?.wire.id ?? null
  }

  find(id: string): StoredItem | undefined {
    return this.#items.find((item) => item.wire.id === id)
  }

  /**
   * @param after id of the item before it, `root` for the front, absent for the end
   * @returns the id of the item before it
   * @throws ModelRefusal when there is no such item, the id is taken, or a tool output answers no call
   */
  add(item: StoredItem, after?: string | null): string | null {
    if (this.find(item.wire.id))
      throw new ModelRefusal('item_create_invalid_item_id', `Item with id '${item.wire.id}' already exists.`, 'item.id')
    if (item.wire.type === 'function_call_output') this.#checkCall(item.wire.call_id)
    const at = this.#place(after)
    this.#items.splice(at, 0, item)
    return this.#items[at - 1]?.wire.id ?? null
  }

  delete(id: string): void {
    if (!this.find(id)) throw missing('delete', id)
    this.#items = this.#items.filter((item) => item.wire.id !== id)
  }

  /** Removes what was not heard, and the transcript with it. */
  truncate(id: string, content_index: number, audio_end_ms: number): void {
    const item = this.find(id)
    if (!item) throw missing('truncate', id)
    const content = item.wire.type === 'message' ? item.wire.content[content_index] : undefined
    if (content?.type !== 'output_audio')
      throw new ModelRefusal('unsupported_content_type', 'Only model output audio messages can be truncated')
    const duration_ms = Math.floor(item.duration_ms)
    if (audio_end_ms > duration_ms)
      throw new ModelRefusal(
        'invalid_value',
        `Audio content of ${duration_ms}ms is already shorter than ${audio_end_ms}ms`,
        'audio_end_ms',
      )
    item.duration_ms = audio_end_ms
    item.words = item.words.filter((word) => (word.start_ms + word.end_ms) / 2 <= audio_end_ms)
    delete content.transcript
  }

  retrieve(id: string): StoredItem {
    const item = this.find(id)
    if (!item) throw missing('retrieve', id)
    return item
  }

  #place(after: string | null | undefined): number {
    if (after === undefined || after === null) return this.#items.length
    if (after === 'root') return 0
    const index = this.#items.findIndex((item) => item.wire.id === after)
    if (index < 0)
      throw new ModelRefusal(
        'item_create_invalid_previous_item_id',
        `Previous item with id '${after}' not found.`,
        'previous_item_id',
      )
    return index + 1
  }

  #checkCall(call_id: string): void {
    const isKnown = this.#items.some(({ wire }) => wire.type === 'function_call' && wire.call_id === call_id)
    if (!isKnown)
      throw new ModelRefusal(
        'invalid_tool_call_id',
        `Tool call ID '${call_id}' not found in conversation.`,
        'item.call_id',
      )
  }
}

function missing(deed: 'delete' | 'truncate' | 'retrieve', id: string): ModelRefusal {
  return new ModelRefusal(`item_${deed}_invalid_item_id`, `Item with item_id not found: ${id}`, 'item_id')
}

/**
 * An item the client gives, made whole.
 * @throws never
 * @source OpenAI Realtime, conversation.item.create
 */
export function givenItem(request: ItemRequest): StoredItem {
  const base = { id: request.id ?? newId('item'), object: 'realtime.item', status: 'completed' } as const
  const rest = { duration_ms: 0, words: [], audio: [], isGiven: true }
  if (request.type === 'function_call')
    return {
      wire: {
        ...base,
        type: request.type,
        name: request.name,
        arguments: request.arguments,
        call_id: request.call_id ?? newId('call'),
      },
      ...rest,
    }
  if (request.type === 'function_call_output')
    return {
      wire: { ...base, type: request.type, call_id: request.call_id, output: request.output },
      ...rest,
    }
  const content = request.content.map((part): WireContent => {
    if (part.type === 'input_audio') return { type: part.type, transcript: part.transcript ?? null }
    if (part.type === 'input_image') return { type: part.type, image_url: part.image_url }
    return { type: part.type, text: part.text }
  })
  return { wire: { ...base, type: 'message', role: request.role, content }, ...rest }
}

/**
 * What a message says, as the model understands it.
 * @returns the words of its text and audio; "(speech, 2.1 s)" for audio without readable words
 * @throws never
 * @source ours
 */
export function textOf(item: StoredItem): string {
  if (item.wire.type !== 'message') return ''
  const parts = item.wire.content.map((part) => {
    if (part.type === 'input_text' || part.type === 'output_text') return part.text
    if (part.type === 'input_image') return ''
    if (item.words.length > 0) return item.words.map((word) => word.word).join(' ')
    if (part.type === 'input_audio')
      return part.transcript ?? (item.duration_ms > 0 ? speechNote(item.duration_ms) : '')
    return ''
  })
  return parts.filter((part) => part !== '').join(' ')
}
