// Calls for people: lists, the live wall, one call, ending one.
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import type { CallAnswer, CallCommand, CallSummaryRecord } from '../live/live-calls.ts'
import { RelayError } from '../platform/errors.ts'
import { pageOf, startAfter } from '../platform/pages.ts'
import type { CallBus, EventLog } from '../platform/ports.ts'
import type { DocStore, Filter } from '../store/doc-store.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { inOrder, type TurnRecord } from './transcript.ts'

export interface CallService {
  listCalls: Handler<Routes['listCalls']>
  listLiveCalls: Handler<Routes['listLiveCalls']>
  getCall: Handler<Routes['getCall']>
  hangUpCall: Handler<Routes['hangUpCall']>
}

/** Calls in progress, wherever they live. */
export interface LiveDirectory {
  ofTenant(tenant_id: string): CallSummaryRecord[]
  /** The call as it is this moment, with its open turns. */
  get(
    call_sid: string,
  ): { tenant_id: string; record: CallRecord; turns: readonly TurnRecord[]; summary: CallSummaryRecord } | null
}

export const COMMAND_DEADLINE_MS = 2_000

export function createCallService(deps: {
  store: DocStore
  live: LiveDirectory
  bus: CallBus<CallCommand, CallAnswer>
  events: EventLog
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
}): CallService {
  const { store, live } = deps
  const sessionsOf = (actor: TenantActor) => callSessions(store.forTenant(actor.scope))

  /** A live call of this tenant; another tenant's does not exist. */
  const liveOf = (actor: TenantActor, call_sid: string) => {
    const call = live.get(call_sid)
    return call?.tenant_id === actor.scope.tenant_id ? call : null
  }

  return {
    async listCalls(actor, { query }) {
      const filter: Filter = {
        ...(query.agent_id ? { agent_id: query.agent_id } : {}),
        ...(query.outcome ? { outcome: query.outcome } : {}),
        ...(query.start || query.end
          ? {
              started_at: {
                ...(query.start ? { $gte: new Date(query.start) } : {}),
                ...(query.end ? { $lt: new Date(query.end) } : {}),
              },
            }
          : {}),
      }
      const items = await sessionsOf(actor).find(filter, {
        sort: { started_at: -1 },
        limit: query.limit + 1,
        ...startAfter(query.cursor, 'date'),
      })
      return pageOf(
        items,
        query.limit,
        (call) => call.started_at,
        (call) => liveOf(actor, call.call_sid)?.summary ?? { ...call, live: null },
      )
    },

    async listLiveCalls(actor) {
      const last_seq = deps.events.last_seq(actor.scope.tenant_id)
      const tenant = await deps.tenantOf(actor.scope.tenant_id)
      return { items: live.ofTenant(actor.scope.tenant_id), last_seq, capacity: tenant?.limits.concurrent_calls ?? 0 }
    },

    async getCall(actor, { params }) {
      const call = liveOf(actor, params.call_sid)
      if (call) return { ...call.record, transcript: inOrder(call.turns), live: call.summary.live }
      const record = await sessionsOf(actor).findOne({ _id: params.call_sid })
      if (!record) throw new RelayError('NOT_FOUND')
      return { ...record, transcript: inOrder(record.transcript), live: null }
    },

    async hangUpCall(actor, { params, body }) {
      const call = liveOf(actor, params.call_sid)
      if (!call && !(await sessionsOf(actor).findOne({ _id: params.call_sid }, { fields: ['_id'] })))
        throw new RelayError('NOT_FOUND')
      const answer = await deps.bus.send(
        params.call_sid,
        { type: 'hang_up', by: actor.user.name, outcome: body.outcome ?? null },
        COMMAND_DEADLINE_MS,
      )
      if (!answer) throw new RelayError('CALL_NOT_LIVE')
      return answer.call_session
    },
  }
}
