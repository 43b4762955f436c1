// Work that is cheaper done for many at once: it runs as soon as it is asked for after a silence, and otherwise no more often
// than every so many milliseconds, for all who asked meanwhile.

export class Pacer {
  readonly #run: () => void
  readonly #every_ms: number
  #ranAtMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  #immediate: NodeJS.Immediate | null = null

  /** @param every_ms the shortest time from one run to the next that is asked for */
  constructor(every_ms: number, run: () => void) {
    this.#every_ms = every_ms
    this.#run = run
  }

  /** It runs soon, never from within this call: after a silence at the end of the turn of the event loop. */
  ask(): void {
    if (this.#timer || this.#immediate) return
    const early_ms = this.#ranAtMs + this.#every_ms - performance.now()
    if (early_ms > 0) this.#timer = setTimeout(() => this.now(), early_ms)
    else this.#immediate = setImmediate(() => this.now())
  }

  /** It runs now, and what was asked for is done. */
  now(): void {
    this.stop()
    this.#ranAtMs = performance.now()
    this.#run()
  }

  /** What was asked for does not run any more. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#immediate) clearImmediate(this.#immediate)
    this.#timer = null
    this.#immediate = null
  }
}
