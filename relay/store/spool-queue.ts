// The order of applying: records of one key in their order, many at once when many wait, keys side by side and in rounds,
// a failing store asked again later.
import { Pacer } from '../platform/pacer.ts'
import type { Clock } from '../platform/ports.ts'
import { StoreError } from './doc-store.ts'

export interface Queued<T> {
  seq: number
  at_ms: number
  record: T
}

/** Keys at once: enough to fill the store's shared transactions, few enough not to crowd out reads. */
const KEYS_AT_ONCE = 16
/** Records of one key that go together: a store that was away is caught up with quickly. */
const RUN = 200
/** The shortest time between two rounds: the keys of one share the store's transactions. After a silence one begins at once. */
const ROUND_MS = 100
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export class SpoolQueue<T extends { key: string }> {
  readonly #apply: (records: T[]) => Promise<void>
  readonly #reject: (entry: Queued<T>, error: unknown) => Promise<void>
  readonly #done: (seq: number) => void
  readonly #clock: Clock
  readonly #byKey = new Map<string, Queued<T>[]>()
  /** Keys that wait for the next round. */
  readonly #gathered: string[] = []
  /** Keys of the round that runs, whose turn has not come. */
  readonly #ready: string[] = []
  readonly #rounds = new Pacer(ROUND_MS, () => this.#round())
  readonly #pauses = new Set<() => void>()
  readonly #running = new Set<Promise<void>>()
  #isClosed = false

  /**
   * @param reject puts a record aside that can never be applied; until that worked the record stays
   * @param done the record needs no more work
   */
  constructor(options: {
    apply: (records: T[]) => Promise<void>
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
    this.#gather(entry.record.key)
  }

  /** The next round begins now: somebody waits for it. */
  hurry(): void {
    this.#rounds.now()
  }

  /** Waits for what is being applied now; the rest stays for the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#rounds.stop()
    for (const end of this.#pauses) end()
    await Promise.all(this.#running)
  }

  #gather(key: string): void {
    this.#gathered.push(key)
    if (!this.#isClosed) this.#rounds.ask()
  }

  #round(): void {
    this.#ready.push(...this.#gathered.splice(0))
    this.#start()
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

  /** What waits of the key; what came meanwhile is of the next round, unless there is more of it than goes together. */
  async #turn(key: string): Promise<void> {
    const waiting = this.#byKey.get(key)!
    const run = waiting.slice(0, RUN)
    if (!(await this.#settle(run))) return
    waiting.splice(0, run.length)
    for (const { seq } of run) this.#done(seq)
    if (waiting.length === 0) this.#byKey.delete(key)
    else if (waiting.length < RUN) this.#gather(key)
    else this.#ready.push(key)
  }

  /** @returns false when the queue was closed before it worked */
  async #settle(run: Queued<T>[]): Promise<boolean> {
    const verdict = await this.#try(() => this.#apply(run.map(({ record }) => record)))
    if (verdict === 'done' || verdict === 'closed') return verdict === 'done'
    if (run.length === 1) return (await this.#try(() => this.#reject(run[0]!, verdict.error), true)) === 'done'
    // One of them can never be applied: each by itself, so that only this one is put aside.
    for (const entry of run) if (!(await this.#settle([entry]))) return false
    return true
  }

  /** Again and again while what is in the way will pass. @param always whatever is in the way */
  async #try(work: () => Promise<void>, always = false): Promise<'done' | 'closed' | { error: unknown }> {
    let pause_ms = FIRST_PAUSE_MS
    while (!this.#isClosed) {
      try {
        await work()
        return 'done'
      } catch (error) {
        if (!always && !isPassing(error)) return { error }
      }
      await this.#pause(pause_ms)
      pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS)
    }
    return 'closed'
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
