// The model's side of one call: configures as it is told, hears the caller's frames and counts them, and plays `talk`.
import type { Socket } from 'node:net'
import { FRAME_BYTES, soundOf } from './media-frame.ts'
import * as words from './model-words.ts'
import { nowUs, readStamp, STAMP_BYTES, STAMP_CHARS, type Stamp, stampOf, writeStamp } from './stamp.ts'
import { GREETING, HEARD_OUT, INTERRUPTED, PIECE_MS, type Step, TURN_MS } from './talk.ts'
import { type Arrivals, NO_CALL, newArrivals, noteArrival } from './tally.ts'
import { FrameCutter, frameOf, PING, PONG, TEXT } from './wire.ts'

export interface ModelListener {
  /** A frame of the caller. @param kept it came with others in one message: it had waited for the model */
  onFrame(sent_us: number, now_us: number, kept: boolean): void
  onSpeechStarted(call: number, now_us: number): void
}

const FRAME_CHARS = Math.ceil(FRAME_BYTES / 3) * 4
const QUOTE = 34
const MARKERS = ['"audio":"', '"payload":"'].map((marker) => Buffer.from(marker))
const PIECE_BYTES = PIECE_MS * 8
const PIECE_REST = soundOf(PIECE_BYTES - STAMP_BYTES).toString('base64')
const FIRST_TURN_AFTER_MS = 1_000

export class ModelSession {
  arrivals: Arrivals | null = null
  /** Pieces of sound sent. */
  sent = 0
  readonly #socket: Socket
  readonly #listener: ModelListener
  readonly #cutter = new FrameCutter()
  /** 0 to 1: where in its turn this session is while others are elsewhere in theirs. */
  readonly #phase: number
  readonly #openedAt = performance.now()
  #session: Record<string, unknown> = { type: 'realtime', object: 'realtime.session', model: 'gpt-realtime-2.1' }
  #answer: words.Answer | null = null
  #frame: { bytes: Buffer; stamp_at: number } | null = null
  #callerItem = words.newName('item')
  #turns: number
  #timers = new Set<NodeJS.Timeout>()

