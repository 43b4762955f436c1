// Walk (ii): who answers an incoming call. Decides, opens the call session, and returns a plan; no model call inside.
// A plan to refuse is a value, never an exception: the caller hears a sentence and the model is never opened.

import type { AgentRecord } from '../agents/agent-records.ts'
import type { CallFloor } from '../live/call-floor.ts'
import type { CallAnswer, CallCommand } from '../live/live-calls.ts'
import { messageOf } from '../platform/errors.ts'
import { newId, newSecret } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallBus, CallLeases, CallRef, Clock, RateLimiter, StreamTicket, TicketStore } from '../platform/ports.ts'
import { type DocStore, StoreError } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { type CallRouting, isAway } from './call-routing.ts'
import { NO_USAGE } from './cost.ts'

/** A call the carrier asks about, in our words. */
export interface IncomingCall {
  call_sid: string
  /** The account of the carrier it came to: a sub-account has one of its own. */
  account_sid?: string | undefined
  /** E.164, or the carrier's word for a withheld caller. */
  from_number: string
  to_number: string
}
export type RefusalReason =
  | 'unknown_number'
  | 'tenant_not_active'
  | 'no_agent'
  | 'agent_not_active'
  | 'agent_answers_no_calls'
  | 'too_many_calls'
  | 'call_is_over'
  | 'relay_is_stopping'
  | 'relay_is_busy'
  | 'disk_is_full'
export type AnswerPlan = { plan: 'connect'; stream_token: string } | { plan: 'refuse'; reason: RefusalReason }

export type AnswerCall = (call: IncomingCall) => Promise<AnswerPlan>

export interface CallAnswering {
  answerCall: AnswerCall
  /** Resolves when what is being decided about a call is decided. Never rejects. */
  decided(call_sid: string): Promise<void>
}

/** Renewed while the call is in progress; `live/live-calls.ts` does it. */
const LEASE_SECONDS = 120
const STREAM_TOKEN_SECONDS = 60
const DESCRIBED_WITHIN_MS = 1_000

const HOUR_SECONDS = 3_600
export function createAnswerCall(deps: {
  store: DocStore
  routing: CallRouting
  floor: Pick<CallFloor, 'open'>
  bus: Pick<CallBus<CallCommand, CallAnswer>, 'send'>
  streamTickets: TicketStore<StreamTicket>
  leases: CallLeases
  limiter: RateLimiter
  /** Lays down a call that never reached an agent. */
  recordRefused: (record: CallRecord) => Promise<void>
  /** Counts it; null where nobody here has the number. */
  countRefused: (tenant_id: string | null, reason: RefusalReason) => void
  isStopping: () => boolean
  /** One call more would hurt those in progress. */
  isOverloaded: () => boolean
  /** Nothing of a call could be kept: what is left of the disk is for those in progress. */
  isDiskFull: () => Promise<boolean>
  /** Names this relay in the records of its calls. */
  relay_id: string
  clock: Clock
  log: Logger
}): CallAnswering {
  const { store } = deps
  /** The carrier may ask twice at once; both get the same call. */
  const deciding = new Map<string, Promise<AnswerPlan>>()

  /** A token that lets one media stream in, once, for this call and account. Source: protocols A.5. */
  async function connect(call: StreamTicket): Promise<AnswerPlan> {
    const stream_token = newSecret()
    await deps.streamTickets.put(stream_token, call, STREAM_TOKEN_SECONDS)
    return { plan: 'connect', stream_token }
  }

  /** The carrier asks again about a call that some relay has in progress. Relays that cannot be asked do not count. */
  const isLive = (call: CallRef): Promise<boolean> =>
    deps.bus.send(call, { type: 'describe' }, DESCRIBED_WITHIN_MS).then(
      (answer) => answer !== null,
      () => false,
    )

  /** While the store is away, a call that was over before would be answered again: rarer than a caller nobody answers. */
  async function isKnown({ tenant_id, call_sid }: CallRef): Promise<boolean> {
    const sessions = callSessions(store.forTenant(tenantScope(tenant_id, 'webhook')))
    try {
      return (await sessions.findOne({ _id: call_sid }, { fields: ['_id'] })) !== null
    } catch (error) {
      if (isAway(error)) return false
      throw error
    }
  }

  async function decide(call: IncomingCall): Promise<AnswerPlan> {
    const owner = await deps.routing.find(call.to_number)
    if (!owner) return refuse(null, 'unknown_number')
    const { tenant, agent } = owner
    const ref = { tenant_id: tenant.id, call_sid: call.call_sid }
    const ticket = { ...ref, account_sid: call.account_sid }
    if (await isLive(ref)) return connect(ticket)
    if (deps.isStopping()) return refuse(tenant.id, 'relay_is_stopping')
    if (deps.isOverloaded()) return refuse(tenant.id, 'relay_is_busy')
    if (await deps.isDiskFull()) return refuse(tenant.id, 'disk_is_full')
    if (await isKnown(ref)) return refuse(tenant.id, 'call_is_over')
    const reason = whyNot(tenant, agent) ?? (await overLimit(tenant, call.call_sid))
    // The carrier asks the next relay when an answer takes long: another may have it since we looked.
    if (await isLive(ref)) return connect(ticket)
    if (reason || !agent) {
      const record = refusedRecord(newRecord(call, tenant, agent, deps), reason ?? 'no_agent', deps.clock.now())
      // The caller hears why in any case.
      await deps
        .recordRefused(record)
        .catch((error: unknown) =>
          deps.log.error('A refused call could not be kept', { call_sid: call.call_sid, error: messageOf(error) }),
        )
      return refuse(tenant.id, reason ?? 'no_agent')
    }
    try {
      await deps.floor.open({ record: newRecord(call, tenant, agent, deps), agent })
    } catch (error) {
      await deps.leases.release(tenant.id, call.call_sid)
      if (error instanceof StoreError && error.code === 'NO_SPACE') return refuse(tenant.id, 'disk_is_full')
      throw error
    }
    return connect(ticket)
  }

  function refuse(tenant_id: string | null, reason: RefusalReason): AnswerPlan {
    deps.countRefused(tenant_id, reason)
    return { plan: 'refuse', reason }
  }

  async function overLimit(tenant: TenantRecord, call_sid: string): Promise<RefusalReason | null> {
    const hour = await deps.limiter.consume(`calls:${tenant.id}`, {
      points: tenant.limits.calls_per_hour,
      seconds: HOUR_SECONDS,
    })
    if (!hour.allowed) return 'too_many_calls'
    return (await deps.leases.acquire(tenant.id, call_sid, tenant.limits.concurrent_calls, LEASE_SECONDS))
      ? null
      : 'too_many_calls'
  }

  const answerCall: AnswerCall = async (call) => {
    const running = deciding.get(call.call_sid)
    if (running) return running.then((plan) => (plan.plan === 'connect' ? decide(call) : plan))
    const decision = decide(call)
    deciding.set(call.call_sid, decision)
    try {
      const plan = await decision
      if (plan.plan === 'refuse')
        deps.log.info('An incoming call was refused', {
          call_sid: call.call_sid,
          reason: plan.reason,
          'pii.to_number': call.to_number,
        })
      return plan
    } finally {
      deciding.delete(call.call_sid)
    }
  }

  return {
    answerCall,
    decided: async (call_sid) => void (await deciding.get(call_sid)?.catch(() => {})),
  }
}

