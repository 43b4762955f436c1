// The tenant one is signed in to, and what a platform admin lets each tenant have.
import type { TenantLimits } from '../../shared/contract/tenants.ts'
import type { Routes } from '../../shared/routes.ts'
import type { Handler } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { DocStore } from '../store/doc-store.ts'
import { limitsOf, type TenantRecord, tenants } from './tenant-records.ts'

export interface TenantService {
  getTenant: Handler<Routes['getTenant']>
  getTenantLimits: Handler<Routes['getTenantLimits']>
  changeTenantLimits: Handler<Routes['changeTenantLimits']>
}

export function createTenantService(deps: {
  store: DocStore
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
  default_limits: TenantLimits
  log: Logger
}): TenantService {
  const shown = (tenant: TenantRecord | null): TenantLimits => {
    if (!tenant) throw new RelayError('NOT_FOUND')
    return limitsOf(tenant, deps.default_limits)
  }

  return {
    async getTenant(actor) {
      const tenant = actor.scope && (await deps.tenantOf(actor.scope.tenant_id))
      if (!tenant) throw new RelayError('NOT_FOUND')
      return tenant
    },

    getTenantLimits: async (_actor, { params }) => shown(await tenants(deps.store).findOne({ _id: params.tenant_id })),

    async changeTenantLimits(actor, { params: { tenant_id }, body }) {
      const named = Object.entries(body).map(([name, limit]) => [`limits.${name}`, limit])
      const change = { $set: Object.fromEntries(named) }
      const limits = shown(
        await tenants(deps.store).findOneAndUpdate({ _id: tenant_id }, change, { return_document: 'after' }),
      )
      deps.log.info('Limits of a tenant were changed', { tenant_id, user_id: actor.user.id, limits: body })
      return limits
    },
  }
}
