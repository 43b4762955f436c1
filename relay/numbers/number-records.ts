// Phone numbers in the store: the tenant's own document, and the one installation-wide route that makes a number lead
// to exactly one tenant and agent.
import type { PhoneNumber } from '../../shared/contract/numbers.ts'
import type { CollectionSpec, DocCollection, DocStore, TenantStore } from '../store/doc-store.ts'

/** `_id` is the E.164 number. */
export type NumberRecord = PhoneNumber & { _id: string; [field: string]: unknown }
export interface NumberRoute {
  _id: string
  tenant_id: string
  agent_id: string | null
  /** Names the change that made it lead there; absent until the first one. */
  change?: string
  [field: string]: unknown
}

const PHONE_NUMBERS = {
  name: 'phone_numbers',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, assigned_agent: 1 } }],
} as const satisfies CollectionSpec
const NUMBER_ROUTES = {
  name: 'number_routes',
  scope: 'platform',
  indexes: [{ keys: { tenant_id: 1, agent_id: 1 } }],
} as const satisfies CollectionSpec

export const phoneNumbers = (store: TenantStore): DocCollection<NumberRecord> =>
  store.collection<NumberRecord>(PHONE_NUMBERS)
export const numberRoutesOf = (store: DocStore): DocCollection<NumberRoute> =>
  store.platform.collection<NumberRoute>(NUMBER_ROUTES)