  /** @param socket upgraded already @param index the how manyeth session of this process */
  constructor(socket: Socket, rest: Buffer, index: number, listener: ModelListener) {
    this.#socket = socket
    this.#listener = listener
    this.#phase = (index * 0.618_034) % 1
    this.#turns = index % 2
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.halt())
    if (rest.length > 0) this.#receive(rest)
    this.#say(words.sessionEvent('session.created', { ...this.#session, id: words.newName('sess') }))
  }

  /** Says nothing any more, and goes on listening. */
  halt(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  close(): void {
    this.halt()
    this.#socket.destroy()
  }

  // ---- what comes in

  #receive(chunk: Buffer): void {
    this.#cutter.push(chunk, (opcode, payload) => {
      if (opcode === PING) this.#socket.write(frameOf(PONG, Buffer.from(payload), false))
      if (opcode !== TEXT) return
      const at = soundAt(payload)
      if (at < 0) this.#obey(payload)
      else if (payload[at + FRAME_CHARS] === QUOTE) this.#hear(readStamp(payload, at), nowUs(), false)
      else this.#hearMany(payload.toString('latin1', at, payload.indexOf('"', at)))
    })
  }

  /** What waited until the session was ready. */
  #hearMany(base64: string): void {
    const sound = Buffer.from(base64, 'base64')
    const now_us = nowUs()
    for (let at = 0; at < sound.length; at += FRAME_BYTES) this.#hear(stampOf(sound, at), now_us, true)
  }

  #hear(stamp: Stamp | null, now_us: number, kept: boolean): void {
    if (!stamp) return
    if (!this.arrivals) {
      this.arrivals = newArrivals(stamp.call)
      this.#after(FIRST_TURN_AFTER_MS + this.#phase * TURN_MS, () => this.#turn(performance.now()))
    }
    noteArrival(this.arrivals, stamp)
    this.#listener.onFrame(stamp.sent_us, now_us, kept)
  }

  #obey(payload: Buffer): void {
    const event = JSON.parse(payload.toString('utf8')) as { type?: string; event_id?: string; [field: string]: unknown }
    switch (event.type) {
      case 'session.update':
        Object.assign(this.#session, event.session)
        return this.#say(words.sessionEvent('session.updated', this.#session))
      case 'conversation.item.truncate':
        return this.#say(words.truncated(event.item_id, event.audio_end_ms))
      case 'response.create':
        if (this.#answer) return this.#say(words.alreadyActive(event.event_id ?? null))
        return this.#play(GREETING, performance.now())
      default:
    }
  }

  // ---- what goes out

  #turn(began_ms: number): void {
    this.#play(this.#turns++ % 2 === 0 ? HEARD_OUT : INTERRUPTED, began_ms)
    this.#after(began_ms + TURN_MS - performance.now(), () => this.#turn(began_ms + TURN_MS))
  }

  /** One step after the other, each at its time. */
  #play(steps: Step[], began_ms: number, next = 0): void {
    const step = steps[next]
    if (!step) return
    this.#after(began_ms + step.at_ms - performance.now(), () => {
      this.#do(step.deed)
      this.#play(steps, began_ms, next + 1)
    })
  }

  #do(deed: Step['deed']): void {
    switch (deed) {
      case 'answer':
        return this.#begin()
      case 'piece':
        return this.#piece()
      case 'end':
        return this.#end('completed')
      case 'caller_starts':
        return this.#callerStarts()
      case 'cut_in':
        this.#listener.onSpeechStarted(this.arrivals?.call ?? NO_CALL, nowUs())
        this.#callerStarts()
        return this.#end('cancelled')
      case 'caller_stops':
        return this.#sayAll(words.speechStopped(this.#callerItem, this.#heardMs))
      case 'caller_written':
        return this.#sayAll(words.speechWritten(this.#callerItem))
      default:
        return deed satisfies never
    }
  }

  #begin(): void {
    if (this.#answer) this.#end('completed')
    this.#answer = { response_id: words.newName('resp'), item_id: words.newName('item'), pieces: 0 }
    this.#sayAll(words.answerBegins(this.#answer))
    const head = words.soundHead(this.#answer)
    const text = `${head}${'A'.repeat(STAMP_CHARS)}${PIECE_REST}${words.SOUND_TAIL}`
    this.#frame = { bytes: frameOf(TEXT, text, false), stamp_at: 4 + head.length }
  }

  #piece(): void {
    const [answer, frame] = [this.#answer, this.#frame]
    if (!answer || !frame) return
    const word = words.wordOf(answer)
    if (word) this.#say(word)
    answer.pieces++
    const stamp = { call: this.arrivals?.call ?? NO_CALL, number: ++this.sent, sent_us: nowUs() }
    writeStamp(frame.bytes, frame.stamp_at, stamp)
    this.#socket.write(frame.bytes)
    // What is still being sent is not written over.
    if (this.#socket.writableLength > 0) frame.bytes = Buffer.from(frame.bytes)
  }

  #end(how: 'completed' | 'cancelled'): void {
    if (!this.#answer) return
    this.#sayAll(words.answerEnds(this.#answer, how))
    this.#answer = null
  }

  #callerStarts(): void {
    this.#callerItem = words.newName('item')
    this.#say(words.speechStarted(this.#callerItem, this.#heardMs))
  }

  get #heardMs(): number {
    return Math.round(performance.now() - this.#openedAt)
  }

  #sayAll(texts: string[]): void {
    this.#socket.cork()
    for (const text of texts) this.#say(text)
    this.#socket.uncork()
  }

  #say(text: string): void {
    this.#socket.write(frameOf(TEXT, text, false))
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        run()
      },
      Math.max(0, ms),
    )
    this.#timers.add(timer)
  }
}

/** Where the sound of a message begins; -1 for one without. */
function soundAt(message: Buffer): number {
  for (const marker of MARKERS) {
    const found = message.indexOf(marker)
    if (found >= 0) return found + marker.length
  }
  return -1
}
