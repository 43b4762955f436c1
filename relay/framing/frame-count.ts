// How much the other side may send: one that sends without end would make all calls of the process wait for its own. It is
// the rate that is bounded, so high that nobody who has something to say meets it: what piled up while one side or the way
// between them stood still comes at once. Pure but for what it remembers and the clock.
import type { Clock } from '../platform/ports.ts'

export interface FrameRate {
  /** So many frames may come at once, after so long as it takes to gain them. */
  burst: number
  /** Gained again. */
  per_second: number
}

/** The clock is read once for so many frames: reading it for each was measured to cost a twentieth of a call. */
const COUNTED_FRAMES = 256

/** A token bucket that is looked into after every so many frames, and so never stricter than one that is at each. */
export class FrameCount {
  readonly #rate: FrameRate
  readonly #clock: Pick<Clock, 'monotonic_ms'>
  #uncounted = 0
  #left: number
  #looked_ms: number

  constructor(rate: FrameRate, clock: Pick<Clock, 'monotonic_ms'>) {
    this.#rate = rate
    this.#clock = clock
    this.#left = rate.burst
    this.#looked_ms = clock.monotonic_ms()
  }

  /** Counts one frame. @returns false when it is one too many */
  takes(): boolean {
    return ++this.#uncounted < COUNTED_FRAMES || this.#takesThem()
  }

  #takesThem(): boolean {
    const now_ms = this.#clock.monotonic_ms()
    const gained = ((now_ms - this.#looked_ms) / 1_000) * this.#rate.per_second
    // What was gained since the last look may have been gained while these came: it is not lost to a full bucket.
    this.#left = Math.min(this.#rate.burst, this.#left + gained - this.#uncounted)
    this.#looked_ms = now_ms
    this.#uncounted = 0
    return this.#left >= 0
  }
}
