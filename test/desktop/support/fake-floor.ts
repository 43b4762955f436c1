// A believable floor at noon: who works on it, and the tenant. Its calls, agents and figures stand in the files beside
// this one. Everything is made up; the phone numbers come from ranges reserved for fiction.
import type { Tenant } from '../../../shared/contract/tenants.ts'

export const TENANT_ID = 'tn_acme000001'
export const DANA = { id: 'us_dana000001', name: 'Dana Ortiz' }
export const PRIYA = { id: 'us_priya00001', name: 'Priya Raman' }
export const MARCO = { id: 'us_marco00001', name: 'Marco Silva' }

export const AGENT_IDS = {
  billing: 'ag_billing001',
  orders: 'ag_orders0001',
  returns: 'ag_returns001',
  berlin: 'ag_berlin0001',
  reminders: 'ag_reminder01',
  delivery: 'ag_delivery01',
} as const
export type AgentKey = keyof typeof AGENT_IDS
export const AGENT_NAMES: Record<AgentKey, [string, number]> = {
  billing: ['Billing support', 12],
  orders: ['Order status', 31],
  returns: ['Returns desk', 7],
  berlin: ['Front desk Berlin', 9],
  reminders: ['Appointment reminders', 4],
  delivery: ['Delivery follow-up', 5],
}

export const sidOf = (index: number): string => `CA${index.toString(16).padStart(32, '0')}`
export const iso = (ms: number): string => new Date(ms).toISOString()

export function floorTenant(agents = 10): Tenant {
  return {
    id: TENANT_ID,
    name: 'Acme Corporation',
    status: 'active',
    isolation_level: 'database',
    limits: {
      agents,
      calls_per_hour: 1000,
      concurrent_calls: 100,
      api_requests_per_minute: 600,
      monthly_budget: null,
      version_megabytes: 5_000,
    },
    business_context: {
      company_name: 'Acme Corporation',
      refund_policy: '30 days, original card',
      support_hours: '08:00–20:00 CT',
    },
    time_zone: 'America/Chicago',
    created_at: '2026-01-04T09:00:00.000Z',
  }
}
