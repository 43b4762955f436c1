// Reads WebSocket frames from bytes as they come: one scan, no socket, no copying of what arrived whole. What the other
// side may not do is refused once, and then nothing more is read. The sound of both directions comes in through here.
//
//   push(chunk) ─▶ #take: enough for the next frame? ──yes──▶ sink ──▶ next frame
//                         └─no──▶ #carry, until #needed bytes are there: 2, then the length, then the whole frame
import { isUtf8 } from 'node:buffer'
import type { FrameCount } from './frame-count.ts'
import { applyMask } from './frame-mask.ts'
import * as rules from './frame-rules.ts'
import { EMPTY, FrameRefusal, type FrameRule, type Role } from './frame-rules.ts'
import { GatheredBytes } from './gathered-bytes.ts'

/** Payloads are views of the chunk that was pushed, if the frame lay whole in it: copy what is kept for long. */
export interface FrameSink {
  onText(payload: Buffer): void
  onBinary(payload: Buffer): void
  onPing(payload: Buffer): void
  onPong(payload: Buffer): void
  /** The last call: 1005 when the frame had no code. */
  onClose(code: number, reason: Buffer): void
  /** The last call. */
  onRefusal(refusal: FrameRefusal): void
}

export interface ReadingLimits {
  max_message_bytes: number
  max_fragments?: number
  /** `false` where text is parsed as JSON anyway, which replaces what is not UTF-8. */
  checks_utf8?: boolean
}

/** As `ws`: more fragments than this are an attack on memory. */
const MAX_FRAGMENTS = 16 * 1024
/** A frame up to this size gets its room at once; a longer one, and a message in fragments, as its bytes come. */
const FRAME_ROOM_BYTES = 64 * 1024
const MESSAGE_ROOM_BYTES = 1024
/** With a higher word before it, a length is no exact number any more. */
const HIGHEST_SAFE_WORD = 0x1f_ffff

export class FrameReader {
  readonly #isServer: boolean
  readonly #sink: FrameSink
  readonly #count: FrameCount | null
  readonly #max_message_bytes: number
  readonly #max_fragments: number
  readonly #checksUtf8: boolean
  #isOver = false
  /** The beginning of a frame whose rest has not come, and how much of it must be there to go on. */
  readonly #carry = new GatheredBytes(FRAME_ROOM_BYTES)
  #needed = 0
  /** The message in progress: its kind, 0 when there is none, and its fragments. */
  #kind = 0
  readonly #message = new GatheredBytes(MESSAGE_ROOM_BYTES)
  #fragments = 0

  /** @param count of the frames that come; null when there may be as many as there are */
  constructor(role: Role, limits: ReadingLimits, sink: FrameSink, count: FrameCount | null = null) {
    this.#isServer = role === 'server'
    this.#sink = sink
    this.#count = count
    this.#max_message_bytes = limits.max_message_bytes
    this.#max_fragments = limits.max_fragments ?? MAX_FRAGMENTS
    this.#checksUtf8 = limits.checks_utf8 ?? true
  }

  /** Memory held for what has not come to its end. */
  get heldBytes(): number {
    return this.#carry.roomBytes + this.#message.roomBytes
  }

