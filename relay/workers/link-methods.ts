// What the front process and a call worker may ask of each other. A worker carries calls and nothing else, so all it
// needs of disk, store, carrier and consoles is asked of the front.
import type { CallStatus } from '../../shared/contract/calls.ts'
import type { NewEvent } from '../../shared/events.ts'
import type { JournalRecord } from '../calls/call-facts.ts'
import type { WireName } from '../framing/wire.ts'
import type { BridgeTotals, ProcessUsage } from '../http/metrics-process.ts'
import type { CallSetup } from '../live/live-call.ts'
import type { CallAnswer, CallCommand, CallSummaryRecord, Farewell, MovedCall } from '../live/live-calls.ts'
import type { RealtimeConfig } from '../openai/realtime-session.ts'
import type { LogFields, LogLevel } from '../platform/logger.ts'
import type { CallRef, Person, StreamTicket, UpgradeRequest } from '../platform/ports.ts'

/** The first thing a worker is told. */
export interface WorkerSettings {
  realtime: RealtimeConfig
  framing: WireName
}

/** How busy a worker is and how it fares, told once a second, and when it begins or ends to be overloaded. */
export interface WorkerLoad {
  unasked: number
  usage: ProcessUsage
  bridge: BridgeTotals
}

/** Asked of the front. */
export type FrontMethods = {
  ready(): void
  /** @returns when the fact is on disk @throws StoreError NO_SPACE */
  layFact(record: JournalRecord): Promise<void>
  append(event: NewEvent): void
  announce(event: NewEvent): void
  list(call: CallRef, summary: CallSummaryRecord): void
  unlist(call: CallRef): void
  releaseLease(call: CallRef): void
  renewLease(call: CallRef, ttl_seconds: number): void
  /** From now on the worker answers commands to this call and lets listeners in. */
  serve(call: CallRef): void
  unserve(call: CallRef): void
  /** Sound for those who listen in: `packPieces`. */
  pieces(packed: Uint8Array): void
  heardOut(listener_id: number): void
  hangUp(call_sid: string): Promise<void>
  keepFarewell(call_sid: string, say: string | null): void
  takeStreamTicket(token: string): Promise<StreamTicket | null>
  fetchCall(call: CallRef): Promise<MovedCall | null>
  announceContext(call: CallRef, version: number): void
  log(level: Exclude<LogLevel, 'silent'>, message: string, fields: LogFields): void
  load(load: WorkerLoad): void
}

/** Asked of a worker. */
export type WorkerMethods = {
  open(setup: CallSetup): Promise<void>
  command(call_sid: string, command: CallCommand): Promise<CallAnswer>
  carrierEnded(call_sid: string, status: CallStatus): void
  carrierAsks(call_sid: string, is_over: boolean): Farewell | null
  streamFailed(call_sid: string, error: string): void
  listen(listener_id: number, call_sid: string, person: Person): void
  unlisten(listener_id: number): void
  endAll(by: string, say: string): void
  close(): void
}

/** A message that carries a socket; all others are letters of the link. */
export interface MediaMessage {
  media: { request: UpgradeRequest; head: Uint8Array }
}
