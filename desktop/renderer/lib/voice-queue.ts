// The jitter buffer of one voice. Pure. Pieces of 100 ms come unevenly; playing starts when a little is there, and a
// queue that grew too long skips to the present, as a supervisor wants the call as it is now.

/** Samples waited for before the first sound: 120 ms at 8 kHz. */
export const START_SAMPLES = 960
/** Samples behind which the oldest are dropped: 1.5 s at 8 kHz. */
export const LIMIT_SAMPLES = 12_000

export class VoiceQueue {
  #pieces: Float32Array[] = []
  #offset = 0
  #length = 0
  #playing = false
  underruns = 0

  get length(): number {
    return this.#length
  }

  push(samples: Float32Array): void {
    this.#pieces.push(samples)
    this.#length += samples.length
    while (this.#length > LIMIT_SAMPLES && this.#pieces.length > 1) this.#dropOldest()
  }

  clear(): void {
    this.#pieces = []
    this.#offset = 0
    this.#length = 0
    this.#playing = false
  }

  /** Fills `out` with the next samples, or silence while there are too few. */
  read(out: Float32Array): void {
    out.fill(0)
    if (!this.#playing) {
      if (this.#length < START_SAMPLES) return
      this.#playing = true
    }
    let written = 0
    while (written < out.length && this.#pieces[0]) {
      const piece = this.#pieces[0]
      const part = piece.subarray(this.#offset, this.#offset + out.length - written)
      out.set(part, written)
      written += part.length
      this.#offset += part.length
      this.#length -= part.length
      if (this.#offset === piece.length) this.#next()
    }
    if (written === out.length) return
    this.underruns += 1
    this.#playing = false
  }

  #dropOldest(): void {
    this.#length -= (this.#pieces[0]?.length ?? 0) - this.#offset
    this.#next()
  }

  #next(): void {
    this.#pieces.shift()
    this.#offset = 0
  }
}
