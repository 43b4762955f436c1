// Memory that is filled again and again, so that its views are made once: making them anew for each frame was measured to be
// most of what a call leaves to collect.

/** Frames of sound are shorter; a view of what is longer is made when it is needed. */
const VIEWS_TO_BYTES = 1_024

export class Room {
  readonly bytes: Buffer
  /** The same memory by fours. */
  readonly words: Int32Array
  readonly #views: (Buffer | undefined)[] = []

  /** @param size a multiple of four */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
    this.words = new Int32Array(this.bytes.buffer)
  }

  holds(length: number): boolean {
    return length <= this.bytes.length
  }

  /** Its first bytes: the same view each time. */
  first(length: number): Buffer {
    if (length >= VIEWS_TO_BYTES) return this.bytes.subarray(0, length)
    while (this.#views.length <= length) this.#views.push(undefined)
    this.#views[length] ??= this.bytes.subarray(0, length)
    return this.#views[length]
  }
}
