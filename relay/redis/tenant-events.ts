// The events of one tenant at one relay: a queue of batches to Redis, and those who listen here. Listeners are told
// what comes back through Redis, so all relays tell the same in the same order.
//
//   live --first listener--> joining --heard--> live        what is appended while joining waits until it can be heard
//   live, joining --Redis is away or refuses--> away        listeners are told at once, events wait to be appended
//   away --Redis answers, what was missed is caught up--> live
import type { NewEvent, RelayEvent } from '../../shared/events.ts'
import { pause } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import { EventHearing } from './event-hearing.ts'
import { EventQueue } from './event-queue.ts'
import { EventWire, type LoggedEvent, type LogHead, numbered, type Outgoing } from './event-wire.ts'
import type { RedisConnection } from './redis-connection.ts'

const RETRY_MS = 250
const FLUSH_LOOK_MS = 5
/** On a busy machine one late answer is no absence. */
const TRIES = 2

export interface TenantEventsDeps {
  redis: RedisConnection
  clock: Clock
  log: Pick<Logger, 'warn' | 'error'>
}

type Queued = Outgoing & { isTold: boolean }
interface Listener {
  onEvent(event: RelayEvent): void
  onMissed?: (() => void) | undefined
}

export class TenantEvents {
  readonly wire: EventWire
  readonly #deps: TenantEventsDeps
  readonly #tenant_id: string
  readonly #listeners = new Set<Listener>()
  #mode: 'live' | 'joining' | 'away'
  #hearing: EventHearing | null = null
  /** Counts changes of mode: what was begun before the last one has no say any more. */
  #turn = 0
  #retry = { cancel: () => {} }

  #nth = 0
  readonly #waiting = new EventQueue<Queued>()
  #flying: Queued[] = []
  /** Taken by Redis, and not yet come back to be told. */
  #unheard: Queued[] = []
  /** Of our own events: the newest that was told before Redis had it, and the newest that came back. */
  #told_nth = 0
  #heard_nth = 0

  /** The newest number told here, and the newest known of. */
  #told = 0
  #known = 0
  /** Events that did not fit while Redis was away, of which it has not been told. */
  #dropped = 0

  constructor(deps: TenantEventsDeps, tenant_id: string) {
    this.#deps = deps
    this.#tenant_id = tenant_id
    this.wire = new EventWire(deps.redis, tenant_id)
    this.#mode = deps.redis.isUp ? 'live' : 'away'
  }