  /**
   * Reads what came. The chunk belongs to the reader from now on: masks are taken off in place.
   * @param words its memory by fours, from its first byte on, where there is such a view already
   * @throws what the sink throws; the reader is of no further use then
   * @source SPEC F1 to F11, F21
   */
  push(chunk: Buffer, words?: Int32Array): void {
    let at = this.#carry.length > 0 ? this.#complete(chunk) : 0
    while (at < chunk.length && !this.#isOver) {
      const used = this.#take(chunk, at, chunk.length, words)
      if (used === 0 && !this.#isOver) this.#carry.add(chunk, at, chunk.length, this.#needed)
      if (used === 0) return
      at += used
    }
  }

  /** Nothing more is read or called, from the middle of a chunk too. */
  stop(): void {
    this.#isOver = true
    this.#carry.forget()
    this.#forgetMessage()
  }

  /** Fills up the frame that was begun. @returns how much of the chunk that took */
  #complete(chunk: Buffer): number {
    let at = 0
    while (at < chunk.length && this.#carry.length > 0) {
      const end = Math.min(at + this.#needed - this.#carry.length, chunk.length)
      this.#carry.add(chunk, at, end, this.#needed)
      at = end
      if (this.#carry.length === this.#needed) this.#take(this.#carry.bytes, 0, this.#needed)
    }
    return at
  }

  /** Reads one frame. @returns its length in bytes; 0 when it is refused, or not complete: then see #needed */
  #take(bytes: Buffer, at: number, end: number, words?: Int32Array): number {
    const have = end - at
    if (have < 2) return this.#wait(2)
    const first = bytes[at]!
    const second = bytes[at + 1]!
    const objection = this.#objectionTo(first, second)
    if (objection) return this.#refuse(objection)
    let length = second & rules.LENGTH_BITS
    let head = 2
    if (length === rules.LENGTH_16) {
      head = 4
      if (have < head) return this.#wait(head)
      length = bytes.readUInt16BE(at + 2)
    } else if (length === rules.LENGTH_64) {
      head = 10
      if (have < head) return this.#wait(head)
      const high = bytes.readUInt32BE(at + 2)
      if (high > HIGHEST_SAFE_WORD) return this.#refuse('length_unsafe')
      length = high * 2 ** 32 + bytes.readUInt32BE(at + 6)
    }
    const opcode = first & rules.OPCODE_BITS
    if (opcode < rules.CLOSE && this.#message.length + length > this.#max_message_bytes) return this.#refuse('too_big')
    if (this.#isServer) head += rules.MASK_BYTES
    const size = head + length
    if (have < size) return this.#wait(size)
    this.#deliver(bytes, opcode, first >= rules.FIN, at + head, at + size, words)
    return size
  }

  #wait(needed: number): 0 {
    this.#needed = needed
    return 0
  }

  /** What the first two bytes already give away. In the order in which `ws` looks. */
  #objectionTo(first: number, second: number): FrameRule | null {
    const opcode = first & rules.OPCODE_BITS
    if ((first & rules.RESERVED_BITS) !== 0) return 'reserved_bits'
    if (opcode === rules.CONTINUATION) {
      if (this.#kind === 0) return 'continues_nothing'
    } else if (opcode === rules.TEXT || opcode === rules.BINARY) {
      if (this.#kind !== 0) return 'message_in_message'
    } else if (opcode < rules.CLOSE || opcode > rules.PONG) {
      return 'unknown_opcode'
    } else {
      const length = second & rules.LENGTH_BITS
      if (first < rules.FIN) return 'fragmented_control'
      if (length > rules.MAX_CONTROL_BYTES || (opcode === rules.CLOSE && length === 1)) return 'control_length'
    }
    const isMasked = second >= rules.MASKED
    if (isMasked === this.#isServer) return null
    return isMasked ? 'mask_unexpected' : 'mask_missing'
  }

  #deliver(bytes: Buffer, opcode: number, isFinal: boolean, from: number, to: number, words?: Int32Array): void {
    if (this.#isServer) applyMask(bytes, from, to, words)
    const payload = from === to ? EMPTY : bytes.subarray(from, to)
    this.#carry.forget()
    if (this.#count?.takes() === false) return void this.#refuse('too_many_frames')
    if (opcode >= rules.CLOSE) return this.#control(opcode, payload)
    if (++this.#fragments > this.#max_fragments) return void this.#refuse('too_many_fragments')
    if (opcode !== rules.CONTINUATION) this.#kind = opcode
    if (!isFinal) return this.#message.add(payload, 0, payload.length, this.#max_message_bytes)
    this.#conclude(payload)
  }

  #conclude(last: Buffer): void {
    const kind = this.#kind
    let payload = last
    if (this.#message.length > 0) {
      this.#message.add(last, 0, last.length, this.#message.length + last.length)
      payload = this.#message.bytes.subarray(0, this.#message.length)
    }
    this.#forgetMessage()
    if (kind === rules.BINARY) return this.#sink.onBinary(payload)
    if (this.#checksUtf8 && !isUtf8(payload)) return void this.#refuse('not_utf8')
    this.#sink.onText(payload)
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === rules.PING) return this.#sink.onPing(payload)
    if (opcode === rules.PONG) return this.#sink.onPong(payload)
    const code = payload.length === 0 ? rules.NO_CODE : payload.readUInt16BE(0)
    const reason = payload.subarray(2)
    if (payload.length > 0 && !rules.mayBeSent(code)) return void this.#refuse('close_code')
    if (this.#checksUtf8 && !isUtf8(reason)) return void this.#refuse('not_utf8')
    this.stop()
    this.#sink.onClose(code, reason)
  }

  #refuse(rule: FrameRule): 0 {
    this.stop()
    this.#sink.onRefusal(new FrameRefusal(rule))
    return 0
  }

  #forgetMessage(): void {
    this.#kind = 0
    this.#fragments = 0
    this.#message.forget()
  }
}
