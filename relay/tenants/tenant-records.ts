// Tenants in the store, read often and changed rarely: a short cache stands before them.
import type { Tenant, TenantLimits } from '../../shared/contract/tenants.ts'
import type { Stored } from '../../shared/primitives.ts'
import { KeptAnswers } from '../platform/kept-answers.ts'
import type { Clock } from '../platform/ports.ts'
import type { CollectionSpec, DocCollection, DocStore } from '../store/doc-store.ts'

export type TenantRecord = Stored<Tenant> & { _id: string; [field: string]: unknown }

const TENANTS = { name: 'tenants', scope: 'platform', indexes: [] } as const satisfies CollectionSpec

export const tenants = (store: DocStore): DocCollection<TenantRecord> =>
  store.platform.collection<TenantRecord>(TENANTS)

/** A tenant's limits. @param default_limits those that its record does not name */
export const limitsOf = (tenant: TenantRecord, default_limits: TenantLimits): TenantLimits => ({
  ...default_limits,
  ...tenant.limits,
})

const KEPT_MS = 2_000

/**
 * @param default_limits those that a tenant's record does not name
 * @returns reads a tenant by id; what it answers is at most two seconds old
 */
export function tenantReader(
  store: DocStore,
  clock: Clock,
  default_limits: TenantLimits,
): (tenant_id: string) => Promise<TenantRecord | null> {
  const kept = new KeptAnswers<TenantRecord | null>(clock, KEPT_MS)
  const read = async (tenant_id: string): Promise<TenantRecord | null> => {
    const tenant = await tenants(store).findOne({ _id: tenant_id })
    return tenant && { ...tenant, limits: limitsOf(tenant, default_limits) }
  }
  return (tenant_id) => kept.get(tenant_id, () => read(tenant_id))
}
