// The one look-up before a tenant is known: which tenant and agent a dialled number leads to.
import type { DocStore } from '../store/doc-store.ts'
import { numberRoutesOf } from './number-records.ts'

export interface NumberDirectory {
  /** @returns null for a number nobody here has. @throws StoreError */
  find(phone_number: string): Promise<{ tenant_id: string; agent_id: string | null } | null>
}

export function createNumberDirectory(store: DocStore): NumberDirectory {
  return { find: (phone_number) => numberRoutesOf(store).findOne({ _id: phone_number }) }
}