  take(event: NewEvent, is_kept: boolean): void {
    const body = JSON.stringify({ at: this.#deps.clock.now().toISOString(), ...event })
    const queued: Queued = { nth: ++this.#nth, is_kept, body, isTold: false }
    if (this.#mode === 'away') {
      // Before it is told: a listener may append, and what it appends comes after.
      if (is_kept) this.#waiting.push(queued)
      this.#dropOldest()
      this.#tellEarly(queued)
    } else {
      this.#waiting.push(queued)
      // What is appended in one go is sent in one go, and Redis's time to answer begins after it.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#send())
    }
  }

  subscribe(onEvent: (event: RelayEvent) => void, onMissed?: () => void): () => void {
    // Its own object, so that the same function may listen twice and end once.
    const own: Listener = { onEvent, onMissed }
    this.#listeners.add(own)
    if (this.#hearing === null) this.#begin()
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.#end()
    }
  }

  /**
   * Waits until Redis has what was appended here so far: what was told while it was away is in nobody's stream yet.
   * @returns false when it does not get there soon
   */
  async flushed(within_ms: number): Promise<boolean> {
    const [nth, { redis, clock }] = [this.#nth, this.#deps]
    const end_ms = clock.monotonic_ms() + within_ms
    while (redis.isUp && clock.monotonic_ms() < end_ms) {
      if ((this.#flying[0] ?? this.#waiting.first ?? { nth: nth + 1 }).nth > nth) return true
      await pause(clock, FLUSH_LOOK_MS)
    }
    return false
  }

  /** Everything after it is told here from now on. @throws (rejects) RelayError STORE_UNAVAILABLE */
  async head(): Promise<LogHead> {
    const head = await this.wire.head(0)
    this.#hearing?.beginAfter(head)
    return head
  }

  /** @param given a number that Redis has given @returns the newest number known of here */
  newest(given: number | null): number {
    if (given === null && this.#known === 0) this.#known = Math.floor(this.#deps.redis.now_ms() * 1_000)
    this.#known = Math.max(this.#known, given ?? 0)
    return this.#known
  }

  onChange(isUp: boolean): void {
    if (isUp) this.#comeBack()
    else this.#goAway()
  }

  close(): void {
    this.#turn++
    this.#retry.cancel()
    this.#hearing?.end()
  }

  #begin(): void {
    this.#hearing = new EventHearing({
      ...this.#deps,
      wire: this.wire,
      tenant_id: this.#tenant_id,
      deliver: (event) => this.#deliver(event),
      onMissed: () => this.#tellAll(({ onMissed }) => onMissed?.()),
      onLost: () => this.#goAway(),
    })
    if (this.#mode !== 'live') return this.#comeBack()
    this.#mode = 'joining'
    this.#join(this.#hearing)
  }

  #end(): void {
    this.#hearing?.end()
    this.#hearing = null
    this.#unheard = []
    this.#turn++
    if (this.#mode === 'away') this.#comeBack()
    else this.#live()
  }

  #join(hearing: EventHearing): void {
    const turn = ++this.#turn
    void hearing.join(this.#known).then((isJoined) => {
      if (turn !== this.#turn) return
      if (isJoined) this.#live()
      else this.#goAway()
    })
  }

  #live(): void {
    this.#mode = 'live'
    this.#send()
  }

  #goAway(): void {
    this.#turn++
    this.#mode = 'away'
    this.#tellAllEarly()
    this.#retry.cancel()
    // While the connection is down its return is told; else Redis refuses, and is asked again.
    if (this.#deps.redis.isUp) this.#retry = this.#deps.clock.setTimeout(() => this.#comeBack(), RETRY_MS)
  }

  #comeBack(): void {
    if (this.#mode !== 'away' || !this.#deps.redis.isUp) return
    this.#retry.cancel()
    if (this.#hearing === null) this.#live()
    else this.#join(this.#hearing)
  }

  /** One batch at a time: so order is kept, and a batch of which no answer came is simply sent again. */
  #send(): void {
    if (this.#mode !== 'live' || this.#flying.length > 0 || this.#waiting.length === 0) return
    this.#flying = this.#waiting.takeBatch()
    this.#fly(TRIES)
  }

  #fly(tries: number): void {
    const [turn, dropped] = [this.#turn, this.#dropped]
    this.wire.append(this.#flying, this.#known + 1, dropped > 0).then(
      (last) => {
        this.#dropped -= dropped
        this.newest(last)
        if (this.#hearing)
          this.#unheard.push(...this.#flying.filter(({ nth, isTold }) => !isTold && nth > this.#heard_nth))
        this.#flying = []
        this.#send()
      },
      () => {
        if (turn === this.#turn && tries > 1) return this.#fly(tries - 1)
        this.#waiting.putBack(this.#flying)
        this.#flying = []
        if (turn === this.#turn) this.#goAway()
        else if (this.#mode === 'away') this.#tellAllEarly()
        else this.#send()
      },
    )
  }

  /** What Redis does not bring is told now; the events go to Redis later, the announcements do not. */
  #tellAllEarly(): void {
    for (const queued of [...this.#unheard, ...this.#flying, ...this.#waiting]) this.#tellEarly(queued)
    this.#unheard = []
    this.#waiting.dropAnnouncements()
    this.#dropOldest()
  }

  #tellEarly(queued: Queued): void {
    if (queued.isTold) return
    queued.isTold = true
    // A listener may append while it is told, so the newest need not be the last.
    this.#told_nth = Math.max(this.#told_nth, queued.nth)
    this.#tell(queued.body, this.newest(null) + 1)
  }

  #dropOldest(): void {
    const dropped = this.#waiting.dropOldest()
    if (dropped > 0 && this.#dropped === 0)
      this.#deps.log.error('Redis is away for too long: other relays will not be told of all events', {
        tenant_id: this.#tenant_id,
      })
    this.#dropped += dropped
  }

  #deliver({ run_id, nth, body, seq }: LoggedEvent): void {
    this.newest(seq)
    if (run_id === this.#deps.redis.run_id) {
      if (nth <= this.#told_nth) return
      this.#heard_nth = nth
      while (this.#unheard[0] && this.#unheard[0].nth <= nth) this.#unheard.shift()
      for (const queued of this.#flying) if (queued.nth <= nth) queued.isTold = true
    }
    this.#tell(body, seq)
  }

  /** Numbers only grow: what others appended while we were away comes after what we told meanwhile. */
  #tell(body: string, seq: number): void {
    this.#told = Math.max(seq, this.#told + 1)
    this.#known = Math.max(this.#known, this.#told)
    if (this.#listeners.size === 0) return
    const event = numbered(body, this.#told)
    this.#tellAll(({ onEvent }) => onEvent(event))
  }

  #tellAll(tell: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        tell(listener)
      } catch (error) {
        this.#deps.log.error('A listener of events failed', { tenant_id: this.#tenant_id, error: String(error) })
      }
    }
  }
}
