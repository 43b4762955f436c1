// Listening to a call at another relay, both ends of it. The listener asks the call's owner again every few seconds and
// hears a channel of its own; an owner that is asked no more lets the listener go.
import { randomBytes } from 'node:crypto'
import { givePiece, type PieceKind, pieceOf } from '../platform/heard-piece.ts'
import type { CallBus, CallRef, Clock, Person, TapListener } from '../platform/ports.ts'
import { every } from './every.ts'
import type { RedisConnection } from './redis-connection.ts'

export const ASKED_EVERY_MS = 5_000
const LET_GO_AFTER_MS = 15_000
const ANSWER_DEADLINE_MS = 1_000
/** Pieces on the way to Redis at a time, of all listeners: a slow Redis loses sound instead of keeping it. */
const MOST_FLYING = 200

export type Open = (person: Person, listener: TapListener) => () => void
export type EarCommand = { type: 'open'; ear: string; person: Person } | { type: 'close'; ear: string }
export type EarBus = CallBus<EarCommand, { isOpen: boolean }>

const channelOf = (redis: RedisConnection, { tenant_id }: CallRef, ear: string): string =>
  redis.keys.tenantKey(tenant_id, 'ear', ear)

/** Gives pieces to Redis, and counts those on the way. */
export function pieceSender(redis: RedisConnection) {
  let flying = 0
  return (channel: string, kind: PieceKind, at_ms?: number, mulaw?: Buffer): void => {
    if (flying >= MOST_FLYING && (kind === 'caller' || kind === 'agent')) return
    flying++
    const landed = (): void => void flying--
    redis.ask((commands) => commands.publish(channel, pieceOf(kind, at_ms, mulaw))).then(landed, landed)
  }
}

/** The listeners elsewhere of one call, at the relay that has it. */
export class FarEars {
  readonly #deps: { redis: RedisConnection; clock: Clock; send: ReturnType<typeof pieceSender> }
  readonly #call: CallRef
  readonly #open: Open
  readonly #ears = new Map<string, { asked_at_ms: number; end(isTold: boolean): void }>()

  constructor(
    deps: { redis: RedisConnection; clock: Clock; send: ReturnType<typeof pieceSender> },
    call: CallRef,
    open: Open,
  ) {
    this.#deps = deps
    this.#call = call
    this.#open = open
  }

  async obey(command: EarCommand): Promise<{ isOpen: boolean }> {
    const ear = this.#ears.get(command.ear)
    if (command.type === 'close') ear?.end(false)
    else if (ear) ear.asked_at_ms = this.#deps.clock.monotonic_ms()
    else this.#letIn(command.ear, command.person)
    return { isOpen: command.type === 'open' }
  }

  /** Lets those go that have not asked for a while. */
  sweep(): void {
    const oldest_ms = this.#deps.clock.monotonic_ms() - LET_GO_AFTER_MS
    for (const ear of [...this.#ears.values()]) if (ear.asked_at_ms <= oldest_ms) ear.end(false)
  }

  endAll(): void {
    for (const ear of [...this.#ears.values()]) ear.end(true)
  }

  #letIn(name: string, person: Person): void {
    const { redis, clock, send } = this.#deps
    const channel = channelOf(redis, this.#call, name)
    const end = (isTold: boolean): void => {
      if (!this.#ears.delete(name)) return
      leave()
      if (isTold) send(channel, 'close')
    }
    this.#ears.set(name, { asked_at_ms: clock.monotonic_ms(), end })
    const leave = this.#open(person, {
      onPiece: (voice, at_ms, mulaw) => send(channel, voice, at_ms, mulaw),
      onFlush: () => send(channel, 'flush'),
      onClose: () => end(true),
    })
  }
}

type Told = 'ended' | 'out_of_reach' | null

/** One listener at this relay to a call elsewhere. */
export class FarLine {
  readonly #bus: EarBus
  readonly #call: CallRef
  readonly #person: Person
  readonly #listener: TapListener
  readonly #ear = randomBytes(9).toString('base64url')
  readonly #stops: (() => void)[] = []
  readonly #isHeard: Promise<void>
  #unanswered = 0
  #isOver = false

  constructor(
    { redis, clock, bus }: { redis: RedisConnection; clock: Clock; bus: EarBus },
    call: CallRef,
    person: Person,
    listener: TapListener,
  ) {
    this.#bus = bus
    this.#call = call
    this.#person = person
    this.#listener = listener
    const own: TapListener = {
      onPiece: (voice, at_ms, mulaw) => listener.onPiece(voice, at_ms, mulaw),
      onFlush: () => listener.onFlush(),
      onClose: () => this.#over('ended'),
    }
    const hearing = redis.hear(channelOf(redis, call, this.#ear), (data) => givePiece(data, own))
    this.#isHeard = redis.ask(() => hearing.isOn)
    this.#stops.push(
      () => hearing.stop(),
      every(clock, ASKED_EVERY_MS, () => void this.#askAgain()),
    )
  }

  /** @returns false when nobody has the call @throws (rejects) RelayError STORE_UNAVAILABLE */
  async open(): Promise<boolean> {
    try {
      await this.#isHeard
      if ((await this.#ask()) === null) this.#over(null)
    } catch (error) {
      this.#over(null)
      throw error
    }
    return !this.#isOver
  }

  /** @param told what the listener is told */
  end(told: Told): void {
    // One word is enough: the owner lets a listener go that it does not hear of.
    if (!this.#isOver) this.#bus.send(this.#call, { type: 'close', ear: this.#ear }, ANSWER_DEADLINE_MS).catch(() => {})
    this.#over(told)
  }

  onOver(stop: () => void): void {
    this.#stops.push(stop)
  }

  #ask(): Promise<{ isOpen: boolean } | null> {
    return this.#bus.send(this.#call, { type: 'open', ear: this.#ear, person: this.#person }, ANSWER_DEADLINE_MS)
  }

  async #askAgain(): Promise<void> {
    try {
      this.#unanswered = (await this.#ask()) === null ? this.#unanswered + 1 : 0
      // One may be lost on the way; after two its relay is dead or deaf: of a call that ends we are told.
      if (this.#unanswered >= 2) this.#over('out_of_reach')
    } catch {
      // Redis is away: nothing is known of the call.
    }
  }

  #over(told: Told): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stop of this.#stops) stop()
    if (told === 'ended') this.#listener.onClose()
    else if (told !== null) this.#listener.onClose(told)
  }
}
