// Walk (ii): who answers an incoming call. Decides, opens the call session, and returns a plan; no model call inside.
// A plan to refuse is a value, never an exception: the caller hears a sentence and the model is never opened.

import { type AgentRecord, agents } from '../agents/agent-records.ts'
import type { CallSetup } from '../live/live-call.ts'
import type { NumberDirectory } from '../numbers/number-directory.ts'
import { newId } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallLeases, Clock, RateLimiter } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { NO_USAGE } from './cost.ts'

/** A call the carrier asks about, in our words. */
export interface IncomingCall {
  call_sid: string
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
export type AnswerPlan = { plan: 'connect'; stream_token: string } | { plan: 'refuse'; reason: RefusalReason }

export type AnswerCall = (call: IncomingCall) => Promise<AnswerPlan>

/** What `live/live-calls.ts` does for us. */
export interface OpenCalls {
  isLive(call_sid: string): boolean
  open(setup: CallSetup): Promise<void>
  streamToken(call_sid: string): Promise<string>
}

const HOUR_SECONDS = 3_600
/** Longer than any call: the lease of one that was forgotten ends by itself. */
const LEASE_SECONDS = 4 * HOUR_SECONDS

export function createAnswerCall(deps: {
  store: DocStore
  directory: NumberDirectory
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
  live: OpenCalls
  leases: CallLeases
  limiter: RateLimiter
  /** Lays down a call that never reached an agent. */
  recordRefused: (record: CallRecord) => Promise<void>
  isStopping: () => boolean
  clock: Clock
  log: Logger
}): AnswerCall {
  const { store, live } = deps
  /** The carrier may ask twice at once; both get the same call. */
  const deciding = new Map<string, Promise<AnswerPlan>>()

  async function decide(call: IncomingCall): Promise<AnswerPlan> {
    if (live.isLive(call.call_sid)) return { plan: 'connect', stream_token: await live.streamToken(call.call_sid) }
    if (deps.isStopping()) return { plan: 'refuse', reason: 'relay_is_stopping' }
    const route = await deps.directory.find(call.to_number)
    const tenant = route && (await deps.tenantOf(route.tenant_id))
    if (!route || !tenant) return { plan: 'refuse', reason: 'unknown_number' }
    const scope = tenantScope(tenant.id, 'webhook')
    const before = await callSessions(store.forTenant(scope)).findOne({ _id: call.call_sid })
    if (before) return { plan: 'refuse', reason: 'call_is_over' }
    const agent = route.agent_id ? await agents(store.forTenant(scope)).findOne({ _id: route.agent_id }) : null
    const reason = whyNot(tenant, agent) ?? (await overLimit(tenant, call.call_sid))
    if (reason || !agent) {
      await deps.recordRefused(
        refusedRecord(newRecord(call, tenant, agent, deps.clock.now()), reason ?? 'no_agent', deps.clock.now()),
      )
      return { plan: 'refuse', reason: reason ?? 'no_agent' }
    }
    try {
      await live.open({ record: newRecord(call, tenant, agent, deps.clock.now()), agent })
    } catch (error) {
      await deps.leases.release(tenant.id, call.call_sid)
      throw error
    }
    return { plan: 'connect', stream_token: await live.streamToken(call.call_sid) }
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

  return async (call) => {
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
}

/** Source: product text, "The call": tenant active, in quota, agent active, else a polite refusal. */
function whyNot(tenant: TenantRecord, agent: AgentRecord | null): RefusalReason | null {
  if (tenant.status !== 'active') return 'tenant_not_active'
  if (!agent) return 'no_agent'
  if (!agent.is_active) return 'agent_not_active'
  return agent.type === 'outbound' ? 'agent_answers_no_calls' : null
}

function newRecord(call: IncomingCall, tenant: TenantRecord, agent: AgentRecord | null, now: Date): CallRecord {
  return {
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
      frames_in: 0,
      frames_out: 0,
      frames_dropped: 0,
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
