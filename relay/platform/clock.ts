// Time as an argument: everything that waits or dates something is given a clock.
import { performance } from 'node:perf_hooks'
import type { Clock } from './ports.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic_ms: () => performance.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Resolves after `ms` milliseconds of that clock. */
export const pause = (clock: Pick<Clock, 'setTimeout'>, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(resolve, ms))
