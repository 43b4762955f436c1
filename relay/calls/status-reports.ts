// The carrier's status reports: late, doubled and in any order, they lead to one end.
import type { CallStatus } from '../../shared/contract/calls.ts'
import type { CallFloor } from '../live/call-floor.ts'
import type { CallAnswer, CallCommand } from '../live/live-calls.ts'
import type { CallBus } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { callSessions, tenantOfCall } from './call-records.ts'
import { isTerminal, nextStatus } from './call-status.ts'
import type { CarrierMinutes } from './carrier-minutes.ts'

/** @param seconds how long the call was; null when the carrier does not say */
export type ReportStatus = (call_sid: string, status: CallStatus, seconds: number | null) => Promise<void>

const TOLD_WITHIN_MS = 1_000

/** @returns takes one report; a call nobody knows is passed by */
export function createStatusReports(deps: {
  store: DocStore
  floor: Pick<CallFloor, 'carrierEnded' | 'has'>
  /** To the relay that has the call, when it is another. */
  bus: Pick<CallBus<CallCommand, CallAnswer>, 'send'>
  minutes: Pick<CarrierMinutes, 'keep'>
  /** Resolves when it is known whether an incoming call is taken up here; at once for any other. */
  decided: (call_sid: string) => Promise<void>
}): ReportStatus {
  const isTold = (call: { tenant_id: string; call_sid: string }, status: CallStatus): Promise<boolean> =>
    deps.bus.send(call, { type: 'carrier_ended', status }, TOLD_WITHIN_MS).then(
      (answer) => answer !== null,
      () => false,
    )

  async function tell(call_sid: string, status: CallStatus): Promise<void> {
    await deps.decided(call_sid)
    if (isTerminal(status) && deps.floor.carrierEnded(call_sid, status)) return
    if (deps.floor.has(call_sid)) return
    const tenant_id = await tenantOfCall(deps.store, call_sid)
    if (!tenant_id) return
    if (isTerminal(status) && (await isTold({ tenant_id, call_sid }, status))) return
    const sessions = callSessions(deps.store.forTenant(tenantScope(tenant_id, 'webhook')))
    const call = await sessions.findOne({ _id: call_sid }, { fields: ['status'] })
    if (call && nextStatus(call.status, status) !== call.status)
      await sessions.updateOne({ _id: call_sid, status: call.status }, { $set: { status } })
  }

  return async (call_sid, status, seconds) => {
    // The end is told meanwhile: it must not wait for the store. But the carrier says only once how long a call was.
    const kept = isTerminal(status) && seconds !== null && deps.minutes.keep(call_sid, seconds)
    await tell(call_sid, status)
    await kept
  }
}
