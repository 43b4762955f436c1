// All calls in progress in this process: who they are, how a media stream finds its call, what is told of them.

import type { CallStatus, Outcome } from '../../shared/contract/calls.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import type { CallRecord } from '../calls/call-facts.ts'
import type { TurnRecord } from '../calls/transcript.ts'
import { unreachable } from '../platform/errors.ts'
import { newSecret } from '../platform/ids.ts'
import type { CallBus, CallLeases, EventLog, TicketStore } from '../platform/ports.ts'
import { CallJournal, type FactSpool } from './call-journal.ts'
import { type CallObserver, type CallSetup, LiveCall, type LiveCallDeps } from './live-call.ts'
import type { Telephony } from './live-ports.ts'

export type CallCommand =
  | { type: 'override_context'; version: number; context: JsonObject; speak_now: boolean }
  | { type: 'hang_up'; by: string; outcome: Outcome | null }
export interface CallAnswer {
  call_session: CallSummaryRecord
}
export type CallSummaryRecord = Omit<
  CallRecord,
  | '_id'
  | 'facts_seq'
  | 'transcript'
  | 'context'
  | 'context_layers'
  | 'cost_breakdown'
  | 'usage'
  | 'quality'
  | 'handled_by'
  | 'voice'
  | 'summary'
> & {
  live: ReturnType<LiveCall['liveState']> | null
}

/** What a stream token stands for. Source: protocols A.5, "one-time, short-lived token, minted for one call". */
export interface StreamTicket {
  call_sid: string
}
const STREAM_TICKET_SECONDS = 60
const UPDATES_EVERY_MS = 500

export interface LiveCallsDeps extends Omit<LiveCallDeps, 'record' | 'observer' | 'hangUpAtCarrier'> {
  spool: FactSpool
  events: EventLog
  bus: CallBus<CallCommand, CallAnswer>
  leases: CallLeases
  streamTickets: TicketStore<StreamTicket>
  telephony: Telephony
  /** The newest state of a context version, read from the store once its fact is there. */
  announceContext: (call: { tenant_id: string; call_sid: string; agent_id: string }, version: number) => void
}

export class LiveCalls {
  readonly #deps: LiveCallsDeps
  readonly #calls = new Map<string, LiveCall>()
  /** Sentences the carrier still has to say for calls we have left. */
  readonly #farewells = new Map<string, string>()
  readonly #updateDue = new Set<LiveCall>()
  readonly #stops: (() => void)[] = []
  readonly #observer: CallObserver

  constructor(deps: LiveCallsDeps) {
    this.#deps = deps
    this.#observer = this.#tellTheLog()
    const second = setInterval(() => this.#tick(), 1_000)
    const updates = setInterval(() => this.#sendUpdates(), UPDATES_EVERY_MS)
    this.#stops.push(
      () => clearInterval(second),
      () => clearInterval(updates),
    )
  }

  get count(): number {
    return this.#calls.size
  }

  get(call_sid: string): LiveCall | null {
    return this.#calls.get(call_sid) ?? null
  }

  /** Calls in progress of one tenant. */
  ofTenant(tenant_id: string): LiveCall[] {
    return [...this.#calls.values()].filter((call) => call.tenant_id === tenant_id)
  }

  /**
   * Takes up a call: the model's connection opens now, while the carrier still sets up its media stream.
   * @returns when the call session is on disk
   * @throws StoreError NO_SPACE
   */
  async open(setup: CallSetup): Promise<void> {
    const { call_sid, tenant_id } = setup.record
    const journal = new CallJournal(this.#deps.spool, tenant_id, call_sid)
    await journal.record({ type: 'call_opened', record: setup.record })
    const call = new LiveCall(setup, {
      ...this.#deps,
      record: (fact) => journal.record(fact),
      observer: this.#observer,
      hangUpAtCarrier: (sid) =>
        void this.#deps.telephony.hangUp(sid).catch((error: unknown) =>
          this.#deps.log.warn('The carrier could not be told to end a call', {
            tenant_id,
            call_sid: sid,
            error: String(error),
          }),
        ),
    })
    this.#calls.set(call_sid, call)
    const stopServing = this.#deps.bus.serve(call_sid, (command) => this.#obey(call, command))
    this.#stopWhenEnded.set(call_sid, stopServing)
    this.#deps.events.append({ event_type: 'call.started', tenant_id, call_session: summaryOf(call) })
  }
  readonly #stopWhenEnded = new Map<string, () => void>()

