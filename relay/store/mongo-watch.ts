// A small circuit breaker: whether a MongoDB server is there. A call that failed for want of an answer raises a doubt,
// a ping settles it; while the server is known to be away calls fail at once, and pings go on until one is answered.
//
//   here --a call was not answered--> doubted --a ping is answered--> here
//                                        '--no answer--> away --a ping is answered--> here
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import { StoreError } from './doc-store.ts'

export interface ServerWatchOptions {
  /** A ping with a deadline of its own. Rejects when it is not answered. */
  ping(): Promise<void>
  clock: Clock
  log?: Pick<Logger, 'info' | 'warn'>
}

/** Between two pings of a server that is away. Short beside the two seconds in which a return must be noticed. */
const PING_EVERY_MS = 250

export class ServerWatch {
  readonly #options: ServerWatchOptions
  #state: 'here' | 'doubted' | 'away' | 'closed' = 'here'
  #away_since_ms = 0
  #next: { cancel(): void } | null = null

  constructor(options: ServerWatchOptions) {
    this.#options = options
  }

  /**
   * Whether a call may be tried.
   * @throws StoreError UNAVAILABLE while the server is away, and after `close`
   */
  check(): void {
    if (this.#state === 'closed') throw new StoreError('UNAVAILABLE', 'The store is closed.')
    if (this.#state !== 'away') return
    const seconds = Math.round((this.#options.clock.monotonic_ms() - this.#away_since_ms) / 1000)
    throw new StoreError('UNAVAILABLE', `MongoDB has not answered for ${seconds} s.`)
  }

  /** A call was not answered. Slow queries fail too, so that a ping decides and not the call. */
  doubt(): void {
    if (this.#state !== 'here') return
    this.#state = 'doubted'
    this.#away_since_ms = this.#options.clock.monotonic_ms()
    void this.#ping()
  }

  close(): void {
    this.#state = 'closed'
    this.#next?.cancel()
  }

  async #ping(): Promise<void> {
    try {
      await this.#options.ping()
      this.#found()
    } catch (error) {
      this.#missed(error)
    }
  }

  #found(): void {
    if (this.#state === 'closed') return
    const { clock, log } = this.#options
    if (this.#state === 'away') {
      log?.info('MongoDB answers again', { away_ms: Math.round(clock.monotonic_ms() - this.#away_since_ms) })
    }
    this.#state = 'here'
  }

  #missed(error: unknown): void {
    if (this.#state === 'closed') return
    const { clock, log } = this.#options
    if (this.#state === 'doubted') log?.warn('MongoDB does not answer', { error: String(error) })
    this.#state = 'away'
    this.#next = clock.setTimeout(() => void this.#ping(), PING_EVERY_MS)
  }
}
