// The order of applying: records of one key one after another, keys side by side, a failing store asked again later.
import type { Clock } from '../platform/ports.ts'
import { StoreError } from './doc-store.ts'

export interface Queued<T> {
  seq: number
  at_ms: number
  record: T
}

/** Keys at once: enough to fill the store's shared transactions, few enough not to crowd out reads. */
const KEYS_AT_ONCE = 16
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export class SpoolQueue<T extends { key: string }> {
  readonly #apply: (record: T) => Promise<void>
  readonly #reject: (entry: Queued<T>, error: unknown) => Promise<void>
  readonly #done: (seq: number) => void
  readonly #clock: Clock
  readonly #byKey = new Map<string, Queued<T>[]>()
  readonly #ready: string[] = []
  readonly #pauses = new Set<() => void>()
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  /**
   * @param reject puts a record aside that can never be applied; until that worked the record stays
   * @param done the record needs no more work
   */
  constructor(options: {
    apply: (record: T) => Promise<void>
    reject: (entry: Queued<T>, error: unknown) => Promise<void>
    done: (seq: number) => void
    clock: Clock
  }) {
    this.#apply = options.apply
    this.#reject = options.reject
    this.#done = options.done
    this.#clock = options.clock
  }

  add(entry: Queued<T>): void {
    const waiting = this.#byKey.get(entry.record.key)
    if (waiting !== undefined) {
      waiting.push(entry)
      return
    }
    this.#byKey.set(entry.record.key, [entry])
    this.#ready.push(entry.record.key)
    this.#start()
  }

  /** Waits for what is being applied now; the rest stays for the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const end of this.#pauses) end()
    await Promise.all(this.#running)
  }

  #start(): void {
    while (!this.#isClosed && this.#running.size < KEYS_AT_ONCE && this.#ready.length > 0) {
      const key = this.#ready.shift()!
      const turn = this.#turn(key).finally(() => {
        this.#running.delete(turn)
        this.#start()
      })
      this.#running.add(turn)
    }
  }

  /** One record of the key, then the key goes to the end of the line. */
  async #turn(key: string): Promise<void> {
    const waiting = this.#byKey.get(key)!
    const entry = waiting[0]!
    if (!(await this.#settle(entry))) return
    waiting.shift()
    this.#done(entry.seq)
    if (waiting.length > 0) this.#ready.push(key)
    else this.#byKey.delete(key)
  }

  /** @returns false when the queue was closed before it worked */
  async #settle(entry: Queued<T>): Promise<boolean> {
    let verdict: { error: unknown } | null = null
    let pause_ms = FIRST_PAUSE_MS
    while (!this.#isClosed) {
      try {
        if (verdict === null) await this.#apply(entry.record)
        else await this.#reject(entry, verdict.error)
        return true
      } catch (error) {
        if (verdict === null && !isPassing(error)) {
          verdict = { error }
          continue
        }
      }
      await this.#pause(pause_ms)
      pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS)
    }
    return false
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const timer = this.#clock.setTimeout(end, ms)
      this.#pauses.add(end)
    })
  }
}

/** The store will take it later. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false
  return error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED' || error.code === 'NO_SPACE'
}
