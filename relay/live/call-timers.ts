// The timers a call's machine asks for, each once at a time.
import type { Clock } from '../platform/ports.ts'
import type { TimerName } from './call-events.ts'

export class CallTimers {
  readonly #clock: Clock
  readonly #ring: (timer: TimerName) => void
  readonly #running = new Map<TimerName, { cancel(): void }>()

  constructor(clock: Clock, ring: (timer: TimerName) => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Starts it anew when it runs already. */
  start(timer: TimerName, ms: number): void {
    this.stop(timer)
    this.#running.set(
      timer,
      this.#clock.setTimeout(() => {
        this.#running.delete(timer)
        this.#ring(timer)
      }, ms),
    )
  }

  stop(timer: TimerName): void {
    this.#running.get(timer)?.cancel()
    this.#running.delete(timer)
  }

  stopAll(): void {
    for (const timer of [...this.#running.keys()]) this.stop(timer)
  }
}
