// Answers that are asked for often and may be a moment old: each is kept so long, for all who ask meanwhile.
import type { Clock } from './ports.ts'

/** Of more, the one that was asked for first is forgotten, and asked for again. */
const MOST_KEPT = 10_000

export class KeptAnswers<T> {
  readonly #clock: Clock
  readonly #kept_ms: number
  /** In the order in which they were asked for. */
  readonly #kept = new Map<string, { asked_at_ms: number; answer: Promise<T> }>()

  constructor(clock: Clock, kept_ms: number) {
    this.#clock = clock
    this.#kept_ms = kept_ms
  }

  /** @throws (rejects) as `ask`, whose failure is not kept */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now_ms = this.#clock.monotonic_ms()
    const known = this.#kept.get(key)
    if (known && now_ms - known.asked_at_ms < this.#kept_ms) return known.answer
    const entry = { asked_at_ms: now_ms, answer: ask() }
    this.#kept.delete(key)
    this.#kept.set(key, entry)
    entry.answer.catch(() => {
      if (this.#kept.get(key) === entry) this.#kept.delete(key)
    })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break
      this.#kept.delete(oldest)
    }
    return entry.answer
  }

  /** What is kept of one, or of all: it is asked for again, also where the answer is still on its way. */
  forget(key?: string): void {
    if (key === undefined) this.#kept.clear()
    else this.#kept.delete(key)
  }
}
