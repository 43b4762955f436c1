// How many calls each tenant has in progress, inside one process. A lease that is not renewed ends by itself.
import type { CallLeases, Clock } from '../platform/ports.ts'

export function localCallLeases({ clock }: { clock: Clock }): CallLeases {
  const tenants = new Map<string, Map<string, number>>()

  function liveOf(tenant_id: string): Map<string, number> {
    const leases = tenants.get(tenant_id) ?? new Map<string, number>()
    tenants.set(tenant_id, leases)
    for (const [call_sid, over_at_ms] of leases) if (over_at_ms <= clock.monotonic_ms()) leases.delete(call_sid)
    return leases
  }
  const until = (ttl_seconds: number): number => clock.monotonic_ms() + ttl_seconds * 1000

  return {
    async acquire(tenant_id, call_sid, limit, ttl_seconds) {
      const leases = liveOf(tenant_id)
      if (!leases.has(call_sid) && leases.size >= limit) return false
      leases.set(call_sid, until(ttl_seconds))
      return true
    },
    async renew(tenant_id, call_sid, ttl_seconds) {
      const leases = liveOf(tenant_id)
      if (!leases.has(call_sid)) return false
      leases.set(call_sid, until(ttl_seconds))
      return true
    },
    async release(tenant_id, call_sid) {
      liveOf(tenant_id).delete(call_sid)
    },
    count: async (tenant_id) => liveOf(tenant_id).size,
  }
}
