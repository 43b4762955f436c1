// How long a call was by the carrier's word, which is what it bills: also a refusal it spoke, and what it says when we have
// left. Laid down with the call session as soon as it is said, and counted once, in place of what our own clock estimated,
// with the end of the call: by who brings the later of the two to the store.
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
  /**
   * Resolves once the call session has it. Where the store is away, or does not have the call yet, it is kept in memory
   * and tried again. Never rejects.
   */
  keep(call_sid: string, seconds: number): Promise<void>
  /** Tries once more what is in memory only. */
  close(): Promise<void>
}

/** @returns false while the roll-up does not contain the call @throws StoreError */
export type CountMinutes = (store: TenantStore, call: CallRecord) => Promise<boolean>

/** @returns corrects the cost of an ended call, and of its hour, once the carrier has said how long it was */
export function createCountMinutes(deps: {
  prices: PriceTable
  /** @returns false while the roll-up does not contain the call */
  correctRollUp: (store: TenantStore, call: CallRecord, usd: number) => Promise<boolean>
}): CountMinutes {
  return async (store, call) => {
    const { carrier_seconds: seconds, duration_seconds } = call
    if (seconds === undefined) return true
    const carrier = carrierCost(call.direction, { seconds, stream_seconds: duration_seconds ?? 0 }, deps.prices)
    const cost_breakdown = { ...call.cost_breakdown, carrier }
    const cost = sumOf(cost_breakdown)
    if (!(await deps.correctRollUp(store, call, cost - call.cost))) return false
    await callSessions(store).updateOne({ _id: call.call_sid }, { $set: { cost, cost_breakdown } })
    return true
  }
}

/** A call that has just begun may be on its way to the store, and a store may be away for a while. */
const TRIES_AFTER_MS = [500, 3_000, 30_000, 300_000]

export function createCarrierMinutes(deps: {
  store: DocStore
  countMinutes: CountMinutes
  /** Until everything laid down of a call here is in the store, but no longer than a request may wait. */
  settled: (call_sid: string) => Promise<void>
  clock: Clock
  log: Logger
}): CarrierMinutes {
  const waiting = new Map<{ cancel(): void }, { call_sid: string; seconds: number }>()
  let isClosed = false

  /** @returns false while the store does not have the call. Never rejects. */
  async function isKept(call_sid: string, seconds: number): Promise<boolean> {
    try {
      const tenant_id = await tenantOfCall(deps.store, call_sid)
      if (tenant_id === null) return false
      const store = deps.store.forTenant(tenantScope(tenant_id, 'webhook'))
      const unsaid = { _id: call_sid, carrier_seconds: { $exists: false } }
      await callSessions(store).updateOne(unsaid, { $set: { carrier_seconds: seconds } })
      const call = await callSessions(store).findOne({ _id: call_sid })
      if (!call) return false
      return call.ended_at ? await deps.countMinutes(store, call) : true
    } catch (error) {
      deps.log.debug('The minutes of the carrier cannot be kept now', { call_sid, error: messageOf(error) })
      return false
    }
  }

  async function tryNow(call_sid: string, seconds: number, [after_ms, ...later]: readonly number[]): Promise<void> {
    if ((await isKept(call_sid, seconds)) || isClosed) return
    if (after_ms === undefined) return deps.log.warn('The minutes of the carrier could not be kept', { call_sid })
    const timer = deps.clock.setTimeout(() => {
      waiting.delete(timer)
      void tryNow(call_sid, seconds, later)
    }, after_ms)
    waiting.set(timer, { call_sid, seconds })
  }

  return {
    async keep(call_sid, seconds) {
      await deps.settled(call_sid)
      await tryNow(call_sid, seconds, TRIES_AFTER_MS)
    },
    async close() {
      isClosed = true
      for (const timer of waiting.keys()) timer.cancel()
      await Promise.all([...waiting.values()].map(({ call_sid, seconds }) => isKept(call_sid, seconds)))
    },
  }
}
