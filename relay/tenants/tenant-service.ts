// The tenant one is signed in to.
import type { Routes } from '../../shared/routes.ts'
import type { Handler } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import type { TenantRecord } from './tenant-records.ts'

export interface TenantService {
  getTenant: Handler<Routes['getTenant']>
}

export function createTenantService(deps: {
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
}): TenantService {
  return {
    async getTenant(actor) {
      const tenant = actor.scope && (await deps.tenantOf(actor.scope.tenant_id))
      if (!tenant) throw new RelayError('NOT_FOUND')
      return tenant
    },
  }
}
