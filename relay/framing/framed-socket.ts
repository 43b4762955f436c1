// One WebSocket over a socket that is already upgraded, for the sound of a call: the carrier's media stream and the
// model's session. What is sent leaves at once; what is sent because of one long read leaves in one write, because the
// write is what costs.
//
//   open ──close() or their close frame, a refusal, an end──▶ closing ──both said close: end()──▶ closed
//                                                               └──time limit or terminate(): destroy()──▶ closed
import type { Duplex } from 'node:stream'
import { systemClock } from '../platform/clock.ts'
import type { Clock } from '../platform/ports.ts'
import { FrameCount } from './frame-count.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { type FrameRefusal, NO_CLOSE_FRAME, NO_CODE, type Role } from './frame-rules.ts'
import { closeBody, FrameWriter, type HotFrame } from './frame-writer.ts'
import type { Framed, FramedListener, FramedOptions } from './framed.ts'
import { readIntoRoom } from './read-room.ts'
import { Room } from './room.ts'

const CLOSE_TIMEOUT_MS = 5_000
/** A frame of sound is shorter. A longer read is many of them, after a pause, or a piece that is answered with two. */
const LONG_READ_BYTES = 640
/** Where frames of sound are built; a longer one is none. */
const SOUND_BYTES = 1_024
let sound = new Room(SOUND_BYTES)
/** Sockets that hold back what they write until the whole of a long read has been worked on; null at other times. */
let holding: FramedSocket[] | null = null

export class FramedSocket implements Framed {
  readonly #socket: Duplex
  readonly #listener: FramedListener
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  readonly #clock: Clock
  readonly #close_timeout_ms: number
  #state: 'open' | 'closing' | 'closed' = 'open'
  #isHolding = false
  /** What the system takes at once is not needed any more when it was written. */
  readonly #takesAtOnce: boolean
  #heldPong: Buffer | null = null
  #closed = { code: NO_CLOSE_FRAME, reason: '' }
  #closeTimer: { cancel(): void } | null = null

