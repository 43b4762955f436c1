// Tenants in the store, read often and changed rarely: a short cache stands before them.
import type { Tenant } from '../../shared/contract/tenants.ts'
import type { Stored } from '../../shared/primitives.ts'
import type { Clock } from '../platform/ports.ts'
import type { CollectionSpec, DocCollection, DocStore } from '../store/doc-store.ts'

export type TenantRecord = Stored<Tenant> & { _id: string; [field: string]: unknown }

const TENANTS = { name: 'tenants', scope: 'platform', indexes: [] } as const satisfies CollectionSpec

export const tenants = (store: DocStore): DocCollection<TenantRecord> =>
  store.platform.collection<TenantRecord>(TENANTS)

const CACHE_MS = 2_000

/** @returns reads a tenant by id; what it answers is at most two seconds old */
export function tenantReader(store: DocStore, clock: Clock): (tenant_id: string) => Promise<TenantRecord | null> {
  const cache = new Map<string, { read_at_ms: number; tenant: Promise<TenantRecord | null> }>()
  return (tenant_id) => {
    const now = clock.monotonic_ms()
    const known = cache.get(tenant_id)
    if (known && now - known.read_at_ms < CACHE_MS) return known.tenant
    const tenant = tenants(store).findOne({ _id: tenant_id })
    cache.set(tenant_id, { read_at_ms: now, tenant })
    tenant.catch(() => cache.delete(tenant_id))
    return tenant
  }
}
