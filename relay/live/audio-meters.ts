// What is measured of the audio of a process: how long the relay keeps a piece, and how long an interruption takes to be
// obeyed. A call counts the first for itself too.
import { ADDED_DELAY_BOUNDS_MS, INTERRUPTION_BOUNDS_MS } from '../../shared/contract/calls.ts'

/** Plain values, as they cross from a worker to the front. */
export interface DelayCounts {
  /** One for each bound, and one for what is longer than all. */
  counts: number[]
  sum_ms: number
}

/** Counts on the road of the audio: no allocation, and a handful of comparisons for each piece. */
export class DelayCounter {
  readonly #bounds_ms: readonly number[]
  readonly totals: DelayCounts

  constructor(bounds_ms: readonly number[]) {
    this.#bounds_ms = bounds_ms
    this.totals = { counts: new Array<number>(bounds_ms.length + 1).fill(0), sum_ms: 0 }
  }

  add(ms: number): void {
    let bucket = 0
    while (bucket < this.#bounds_ms.length && ms > (this.#bounds_ms[bucket] as number)) bucket++
    this.totals.counts[bucket]!++
    this.totals.sum_ms += ms
  }
}

export class AudioMeters {
  /** From reading a piece to having written it on the other side, where it goes on at once; of the caller's frames, one in ten. */
  readonly added_delay = new DelayCounter(ADDED_DELAY_BOUNDS_MS)
  /** From the caller's voice over the agent's to when the agent was told to be silent. */
  readonly interruption = new DelayCounter(INTERRUPTION_BOUNDS_MS)
}
