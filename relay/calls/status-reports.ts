// The carrier's status reports: late, doubled and in any order, they lead to one end.
import type { CallStatus } from '../../shared/contract/calls.ts'
import type { FactSpool } from '../live/call-journal.ts'
import type { LiveCalls } from '../live/live-calls.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { callSessions, tenantOfCall } from './call-records.ts'
import { isTerminal, nextStatus } from './call-status.ts'

export type ReportStatus = (call_sid: string, status: CallStatus) => Promise<void>

/** @returns takes one report; a call nobody knows is passed by */
export function createStatusReports(deps: {
  store: DocStore
  live: Pick<LiveCalls, 'carrierEnded' | 'get'>
  spool: FactSpool
}): ReportStatus {
  return async (call_sid, status) => {
    if (deps.live.get(call_sid)) {
      if (isTerminal(status)) deps.live.carrierEnded(call_sid, status)
      return
    }
    const tenant_id = await tenantOfCall(deps.store, call_sid)
    if (!tenant_id) return
    const sessions = callSessions(deps.store.forTenant(tenantScope(tenant_id, 'webhook')))
    const call = await sessions.findOne({ _id: call_sid }, { fields: ['status'] })
    if (call && nextStatus(call.status, status) !== call.status)
      await sessions.updateOne({ _id: call_sid, status: call.status }, { $set: { status } })
  }
}
