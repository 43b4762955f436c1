// Users in the store: one person, several tenants.
import type { Role } from '../../shared/permissions.ts'
import type { CollectionSpec, DocCollection, DocStore } from '../store/doc-store.ts'

export interface UserRecord {
  _id: string
  email: string
  name: string
  password_hash: string
  memberships: { tenant_id: string; roles: Role[] }[]
  /** Roles over the installation, not over a tenant. */
  platform_roles: Role[]
  created_at: Date
  /** Since when this person may not sign in; absent or null while they may. */
  disabled_at?: Date | null
  [field: string]: unknown
}

const USERS = {
  name: 'users',
  scope: 'platform',
  indexes: [{ keys: { email: 1 }, unique: true }],
} as const satisfies CollectionSpec

export const users = (store: DocStore): DocCollection<UserRecord> => store.platform.collection<UserRecord>(USERS)
