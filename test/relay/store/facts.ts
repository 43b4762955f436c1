import type { CollectionSpec } from '../../../relay/store/doc-store.ts'

export const FACTS = {
  name: 'facts',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, n: -1 } }, { keys: { call_sid: 1, n: 1 }, unique: true }],
} as const satisfies CollectionSpec
