// What one relay hears of a tenant's events: each kept one once and in order, also when its subscription broke.
// Published events carry the number of the kept event before them, so one that was missed is noticed and read from the
// stream.
//
//   reading --stream read to its end, what came meanwhile follows--> listening --an event was missed--> reading
import type { Logger } from '../platform/logger.ts'
import { type EventWire, type LoggedEvent, type LogHead, readEvent } from './event-wire.ts'
import type { Hearing } from './redis-channels.ts'
import type { RedisConnection } from './redis-connection.ts'

/** What comes while the stream is read; more than this is read from it, too. */
const MOST_EARLY = 1_000

interface EventHearingDeps {
  redis: RedisConnection
  wire: EventWire
  tenant_id: string
  log: Pick<Logger, 'warn'>
  deliver: (event: LoggedEvent) => void
  /** Kept events before the next one are gone. */
  onMissed: () => void
  /** The stream could not be read: `join` again. */
  onLost: () => void
}

export class EventHearing {
  readonly #deps: EventHearingDeps
  #hearing: Hearing | null = null
  /** Numbers of the newest kept event and of the newest event that were passed on. */
  #newest: { kept: number; seq: number } | null = null
  /** What came while the stream is read; null while listening. */
  #early: LoggedEvent[] | null = []
  #hasMissed = false
  #round = 0

  constructor(deps: EventHearingDeps) {
    this.#deps = deps
  }

  /** Where to begin, unless it has: who was given this number elsewhere will be told what follows it. */
  beginAfter({ kept, last }: LogHead): void {
    this.#newest ??= { kept, seq: last }
  }

  /**
   * Hears what follows from now on, or catches up with what followed since the last time.
   * @param floor the newest number of the log is this one at least @returns false when Redis is away
   */
  async join(floor: number): Promise<boolean> {
    const round = ++this.#round
    this.#early ??= []
    try {
      const head = await this.#deps.wire.head(floor)
      if (round !== this.#round) return false
      this.beginAfter(head)
      await this.#hear()
      await this.#read(round)
      return round === this.#round
    } catch {
      return false
    }
  }

  end(): void {
    this.#round++
    this.#hearing?.stop()
  }

  async #hear(): Promise<void> {
    const { redis, wire } = this.#deps
    this.#hearing ??= redis.hear(wire.channel, (data) => this.#take(readEvent(data.toString())))
    // One that failed is made good when the connection is back, and then we are asked to join again.
    await this.#hearing.isOn.catch(() => {})
  }

  #take(event: LoggedEvent): void {
    if (this.#newest === null || event.seq <= this.#newest.seq) return
    if (this.#early !== null) {
      if (this.#early.length < MOST_EARLY) this.#early.push(event)
      else this.#hasMissed = true
      return
    }
    if (event.prev_kept <= this.#newest.kept) return this.#pass(event)
    this.#early = [event]
    this.#read(this.#round).catch(() => this.#deps.onLost())
  }

  async #read(round: number): Promise<void> {
    do {
      this.#hasMissed = false
      for (let last = this.#newest!.kept; ; ) {
        const page = await this.#deps.wire.after(last)
        if (round !== this.#round) return
        if (page.length === 0) break
        for (const event of page) {
          this.#passEarly(event.seq)
          this.#pass(event)
        }
        last = page.at(-1)!.seq
      }
    } while (this.#hasMissed)
    this.#passEarly(Number.POSITIVE_INFINITY)
    this.#early = null
  }

  /** Announcements are not in the stream: they come between the events that are, where they belong. */
  #passEarly(before_seq: number): void {
    const early = this.#early ?? []
    while (early[0] && early[0].seq < before_seq) this.#pass(early.shift()!)
  }

  #pass(event: LoggedEvent): void {
    const newest = this.#newest!
    if (event.seq <= newest.seq) return
    if (event.prev_kept > newest.kept) {
      const { log, tenant_id, onMissed } = this.#deps
      log.warn('Events are gone before they were told here', { tenant_id, seq: event.seq })
      onMissed()
    }
    this.#newest = { seq: event.seq, kept: event.is_kept ? event.seq : Math.max(newest.kept, event.prev_kept) }
    this.#deps.deliver(event)
  }
}
