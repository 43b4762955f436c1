// Bytes that belong together but come in pieces: the rest of a frame, or the fragments of a message. The room grows with
// what really came, so a length that is only announced costs nothing. Pure.
import { EMPTY } from './frame-rules.ts'

export class GatheredBytes {
  readonly #room_at_once_bytes: number
  #bytes = EMPTY
  #length = 0

  /** @param room_at_once_bytes given for the first piece, if so much is expected */
  constructor(room_at_once_bytes: number) {
    this.#room_at_once_bytes = room_at_once_bytes
  }

  get length(): number {
    return this.#length
  }

  /** What is held in memory for them. */
  get roomBytes(): number {
    return this.#bytes.length
  }

  /** The bytes so far, and behind `length` room that means nothing. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** @param expected_bytes how many there can be in the end: no more room than that is made */
  add(source: Buffer, from: number, to: number, expected_bytes: number): void {
    const length = this.#length + to - from
    if (length > this.#bytes.length) {
      const room = Buffer.allocUnsafe(Math.min(expected_bytes, Math.max(2 * length, this.#room_at_once_bytes)))
      this.#bytes.copy(room, 0, 0, this.#length)
      this.#bytes = room
    }
    source.copy(this.#bytes, this.#length, from, to)
    this.#length = length
  }

  forget(): void {
    this.#bytes = EMPTY
    this.#length = 0
  }
}
