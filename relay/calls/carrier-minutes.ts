// How long a call was by the carrier's word, which is what it bills: also a refusal it spoke, and what it says when we have
// left. Counted once, in place of what our own clock estimated.
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import type { DocStore, TenantStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import type { CallRecord } from './call-facts.ts'
import { callSessions, tenantOfCall } from './call-records.ts'
import { carrierCost, sumOf } from './cost.ts'
import type { PriceTable } from './prices.ts'

export interface CarrierMinutes {
  /** Returns at once: the end of the call may still be on its way to the store. */
  count(call_sid: string, seconds: number): void
  close(): void
}

/** The last words of a call are waited for, and a store may be away for a while. */
const TRIES_AFTER_MS = [500, 3_000, 30_000, 300_000]

export function createCarrierMinutes(deps: {
  store: DocStore
  prices: PriceTable
  /** @returns false while the roll-up does not contain the call */
  correctRollUp: (store: TenantStore, call: CallRecord, usd: number) => Promise<boolean>
  clock: Clock
  log: Logger
}): CarrierMinutes {
  const waiting = new Set<{ cancel(): void }>()
  let isClosed = false

  /** @returns false while the store does not have the end of the call @throws StoreError */
  async function isCounted(call_sid: string, seconds: number): Promise<boolean> {
    const tenant_id = await tenantOfCall(deps.store, call_sid)
    if (tenant_id === null) return false
    const store = deps.store.forTenant(tenantScope(tenant_id, 'webhook'))
    const call = await callSessions(store).findOne({ _id: call_sid })
    if (!call?.ended_at) return false
    if (call.carrier_seconds !== undefined) return true
    const carrier = carrierCost(call.direction, { seconds, stream_seconds: call.duration_seconds ?? 0 }, deps.prices)
    const cost_breakdown = { ...call.cost_breakdown, carrier }
    const cost = sumOf(cost_breakdown)
    if (!(await deps.correctRollUp(store, call, cost - call.cost))) return false
    await callSessions(store).updateOne(
      { _id: call_sid, carrier_seconds: { $exists: false } },
      { $set: { carrier_seconds: seconds, cost, cost_breakdown } },
    )
    return true
  }

  function tryIn(call_sid: string, seconds: number, [after_ms, ...later]: readonly number[]): void {
    if (isClosed) return
    if (after_ms === undefined) return deps.log.warn('The minutes of the carrier could not be counted', { call_sid })
    const timer = deps.clock.setTimeout(async () => {
      waiting.delete(timer)
      const isDone = await isCounted(call_sid, seconds).catch((error: unknown) => {
        deps.log.debug('The minutes of the carrier cannot be counted now', { call_sid, error: messageOf(error) })
        return false
      })
      if (!isDone) tryIn(call_sid, seconds, later)
    }, after_ms)
    waiting.add(timer)
  }

  return {
    count: (call_sid, seconds) => tryIn(call_sid, seconds, TRIES_AFTER_MS),
    close() {
      isClosed = true
      for (const timer of waiting) timer.cancel()
    },
  }
}
