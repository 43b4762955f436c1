// All calls in progress in this process: who they are, how a media stream finds its call, what is told of them.

import type { CallStatus, CallSummary, Outcome } from '../../shared/contract/calls.ts'
import type { JsonObject, Stored } from '../../shared/primitives.ts'
import type { CallFact, CallRecord } from '../calls/call-facts.ts'
import type { TurnRecord } from '../calls/transcript.ts'
import { RelayError, unreachable } from '../platform/errors.ts'
import type {
  CallBus,
  CallLeases,
  CallRef,
  EventLog,
  ListenLines,
  LiveDirectory,
  StreamTicket,
} from '../platform/ports.ts'
import type { DelayCounts } from './audio-meters.ts'
import { CallJournal, type FactSpool } from './call-journal.ts'
import type { FrameTotals } from './call-quality.ts'
import { type CallObserver, type CallSetup, LiveCall, type LiveCallDeps } from './live-call.ts'
import type { Telephony } from './live-ports.ts'
import type { LiveStateRecord } from './live-view.ts'
import type { LoopPressure } from './loop-pressure.ts'

export type CallCommand =
  | { type: 'override_context'; version: number; context: JsonObject; speak_now: boolean }
  | { type: 'hang_up'; by: string; outcome: Outcome | null }
  /** What the call is this moment, with its open turns. */
  | { type: 'describe' }
  /** The call's media stream came to another relay, which carries it from now on. */
  | { type: 'hand_over'; relay_id: string }
  /** The carrier told another relay that the call is over. */
  | { type: 'carrier_ended'; status: CallStatus }
  /** The carrier told another relay that it could not open or keep the call's media stream. */
  | { type: 'stream_failed'; error: string | null }
export interface CallAnswer {
  call_session: CallSummaryRecord
  /** Answers `describe`; null to every other command. */
  whole: { record: CallRecord; turns: TurnRecord[] } | null
  /** Answers `hand_over`; null when the call has its stream already, and to every other command. */
  moved: MovedCall | null
}
/** What the carrier says before it hangs up; null when it only hangs up. */
export interface Farewell {
  say: string | null
}
/** A call on its way to another relay: how it began, and all that was laid down of it since. */
export interface MovedCall {
  setup: CallSetup
  facts: CallFact[]
}
/** Of the calls a process carries. Totals count from its start. */
export interface LiveTotals extends FrameTotals {
  calls: number
  added_delay: DelayCounts
  interruption: DelayCounts
  /** It cannot keep up and takes no new calls; see `loop-pressure.ts`. */
  is_overloaded: boolean
}
export type CallSummaryRecord = Omit<Stored<CallSummary>, 'live'> & { live: LiveStateRecord | null }

/**
 * What happens by the clock happens to a few calls at a time: all at once would hold up the audio of all. A call has its
 * turn once a second, and is told of, if it changed, twice.
 */
const TURN_MS = 25
const TURNS = 1_000 / TURN_MS
/** A call's place among those its tenant may have; one whose relay died is free again after this. */
const LEASE_SECONDS = 120
const RENEW_EVERY_SECONDS = 30
/** Long before the relay that gave a call away takes it for lost: see `calls/watch-hand-overs.ts`. */
const MOVES_WITHIN_MS = 10_000
/** The carrier's last question and report come within seconds. */
const REMEMBERED_MS = 60_000

/** What calls need of the rest of the relay: the same objects in one process, a link's ends in a worker. */
export interface LiveCallsDeps extends Omit<LiveCallDeps, 'observer' | 'hangUpAtCarrier'> {
  spool: FactSpool
  events: Pick<EventLog, 'append' | 'announce'>
  bus: Pick<CallBus<CallCommand, CallAnswer>, 'serve'>
  directory: Pick<LiveDirectory<CallSummaryRecord>, 'put' | 'remove'>
  lines: Pick<ListenLines, 'serve'>
  leases: Pick<CallLeases, 'release' | 'renew'>
  telephony: Telephony
  keepFarewell: LiveCallDeps['keepFarewell']
  pressure: Pick<LoopPressure, 'isOverloaded' | 'frames_per_append'>
  /** The call a stream token was made for, once. */
  takeStreamTicket: (token: string) => Promise<StreamTicket | null>
  /** Takes a call over from the relay that has it; null when nobody has it any more. */
  fetchCall: (call: CallRef) => Promise<MovedCall | null>
  /** The newest state of a context version, read from the store once its fact is there. */
  announceContext: (call: CallRef, version: number) => void
}