  /**
   * Takes the socket over: from here on nobody else reads, writes or ends it.
   * @param head what of the first frames came together with the upgrade
   */
  constructor(socket: Duplex, head: Buffer, role: Role, listener: FramedListener, options: FramedOptions) {
    this.#listener = listener
    this.#clock = options.clock ?? systemClock
    const count = options.rate ? new FrameCount(options.rate, this.#clock) : null
    this.#reader = new FrameReader(role, options, this.#sink(), count)
    this.#writer = new FrameWriter(role)
    this.#close_timeout_ms = options.close_timeout_ms ?? CLOSE_TIMEOUT_MS
    this.#socket = readIntoRoom(socket, head, this.#read)
    this.#takesAtOnce = this.#socket !== socket
    sendAtOnce(this.#socket)
    this.#socket.on('drain', this.#sendHeldPong)
    this.#socket.on('end', this.#onEnd)
    this.#socket.on('error', this.#onError)
    this.#socket.on('close', this.#onClose)
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  sendText(text: string | Uint8Array): void {
    if (this.#state === 'open') this.#write(this.#writer.text(text))
  }

  sendBinary(bytes: Uint8Array): void {
    if (this.#state === 'open') this.#write(this.#writer.binary(bytes))
  }

  sendHot(frame: HotFrame, payload: string): void {
    if (this.#state !== 'open') return
    const goesAtOnce = holding === null && this.#takesAtOnce && this.#socket.writableLength === 0
    if (!goesAtOnce) return this.#write(this.#writer.hot(frame, payload))
    this.#socket.write(this.#writer.hot(frame, payload, sound))
    // It is still to be read there.
    if (this.#socket.writableLength > 0) sound = new Room(SOUND_BYTES)
  }

  ping(): void {
    if (this.#state === 'open') this.#write(this.#writer.ping())
  }

  close(code?: number, reason?: string): void {
    if (this.#state === 'open') this.#sayClose(closeBody(code, reason))
  }

  terminate(): void {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    this.#reader.stop()
    this.#socket.destroy()
  }

  #write(frame: Buffer): void {
    if (holding !== null && !this.#isHolding) {
      this.#isHolding = true
      holding.push(this)
      this.#socket.cork()
    }
    this.#socket.write(frame)
  }

  #release(): void {
    this.#isHolding = false
    this.#socket.uncork()
  }

  readonly #read = (chunk: Buffer, words?: Int32Array): void => {
    if (chunk.length < LONG_READ_BYTES) return this.#push(chunk, words)
    const held: FramedSocket[] = []
    holding = held
    try {
      this.#push(chunk, words)
    } finally {
      holding = null
      for (const socket of held) socket.#release()
    }
  }

  /** A listener that throws may leave half a chunk unread: what came after would be misread. */
  #push(chunk: Buffer, words?: Int32Array): void {
    try {
      this.#reader.push(chunk, words)
    } catch (error) {
      this.terminate()
      throw error
    }
  }

  #sink(): FrameSink {
    return {
      onText: (payload) => this.#listener.onText(payload),
      onBinary: (payload) => this.#listener.onBinary(payload),
      onPong: (payload) => this.#listener.onPong(payload),
      onPing: (payload) => this.#answerPing(payload),
      onClose: (code, reason) => this.#hearClose(code, reason),
      onRefusal: (refusal) => this.#refuse(refusal),
    }
  }

  /** Pongs for someone who does not read them would pile up without end. Source: RFC 6455, 5.5.3: the newest will do. */
  #answerPing(payload: Buffer): void {
    if (this.#state !== 'open') return
    if (this.#socket.writableNeedDrain) this.#heldPong = Buffer.from(payload)
    else this.#write(this.#writer.pong(payload))
  }

  readonly #sendHeldPong = (): void => {
    const payload = this.#heldPong
    this.#heldPong = null
    if (payload && this.#state === 'open') this.#write(this.#writer.pong(payload))
  }

  #sayClose(body: Uint8Array): void {
    this.#write(this.#writer.close(body))
    this.#state = 'closing'
    this.#limitClosing()
  }

  #hearClose(code: number, reason: Buffer): void {
    this.#closed = { code, reason: reason.toString() }
    if (this.#state === 'open') this.#sayClose(code === NO_CODE ? closeBody() : echo(code, reason))
    this.#end()
  }

  #refuse(refusal: FrameRefusal): void {
    if (this.#state === 'open') this.#sayClose(closeBody(refusal.close_code))
    this.#end()
    this.#listener.onError(refusal)
  }

  readonly #onEnd = (): void => {
    this.#state = 'closing'
    this.#reader.stop()
    this.#end()
  }

  readonly #onError = (error: Error): void => {
    const wasOpen = this.#state === 'open'
    this.terminate()
    if (wasOpen) this.#listener.onError(error)
  }

  /** The error listener stays: an error without one would end the process. */
  readonly #onClose = (): void => {
    this.#state = 'closed'
    this.#closeTimer?.cancel()
    this.#socket.off('data', this.#read)
    this.#socket.off('drain', this.#sendHeldPong)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onClose)
    this.#listener.onClose(this.#closed.code, this.#closed.reason)
  }

  /** Nothing more will be written; what was held back leaves first, and now. */
  #end(): void {
    this.#limitClosing()
    this.#socket.end()
  }

  #limitClosing(): void {
    this.#closeTimer ??= this.#clock.setTimeout(() => this.#socket.destroy(), this.#close_timeout_ms)
  }
}

/** As their close frame was: its reason is not read as text, so it comes back byte for byte. */
function echo(code: number, reason: Buffer): Buffer {
  const body = Buffer.allocUnsafe(2 + reason.length)
  body.writeUInt16BE(code)
  body.set(reason, 2)
  return body
}

/** Sound waits for nobody: no gathering of small packets, and no idle limit of the HTTP server it came from. */
function sendAtOnce(socket: Duplex & { setNoDelay?(): void; setTimeout?(ms: number): void }): void {
  socket.setNoDelay?.()
  socket.setTimeout?.(0)
}
