// Calls for people: lists, the live wall, one call, ending one.
import { CallSummary } from '../../shared/contract/calls.ts'
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import type { CallAnswer, CallCommand, CallSummaryRecord } from '../live/live-calls.ts'
import { RelayError } from '../platform/errors.ts'
import { pageOf, startAfter } from '../platform/pages.ts'
import type { CallBus, EventLog, LiveDirectory } from '../platform/ports.ts'
import type { DocStore, Filter } from '../store/doc-store.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { inOrder } from './transcript.ts'

export interface CallService {
  listCalls: Handler<Routes['listCalls']>
  listLiveCalls: Handler<Routes['listLiveCalls']>
  getCall: Handler<Routes['getCall']>
  hangUpCall: Handler<Routes['hangUpCall']>
}

export const COMMAND_DEADLINE_MS = 2_000
/** Of a call in a list: its words and its context stay in the store. */
const IN_LISTS = Object.keys(CallSummary.shape).filter((field) => field !== 'live')

export function createCallService(deps: {
  store: DocStore
  directory: LiveDirectory<CallSummaryRecord>
  bus: CallBus<CallCommand, CallAnswer>
  events: EventLog
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
  /** Resolves when the store has what calls have laid down so far, or has been waited for long enough. */
  settled: (call_sid: string) => Promise<void>
}): CallService {
  const { store, directory } = deps
  const sessionsOf = (actor: TenantActor) => callSessions(store.forTenant(actor.scope))

  /** To a live call of this tenant, wherever it lives; another tenant's does not exist. */
  const command = (actor: TenantActor, call_sid: string, what: CallCommand) =>
    deps.bus.send({ tenant_id: actor.scope.tenant_id, call_sid }, what, COMMAND_DEADLINE_MS)

  /** As the store has it. Of one that nobody carries any more, how it ended may be on its way there. */
  async function recordOf(actor: TenantActor, call_sid: string, only: { fields?: string[] } = {}): Promise<CallRecord> {
    const read = () => sessionsOf(actor).findOne({ _id: call_sid }, only)
    const found = await read()
    const record = found && !found.ended_at ? await deps.settled(call_sid).then(read) : found
    if (!record) throw new RelayError('NOT_FOUND')
    return record
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
        fields: IN_LISTS,
        ...startAfter(query.cursor, 'date'),
      })
      const { summaries: live } = await directory.list(actor.scope.tenant_id)
      return pageOf(
        items,
        query.limit,
        (call) => call.started_at,
        (call) => live.find(({ call_sid }) => call_sid === call.call_sid) ?? { ...call, live: null },
      )
    },

    async listLiveCalls(actor) {
      const { tenant_id } = actor.scope
      // Before the list is read: an event that is in both is harmless, one that is in neither would be lost.
      const last_seq = await deps.events.last_seq(tenant_id)
      const tenant = await deps.tenantOf(tenant_id)
      const { summaries: items, is_whole } = await directory.list(tenant_id)
      return { items, is_whole, last_seq, capacity: tenant?.limits.concurrent_calls ?? 0 }
    },

    async getCall(actor, { params }) {
      // While relays cannot be asked, the store says what it has.
      const answer = await command(actor, params.call_sid, { type: 'describe' }).catch(() => null)
      if (answer?.whole) {
        const { record, turns } = answer.whole
        return { ...record, transcript: inOrder(turns), live: answer.call_session.live, is_whole: true }
      }
      const record = await recordOf(actor, params.call_sid)
      const read = { ...record, transcript: inOrder(record.transcript) }
      if (record.ended_at) return { ...read, live: null, is_whole: true }
      // Nobody answered for it: where all relays could be asked, and none lists it either, none has it.
      const { summaries, is_whole } = await directory.list(actor.scope.tenant_id)
      const live = summaries.find(({ call_sid }) => call_sid === params.call_sid)?.live ?? null
      return { ...read, live, is_whole: is_whole || live !== null }
    },

    async hangUpCall(actor, { params, body }) {
      const answer = await command(actor, params.call_sid, {
        type: 'hang_up',
        by: actor.user.name,
        outcome: body.outcome ?? null,
      })
      if (answer) return answer.call_session
      const { ended_at } = await recordOf(actor, params.call_sid, { fields: ['ended_at'] })
      if (ended_at) throw new RelayError('CALL_NOT_LIVE')
      const detail = 'No relay answers for this call. Whether it goes on is not known.'
      throw new RelayError('STORE_UNAVAILABLE', { detail, retry_after_seconds: 1 })
    },
  }
}
