// A clock that stands still until a test moves it. Timers fire in the order of their instants, never at once.
import type { Clock } from '../../relay/platform/ports.ts'

export interface FakeClock extends Clock {
  /** Moves on and fires what is due, at the instant it is due. */
  advance(ms: number): void
  /** Timers still waiting. */
  pending(): number
}

export function fakeClock(start = new Date('2030-01-01T00:00:00.000Z')): FakeClock {
  let elapsed_ms = 0
  let next = 0
  const timers = new Map<number, { at_ms: number; run: () => void }>()
  const due = (until_ms: number) =>
    [...timers].filter(([, { at_ms }]) => at_ms <= until_ms).sort(([a, x], [b, y]) => x.at_ms - y.at_ms || a - b)[0]
  return {
    now: () => new Date(start.getTime() + elapsed_ms),
    monotonic_ms: () => elapsed_ms,
    setTimeout: (run, ms) => {
      const id = next++
      timers.set(id, { at_ms: elapsed_ms + ms, run })
      return { cancel: () => void timers.delete(id) }
    },
    advance: (ms) => {
      const until_ms = elapsed_ms + ms
      for (let timer = due(until_ms); timer !== undefined; timer = due(until_ms)) {
        const [id, { at_ms, run }] = timer
        timers.delete(id)
        elapsed_ms = at_ms
        run()
      }
      elapsed_ms = until_ms
    },
    pending: () => timers.size,
  }
}
