// Context versions in the store.
import type { ContextVersion } from '../../shared/contract/context.ts'
import type { Stored } from '../../shared/primitives.ts'
import type { CollectionSpec } from '../store/doc-store.ts'

export type ContextRecord = Stored<ContextVersion> & { _id: string; [field: string]: unknown }

export const CONTEXT_UPDATES = {
  name: 'context_updates',
  scope: 'tenant',
  // With the version in it a page of a call's versions is read without the other versions.
  indexes: [{ keys: { tenant_id: 1, call_sid: 1, version: -1 } }, { keys: { tenant_id: 1, agent_id: 1 } }],
} as const satisfies CollectionSpec
