// Where a tenant's data lies: a pure function, the same for both adapters. Level changes placement only; every document
// carries `tenant_id` and every query asks for it at all levels.
import type { IsolationLevel } from '../../shared/contract/tenants.ts'

export interface Placement {
  /** The tenant's own cluster, or null for the installation's. */
  url: string | null
  /** A MongoDB database, or the name of an SQLite file. */
  database: string
  /** Put before each collection's name. */
  prefix: string
}

export interface TenantPlacing {
  isolation_level: IsolationLevel
  cluster_url?: string | null
}

/**
 * @param database the installation's database, `MONGODB_DATABASE`
 * @throws never
 * @source product text, "Tenant isolation"
 */
export function placeTenant(tenant_id: string, placing: TenantPlacing, database = 'phony'): Placement {
  const own = `${database}_t_${tenant_id}`
  switch (placing.isolation_level) {
    case 'schema':
      return { url: null, database, prefix: `t_${tenant_id}__` }
    case 'database':
      return { url: null, database: own, prefix: '' }
    case 'cluster':
      return { url: placing.cluster_url ?? null, database: own, prefix: '' }
    default:
      return placing.isolation_level satisfies never
  }
}

/** What belongs to the installation and must be unique in it: tenants, users, number routes. */
export function placePlatform(database = 'phony'): Placement {
  return { url: null, database, prefix: '' }
}