export class LiveCalls {
  readonly #deps: LiveCallsDeps
  readonly #calls = new Map<string, LiveCall>()
  /** Calls that ended a moment ago: the carrier still reports on them, and asks what to say. */
  readonly #leaving = new Map<string, LiveCall>()
  readonly #expiries = new Map<string, { cancel(): void }>()
  #turn = 0
  /** The calls of each turn. */
  readonly #turns = Array.from({ length: TURNS }, () => new Set<LiveCall>())
  readonly #journals = new Map<string, CallJournal>()
  readonly #stopWhenGone = new Map<string, () => void>()
  readonly #updateDue = new Set<LiveCall>()
  readonly #stops: (() => void)[] = []
  readonly #ofAllCalls: LiveCallDeps
  /** Of calls that are no longer here. */
  #framesBefore: FrameTotals = { frames_in: 0, frames_out: 0, frames_dropped: 0 }

  constructor(deps: LiveCallsDeps) {
    this.#deps = deps
    this.#ofAllCalls = {
      ...deps,
      observer: this.#tellTheLog(),
      hangUpAtCarrier: ({ tenant_id, call_sid }) =>
        void deps.telephony.hangUp(call_sid).catch((error: unknown) =>
          deps.log.warn('The carrier could not be told to end a call', {
            tenant_id,
            call_sid,
            error: String(error),
          }),
        ),
    }
    const turns = setInterval(() => this.#takeTurn(), TURN_MS)
    this.#stops.push(() => clearInterval(turns))
  }

  get count(): number {
    return this.#calls.size
  }
  get byTenant(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { tenant_id } of this.#calls.values()) counts.set(tenant_id, (counts.get(tenant_id) ?? 0) + 1)
    return counts
  }
  get isOverloaded(): boolean {
    return this.#deps.pressure.isOverloaded
  }
  get totals(): LiveTotals {
    const frames = [...this.#calls.values()].reduce((sum, call) => addFrames(sum, call.frames), this.#framesBefore)
    return {
      calls: this.count,
      ...frames,
      added_delay: this.#deps.meters.added_delay.totals,
      interruption: this.#deps.meters.interruption.totals,
      is_overloaded: this.isOverloaded,
    }
  }

  /** Calls we have left and the carrier has not yet asked how to go on with. */
  get unasked(): number {
    return [...this.#leaving.values()].filter((call) => call.isCarrierDue).length
  }

  get(call_sid: string): LiveCall | null {
    return this.#calls.get(call_sid) ?? null
  }

  /**
   * Takes up a call: the model's connection opens now, while the carrier still sets up its media stream.
   * @returns when the call session is on disk
   * @throws StoreError NO_SPACE
   */
  async open(setup: CallSetup): Promise<void> {
    const journal = new CallJournal(this.#deps.spool, setup.record.tenant_id, setup.record.call_sid)
    await journal.record({ type: 'call_opened', record: setup.record })
    const call = this.#carry(setup, journal)
    this.#deps.events.append({
      event_type: 'call.started',
      tenant_id: call.tenant_id,
      call_session: summaryOf(call),
    })
  }

  /**
   * The call a media stream belongs to; one that another relay has prepared moves here.
   * @returns null when the token is unknown, used, over, or for another call or account, or the call has its stream already
   */
  async claimStream(token: string, call_sid: string, account_sid: string): Promise<LiveCall | null> {
    const ticket = await this.#deps.takeStreamTicket(token)
    if (ticket?.call_sid !== call_sid || (ticket.account_sid ?? account_sid) !== account_sid) return null
    const call = this.#calls.get(call_sid) ?? (await this.#fetch(ticket))
    if (!call || call.hasStream || call.hasEnded) return null
    this.#journals.get(call_sid)?.settle()
    return call
  }

  async #fetch(ref: CallRef): Promise<LiveCall | null> {
    const asked_ms = this.#deps.clock.monotonic_ms()
    const moved = await this.#deps.fetchCall(ref)
    if (!moved) return null
    const journal = new CallJournal(this.#deps.spool, ref.tenant_id, ref.call_sid)
    // The other relay's disk has them too; whoever brings one to the store first, it counts once.
    await Promise.all(moved.facts.map((fact) => journal.record(fact)))
    if (this.#deps.clock.monotonic_ms() - asked_ms > MOVES_WITHIN_MS) return null
    return this.#carry(moved.setup, journal)
  }

  #carry(setup: CallSetup, journal: CallJournal): LiveCall {
    const { call_sid } = setup.record
    const call = new LiveCall(setup, this.#ofAllCalls, (fact) => journal.record(fact))
    this.#calls.set(call_sid, call)
    const turn = this.#emptiestTurn()
    turn.add(call)
    this.#journals.set(call_sid, journal)
    const stopServing = this.#deps.bus.serve(call, (command) => this.#obey(call, command))
    const stopLines = this.#deps.lines.serve(call, (person, listener) => call.listen(listener, person))
    this.#stopWhenGone.set(call_sid, () => {
      stopServing()
      stopLines()
      turn.delete(call)
      this.#updateDue.delete(call)
    })
    this.#deps.directory.put(call, summaryOf(call))
    return call
  }

