// Time as an argument: everything that waits or dates something is given a clock.
import { performance } from 'node:perf_hooks'
import type { Clock } from './ports.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic_ms: () => performance.now(),
  setTimeout(run, ms) {
    let immediate: NodeJS.Immediate | undefined
    const timer = setTimeout(() => {
      immediate = afterReading(run)
    }, ms)
    return {
      cancel() {
        clearTimeout(timer)
        clearImmediate(immediate)
      },
    }
  },
}

/**
 * Runs once what has come in until now has been read. After a process has stood still, the timers that fell due meanwhile
 * ring before it reads anything: without this they would find everybody silent who was not.
 * @source Node, "The event loop": timers, then what came in, then immediates
 */
export const afterReading = (run: () => void): NodeJS.Immediate => setImmediate(run)

/** Resolves after `ms` milliseconds of that clock. */
export const pause = (clock: Pick<Clock, 'setTimeout'>, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimeout(resolve, ms))
