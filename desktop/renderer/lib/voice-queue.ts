// The jitter buffer of the caller's voice. Pure. Pieces of about 100 ms come unevenly; playing starts when a little is there,
// and a queue that grew too long skips to the present, as a supervisor wants the call as it is now.

/** Samples of a millisecond. */
export const SAMPLES_PER_MS = 8
/** Samples waited for before the first sound: 120 ms at 8 kHz. */
export const START_SAMPLES = 960
/** Samples behind which the queue skips to the present: 1.5 s at 8 kHz. */
export const LIMIT_SAMPLES = 12_000

export interface Piece {
  /** When its first sample is heard in the call, in samples on the call's clock. */
  at: number
  samples: Float32Array
}

export class VoiceQueue {
  #pieces: Piece[] = []
  #offset = 0
  #length = 0
  #playing = false
  #isBehind = false
  underruns = 0

  get length(): number {
    return this.#length
  }
  /** Where in the call the next sample is from; null while none is played. */
  get position(): number | null {
    const piece = this.#playing ? this.#pieces[0] : undefined
    return piece ? piece.at + this.#offset : null
  }

  push(piece: Piece): void {
    this.#pieces.push(piece)
    this.#length += piece.samples.length
    if (this.#length > LIMIT_SAMPLES) this.#isBehind = true
    this.#skipTo(LIMIT_SAMPLES)
  }

  /** Fills `out` with the next samples, or silence while there are too few. */
  read(out: Float32Array): void {
    out.fill(0)
    if (this.#isBehind) this.#skipTo(START_SAMPLES)
    this.#isBehind = false
    if (!this.#playing) {
      if (this.#length < START_SAMPLES) return
      this.#playing = true
    }
    let written = 0
    while (written < out.length && this.#pieces[0]) {
      const { samples } = this.#pieces[0]
      const part = samples.subarray(this.#offset, this.#offset + out.length - written)
      out.set(part, written)
      written += part.length
      this.#offset += part.length
      this.#length -= part.length
      if (this.#offset === samples.length) this.#next()
    }
    if (written === out.length) return
    this.underruns += 1
    this.#playing = false
  }

  /** Drops the oldest, down to a little more than so many samples. */
  #skipTo(samples: number): void {
    while (this.#pieces.length > 1 && this.#length - this.#headLength >= samples) this.#next()
  }

  /** What of the oldest piece is still to be played. */
  get #headLength(): number {
    return (this.#pieces[0]?.samples.length ?? 0) - this.#offset
  }

  #next(): void {
    this.#length -= this.#headLength
    this.#pieces.shift()
    this.#offset = 0
  }
}