  /** @returns true when the call is, or was a moment ago, in progress here */
  carrierEnded(call_sid: string, status: CallStatus): boolean {
    const call = this.#calls.get(call_sid) ?? this.#leaving.get(call_sid)
    call?.carrierEnded(status)
    return call !== undefined
  }

  /** The carrier asks how to go on now that its stream has ended. @returns null for a call that is not here */
  carrierAsks(call_sid: string, is_over: boolean): Farewell | null {
    const call = this.#calls.get(call_sid) ?? this.#leaving.get(call_sid)
    return call ? { say: call.carrierAsks(is_over) } : null
  }

  /** @returns true when the call is, or was a moment ago, in progress here */
  streamFailed(call_sid: string, error: string): boolean {
    const call = this.#calls.get(call_sid) ?? this.#leaving.get(call_sid)
    call?.streamFailed(error)
    return call !== undefined
  }

  /** Ends every call, each with its record, for a relay that stops. @param say what the callers hear */
  endAll(by: string, say: string): void {
    for (const call of [...this.#calls.values()]) guarded(call, () => call.hangUp(by, null, say))
  }

  close(): void {
    for (const stop of this.#stops) stop()
    for (const call of [...this.#calls.values(), ...this.#leaving.values()]) guarded(call, () => call.dispose())
    for (const expiry of this.#expiries.values()) expiry.cancel()
  }

  async #obey(call: LiveCall, command: CallCommand): Promise<CallAnswer> {
    switch (command.type) {
      case 'override_context':
        call.overrideContext(command.version, command.context, command.speak_now)
        break
      case 'hang_up':
        // Its end is on its way to the disk, and may have been read.
        if (call.record.ended_at !== null) throw new RelayError('CALL_NOT_LIVE')
        call.hangUp(command.by, command.outcome)
        break
      case 'describe':
        return { call_session: summaryOf(call), whole: { record: call.record, turns: [...call.turns] }, moved: null }
      case 'hand_over':
        return { call_session: summaryOf(call), whole: null, moved: this.#handOver(call, command.relay_id) }
      case 'carrier_ended':
        call.carrierEnded(command.status)
        break
      case 'stream_failed':
        call.streamFailed(command.error)
        break
      default:
        unreachable(command)
    }
    return { call_session: summaryOf(call), whole: null, moved: null }
  }

  /** Nothing is told of it: for the people who watch, and on disk, the call goes on. */
  #handOver(call: LiveCall, relay_id: string): MovedCall | null {
    const facts = this.#journals.get(call.call_sid)?.facts
    if (!facts || call.hasStream || call.hasEnded) return null
    call.dispose()
    this.#drop(call)
    return {
      setup: { record: { ...call.record, relay_id }, agent: call.agent },
      facts: [...facts, { type: 'call_moved', relay_id }],
    }
  }

  #tellTheLog(): CallObserver {
    const { events } = this.#deps
    return {
      // `call.updated` never follows `call.ended`.
      updated: (call) => void (call.hasEnded || this.#updateDue.add(call)),
      turn: (call, turn: TurnRecord) => {
        const event = {
          event_type: 'call.transcript' as const,
          tenant_id: call.tenant_id,
          call_sid: call.call_sid,
          turn: structuredClone(turn),
        }
        if (turn.is_final) events.append(event)
        else events.announce(event)
        if (!call.hasEnded) this.#updateDue.add(call)
      },
      attention: (call) => {
        events.append({
          event_type: 'call.attention',
          tenant_id: call.tenant_id,
          call_sid: call.call_sid,
          attention: call.liveState().attention,
        })
        if (call.hasEnded) return
        // Whoever opens the wall this moment must see who needs them.
        this.#deps.directory.put(call, summaryOf(call))
        this.#updateDue.add(call)
      },
      escalated: (call, reason) => {
        const attention = call.liveState().attention.find((item) => item.reason === reason)
        if (attention)
          events.append({
            event_type: 'escalation.raised',
            tenant_id: call.tenant_id,
            call_sid: call.call_sid,
            agent_id: call.agent_id,
            attention,
            target: call.escalationTarget,
          })
      },
      contextChanged: (call, version) =>
        this.#deps.announceContext({ tenant_id: call.tenant_id, call_sid: call.call_sid }, version),
      ended: (call) => this.#forget(call),
    }
  }

  #forget(call: LiveCall): void {
    const { call_sid } = call
    this.#leaving.set(call_sid, call)
    this.#expiries.set(
      call_sid,
      this.#deps.clock.setTimeout(() => {
        this.#leaving.delete(call_sid)
        this.#expiries.delete(call_sid)
      }, REMEMBERED_MS),
    )
    this.#drop(call)
    this.#deps.directory.remove(call)
    void this.#deps.leases.release(call.tenant_id, call.call_sid)
    this.#deps.events.append({
      event_type: 'call.ended',
      tenant_id: call.tenant_id,
      call_session: summaryOfRecord(call.record, null),
    })
  }

  #drop({ call_sid, frames }: LiveCall): void {
    if (this.#calls.has(call_sid)) this.#framesBefore = addFrames(this.#framesBefore, frames)
    this.#stopWhenGone.get(call_sid)?.()
    for (const by_sid of [this.#calls, this.#journals, this.#stopWhenGone]) by_sid.delete(call_sid)
  }

  #takeTurn(): void {
    const turn = ++this.#turn
    const isRenewal = Math.floor(turn / TURNS) % RENEW_EVERY_SECONDS === 0
    for (const call of this.#turns[turn % TURNS] as Set<LiveCall>) {
      if (isRenewal) void this.#deps.leases.renew(call.tenant_id, call.call_sid, LEASE_SECONDS)
      guarded(call, () => call.tick())
      this.#tellUpdate(call)
    }
    for (const call of this.#turns[(turn + TURNS / 2) % TURNS] as Set<LiveCall>) this.#tellUpdate(call)
  }

  #tellUpdate(call: LiveCall): void {
    if (!this.#updateDue.delete(call) || call.hasEnded) return
    const summary = summaryOf(call)
    this.#deps.directory.put(call, summary)
    this.#deps.events.announce({ event_type: 'call.updated', tenant_id: call.tenant_id, call_session: summary })
  }

  #emptiestTurn(): Set<LiveCall> {
    return this.#turns.reduce((least, turn) => (turn.size < least.size ? turn : least))
  }
}

