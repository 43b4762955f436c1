// What the relay tells its consoles. Each event belongs to one tenant and has its number in that tenant's order.
import { z } from 'zod'
import { Agent } from './contract/agents.ts'
import { Attention, CallSummary, Turn } from './contract/calls.ts'
import { ContextVersion } from './contract/context.ts'
import { PhoneNumber } from './contract/numbers.ts'
import { CallSid, Id, Instant, JsonObject } from './primitives.ts'

const envelope = { tenant_id: Id, seq: z.number().int(), at: Instant }

const event = <T extends string, P extends z.ZodRawShape>(event_type: T, payload: P) =>
  z.object({ event_type: z.literal(event_type), ...envelope, ...payload })

export const RelayEvent = z.discriminatedUnion('event_type', [
  event('agent.created', { agent: Agent }),
  event('agent.updated', { agent: Agent }),
  event('agent.deleted', { agent_id: Id }),
  event('number.updated', { number: PhoneNumber }),
  event('call.started', { call_session: CallSummary }),
  event('call.updated', { call_session: CallSummary }),
  event('call.ended', { call_session: CallSummary }),
  /** A turn, partial or final: later ones of the same `turn_id` replace it. */
  event('call.transcript', { call_sid: CallSid, turn: Turn }),
  event('call.attention', { call_sid: CallSid, attention: z.array(Attention) }),
  event('context.updated', {
    agent_id: Id.nullable(),
    call_sid: CallSid.nullable(),
    context: JsonObject,
    version: ContextVersion,
  }),
  event('escalation.raised', {
    call_sid: CallSid,
    agent_id: Id,
    attention: Attention,
    target: z.string().nullable(),
  }),
])
export type RelayEvent = z.output<typeof RelayEvent>
export type EventType = RelayEvent['event_type']
/** An event before the log gives it its number and time. Dates are allowed where the wire has instants. */
export type NewEvent =
  z.input<typeof RelayEvent> extends infer E ? (E extends { seq: number } ? Omit<E, 'seq' | 'at'> : never) : never

/** The socket's own messages, beside events. */
export const SocketNotice = z.discriminatedUnion('event_type', [
  /** First message: events after `last_seq` follow. */
  z.object({ event_type: z.literal('socket.ready'), tenant_id: Id, last_seq: z.number().int(), at: Instant }),
  /** What was missed is gone: read everything again, then go on from `last_seq`. */
  z.object({
    event_type: z.literal('socket.reload'),
    tenant_id: Id,
    last_seq: z.number().int(),
    at: Instant,
  }),
  /** Every few seconds, so that a silent link is told from a quiet tenant. */
  z.object({
    event_type: z.literal('socket.heartbeat'),
    tenant_id: Id,
    last_seq: z.number().int(),
    at: Instant,
  }),
])
export type SocketNotice = z.output<typeof SocketNotice>

/** Close codes of our sockets. */
export const CLOSE_CODES = { token_over: 4401, wrong_tenant: 4403, call_over: 4404, too_slow: 4408 } as const

/** Milliseconds between heartbeats; three missed ones mean that the link is lost. */
export const HEARTBEAT_MS = 2_000