  /** A token that lets one media stream in, once, for this call. */
  async streamToken(call_sid: string): Promise<string> {
    const token = newSecret()
    await this.#deps.streamTickets.put(token, { call_sid }, STREAM_TICKET_SECONDS)
    return token
  }

  /**
   * The call a media stream belongs to.
   * @returns null when the token is unknown, used, over, or for another call, or the call has its stream already
   */
  async claimStream(token: string, call_sid: string): Promise<LiveCall | null> {
    const ticket = await this.#deps.streamTickets.take(token)
    if (ticket?.call_sid !== call_sid) return null
    const call = this.#calls.get(call_sid)
    return call && !call.hasStream && !call.hasEnded ? call : null
  }

  carrierEnded(call_sid: string, status: CallStatus): boolean {
    const call = this.#calls.get(call_sid)
    call?.carrierEnded(status)
    return call !== undefined
  }

  /** What the carrier is to say now that the stream is closed; null when it only hangs up. */
  takeFarewell(call_sid: string): string | null {
    const words = this.#farewells.get(call_sid) ?? this.#calls.get(call_sid)?.farewell ?? null
    this.#farewells.delete(call_sid)
    return words
  }

  /** Ends every call, each with its record, for a relay that stops. */
  endAll(reason: string): void {
    for (const call of [...this.#calls.values()]) call.hangUp(reason, null)
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  async #obey(call: LiveCall, command: CallCommand): Promise<CallAnswer> {
    switch (command.type) {
      case 'override_context':
        call.overrideContext(command.version, command.context, command.speak_now)
        break
      case 'hang_up':
        call.hangUp(command.by, command.outcome)
        break
      default:
        unreachable(command)
    }
    return { call_session: summaryOf(call) }
  }

  #tellTheLog(): CallObserver {
    const { events } = this.#deps
    return {
      updated: (call) => void this.#updateDue.add(call),
      turn: (call, turn: TurnRecord) => {
        const event = {
          event_type: 'call.transcript' as const,
          tenant_id: call.tenant_id,
          call_sid: call.call_sid,
          turn: structuredClone(turn),
        }
        if (turn.is_final) events.append(event)
        else events.announce(event)
        this.#updateDue.add(call)
      },
      attention: (call) => {
        events.append({
          event_type: 'call.attention',
          tenant_id: call.tenant_id,
          call_sid: call.call_sid,
          attention: call.liveState().attention,
        })
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
        this.#deps.announceContext(
          { tenant_id: call.tenant_id, call_sid: call.call_sid, agent_id: call.agent_id },
          version,
        ),
      ended: (call) => this.#forget(call),
    }
  }

  #forget(call: LiveCall): void {
    if (call.farewell) {
      this.#farewells.set(call.call_sid, call.farewell)
      this.#deps.clock.setTimeout(() => this.#farewells.delete(call.call_sid), 60_000)
    }
    this.#calls.delete(call.call_sid)
    this.#updateDue.delete(call)
    this.#stopWhenEnded.get(call.call_sid)?.()
    this.#stopWhenEnded.delete(call.call_sid)
    void this.#deps.leases.release(call.tenant_id, call.call_sid)
    this.#deps.events.append({
      event_type: 'call.ended',
      tenant_id: call.tenant_id,
      call_session: { ...summaryOf(call), live: null },
    })
  }

  #sendUpdates(): void {
    for (const call of this.#updateDue) {
      this.#deps.events.announce({
        event_type: 'call.updated',
        tenant_id: call.tenant_id,
        call_session: summaryOf(call),
      })
    }
    this.#updateDue.clear()
  }

  #tick(): void {
    for (const call of this.#calls.values()) call.tick()
  }
}

/** A live call as it is shown in lists and events. */
export function summaryOf(call: LiveCall): CallSummaryRecord {
  const {
    _id,
    facts_seq,
    transcript,
    context,
    context_layers,
    cost_breakdown,
    usage,
    quality,
    handled_by,
    voice,
    summary,
    ...fields
  } = call.record
  return { ...fields, live: call.liveState() }
}