/** A fault in one call is none of the others'. */
function guarded(call: LiveCall, act: () => void): void {
  try {
    act()
  } catch (error) {
    call.onBroken(error)
  }
}

const addFrames = (one: FrameTotals, two: FrameTotals): FrameTotals => ({
  frames_in: one.frames_in + two.frames_in,
  frames_out: one.frames_out + two.frames_out,
  frames_dropped: one.frames_dropped + two.frames_dropped,
})

/** A live call as it is shown in lists and events. */
export function summaryOf(call: LiveCall): CallSummaryRecord {
  return summaryOfRecord(call.record, call.liveState())
}

/** @param live null for a call that is not in progress any more */
export function summaryOfRecord(record: CallRecord, live: CallSummaryRecord['live']): CallSummaryRecord {
  // Field by field: of what is copied without some fields, V8 (11.3) makes each object anew at several times the cost.
  return {
    id: record.id,
    tenant_id: record.tenant_id,
    agent_id: record.agent_id,
    agent_name: record.agent_name,
    agent_version: record.agent_version,
    call_sid: record.call_sid,
    from_number: record.from_number,
    to_number: record.to_number,
    direction: record.direction,
    status: record.status,
    outcome: record.outcome,
    escalated: record.escalated,
    end_reason: record.end_reason,
    started_at: record.started_at,
    answered_at: record.answered_at,
    ended_at: record.ended_at,
    duration_seconds: record.duration_seconds,
    context_version: record.context_version,
    cost: record.cost,
    live,
  }
}
