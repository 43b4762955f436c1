// The calls in progress inside one process.
import type { LiveDirectory } from '../platform/ports.ts'

export function localLiveDirectory<Summary>(): LiveDirectory<Summary> {
  const tenants = new Map<string, Map<string, Summary>>()
  return {
    put({ tenant_id, call_sid }, summary) {
      const calls = tenants.get(tenant_id) ?? new Map<string, Summary>()
      tenants.set(tenant_id, calls.set(call_sid, summary))
    },
    remove({ tenant_id, call_sid }) {
      const calls = tenants.get(tenant_id)
      calls?.delete(call_sid)
      if (calls?.size === 0) tenants.delete(tenant_id)
    },
    // To another process of the same relay.
    give: () => {},
    list: async (tenant_id) => ({ summaries: [...(tenants.get(tenant_id)?.values() ?? [])], is_whole: true }),
  }
}
