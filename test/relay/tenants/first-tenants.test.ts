// A store that was the demo's and is a company's now: published passwords open nothing, and the first admin gets in.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { users } from '../../../relay/access/access-records.ts'
import { createPasswords } from '../../../relay/access/passwords.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import type { DocStore } from '../../../relay/store/doc-store.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { addFirstAdmin, type FirstTenantsDeps, letDemoUsersIn, seedDemo } from '../../../relay/tenants/first-tenants.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: DocStore
let deps: FirstTenantsDeps
beforeEach(async () => {
  folder = temporaryFolder()
  store = await openEmbeddedStore({ data_dir: folder.path, isolation_level: 'database', deadline_ms: 20_000 })
  const provider = { list: async () => [] } as unknown as FirstTenantsDeps['provider']
  const limits = { agents: 10, concurrent_calls: 10 } as FirstTenantsDeps['limits']
  deps = { store, passwords: createPasswords(), provider, clock: systemClock, isolation_level: 'database', limits }
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

const ADMIN = { email: 'admin@company.example', password: 'correct horse battery' }
const open = () => users(store).count({ disabled_at: null })

it('users of the demo are out while it is none, and in when it is one again', async () => {
  await letDemoUsersIn(deps, true)
  await seedDemo(deps)
  expect(await open()).toBe(5)
  expect(await addFirstAdmin(deps, ADMIN)).toBe(false)

  await letDemoUsersIn(deps, false)
  expect(await open()).toBe(0)
  expect(await addFirstAdmin(deps, ADMIN)).toBe(true)
  expect(await addFirstAdmin(deps, ADMIN)).toBe(false)

  await letDemoUsersIn(deps, true)
  expect(await open()).toBe(6)
})
