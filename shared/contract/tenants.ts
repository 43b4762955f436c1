// Tenants: the sealed-off companies on one installation.
import { z } from 'zod'
import { Id, Instant, JsonObject, Usd } from '../primitives.ts'
import type { Route } from '../route.ts'

export const TenantLimits = z.object({
  agents: z.number().int().positive(),
  calls_per_hour: z.number().int().positive(),
  concurrent_calls: z.number().int().positive(),
  api_requests_per_minute: z.number().int().positive(),
  monthly_budget: Usd.nullable(),
  /** What versions of agents and contexts may fill of the store; 1 MB is 1,048,576 bytes. */
  version_megabytes: z.number().int().positive(),
})
export type TenantLimits = z.infer<typeof TenantLimits>

/** Only the limits that change. */
export const TenantLimitsChange = z
  .strictObject(TenantLimits.shape)
  .partial()
  .refine((limits) => Object.keys(limits).length > 0, 'Name at least one limit.')

export const IsolationLevel = z.enum(['schema', 'database', 'cluster'])
export type IsolationLevel = z.infer<typeof IsolationLevel>

export const Tenant = z.object({
  id: Id,
  name: z.string().min(1).max(120),
  status: z.enum(['active', 'suspended']),
  isolation_level: IsolationLevel,
  limits: TenantLimits,
  business_context: JsonObject,
  time_zone: z.string(),
  created_at: Instant,
})
export type Tenant = z.output<typeof Tenant>

const params = z.strictObject({ tenant_id: Id })

export const tenantRoutes = {
  getTenant: {
    method: 'get',
    path: '/api/tenant',
    permission: 'signed_in',
    response: Tenant,
    summary: 'The tenant you are signed in to',
  },
  getTenantLimits: {
    method: 'get',
    path: '/api/tenants/:tenant_id/limits',
    permission: 'platform.admin',
    params,
    response: TenantLimits,
    summary: 'What a tenant may have; limits that are not its own are those of the installation',
  },
  changeTenantLimits: {
    method: 'patch',
    path: '/api/tenants/:tenant_id/limits',
    permission: 'platform.admin',
    params,
    body: TenantLimitsChange,
    response: TenantLimits,
    summary: 'Change some limits of a tenant; they hold within two seconds',
  },
} as const satisfies Record<string, Route>