/** Source: product text, "The call": tenant active, in quota, agent active, else a polite refusal. */
function whyNot(tenant: TenantRecord, agent: AgentRecord | null): RefusalReason | null {
  if (tenant.status !== 'active') return 'tenant_not_active'
  if (!agent) return 'no_agent'
  if (!agent.is_active) return 'agent_not_active'
  return agent.type === 'outbound' ? 'agent_answers_no_calls' : null
}

function newRecord(
  call: IncomingCall,
  tenant: TenantRecord,
  agent: AgentRecord | null,
  { relay_id, clock }: { relay_id: string; clock: Clock },
): CallRecord {
  const now = clock.now()
  return {
    relay_id,
    _id: call.call_sid,
    id: newId('call', now),
    tenant_id: tenant.id,
    agent_id: agent?.id ?? null,
    agent_name: agent?.name ?? null,
    agent_version: agent?.version ?? null,
    call_sid: call.call_sid,
    from_number: call.from_number,
    to_number: call.to_number,
    direction: 'inbound',
    status: 'ringing',
    outcome: null,
    escalated: false,
    end_reason: null,
    started_at: now,
    answered_at: null,
    ended_at: null,
    duration_seconds: null,
    context: {},
    context_version: 0,
    context_layers: { business: tenant.business_context, agent: agent?.context_data ?? {} },
    transcript: [],
    cost: 0,
    cost_breakdown: { model: 0, carrier: 0 },
    usage: NO_USAGE,
    quality: {
      reply_gap_p50_ms: null,
      reply_gap_p95_ms: null,
      first_audio_ms: null,
      interruptions: 0,
      interruption_p50_ms: null,
      interruption_p95_ms: null,
      frames_in: 0,
      frames_out: 0,
      frames_dropped: 0,
      added_delay: null,
      malformed_messages: 0,
    },
    handled_by: agent ? [{ kind: 'agent', agent_id: agent.id, agent_version: agent.version }] : [],
    voice: null,
    summary: null,
    facts_seq: 0,
  }
}

/** Why a call was refused, as the record says it. */
export const REFUSALS: Record<RefusalReason, string> = {
  unknown_number: 'Nobody here has this number.',
  tenant_not_active: 'The tenant is suspended.',
  no_agent: 'No agent is on this number.',
  agent_not_active: 'The agent is paused.',
  agent_answers_no_calls: 'The agent answers no calls.',
  too_many_calls: 'The tenant is at its limit of calls.',
  call_is_over: 'The call had ended before.',
  relay_is_stopping: 'The relay was stopping.',
  relay_is_busy: 'The relay had more calls than it could carry well.',
  disk_is_full: 'The disk of the relay was full.',
}

function refusedRecord(record: CallRecord, reason: RefusalReason, now: Date): CallRecord {
  return {
    ...record,
    handled_by: [],
    status: 'completed',
    outcome: 'refused',
    end_reason: REFUSALS[reason],
    ended_at: now,
    duration_seconds: 0,
  }
}
