// Frames of the caller that wait to go to the model together: the first words, until the model is ready (one that opens
// in 400 ms would otherwise cost 400 ms of speech), and a few frames each time while the process is behind. Bounded; past
// the bound the oldest frames go, and are counted.

/** Source: performance design, "keep frames until it is open", bound 10 s of 20 ms frames. */
const LIMIT_FRAMES = 500

export class HeldAudio {
  #frames: string[] = []
  #dropped = 0

  get count(): number {
    return this.#frames.length
  }
  get dropped(): number {
    return this.#dropped
  }

  /** @param payload base64 of one frame */
  keep(payload: string): void {
    this.#frames.push(payload)
    if (this.#frames.length > LIMIT_FRAMES) {
      this.#frames.shift()
      this.#dropped++
    }
  }

  /** Everything kept, in order, as one base64 payload; null when there is nothing. */
  take(): string | null {
    if (this.#frames.length === 0) return null
    const audio = Buffer.concat(this.#frames.map((payload) => Buffer.from(payload, 'base64')))
    this.#frames = []
    return audio.toString('base64')
  }
}
