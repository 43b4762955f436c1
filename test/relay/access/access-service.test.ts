// Refreshing a sign-in looks again at who may be signed in.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type UserRecord, users } from '../../../relay/access/access-records.ts'
import { createAccessService } from '../../../relay/access/access-service.ts'
import type { Actor } from '../../../relay/access/actor.ts'
import { createPasswords } from '../../../relay/access/passwords.ts'
import { createAccessTokens } from '../../../relay/access/tokens.ts'
import { localRateLimiter } from '../../../relay/local/local-rate-limiter.ts'
import { localSessions } from '../../../relay/local/local-sessions.ts'
import { localTickets } from '../../../relay/local/local-tickets.ts'
import { type TenantRecord, tenantReader, tenants } from '../../../relay/tenants/tenant-records.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { sharedTableStore } from '../../support/in-process-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ACME = 'tnt_acme0000'
const NORTHWIND = 'tnt_north000'
const JONAS = { email: 'jonas@acme.example', password: 'a good password' }
const ANYONE = { ip: '127.0.0.1' }
let on: Awaited<ReturnType<typeof open>>
beforeEach(async () => {
  on = await open()
})
afterEach(() => on.close())

async function open() {
  const place = temporaryFolder()
  const { store } = await sharedTableStore(place.path)
  const clock = fakeClock()
  const passwords = createPasswords()
  for (const id of [ACME, NORTHWIND])
    await tenants(store).insertOne({ _id: id, id, name: id, status: 'active' } as TenantRecord)
  await users(store).insertOne({
    _id: 'usr_jonas',
    email: JONAS.email,
    name: 'Jonas',
    password_hash: await passwords.hash(JONAS.password),
    memberships: [
      { tenant_id: ACME, roles: ['supervisor'] },
      { tenant_id: NORTHWIND, roles: ['analyst'] },
    ],
    platform_roles: [],
    created_at: clock.now(),
  })
  const access = createAccessService({
    store,
    clock,
    passwords,
    sessions: localSessions({ store, clock }),
    tickets: localTickets<Actor>({ clock }),
    limiter: localRateLimiter(),
    tokens: createAccessTokens('s'.repeat(32)),
    tenantOf: tenantReader(store, clock),
    session_ttl_seconds: 3_600,
    setup: { version: '1', multi_tenant: true, simulated: { phone: true, model: true }, demo_users: [] },
  })
  const login = (tenant_id?: string) =>
    access.login(ANYONE, { body: { ...JONAS, ...(tenant_id ? { tenant_id } : {}) } })
  return {
    access,
    login,
    refresh: (refresh_token: string) => access.refresh(ANYONE, { body: { refresh_token } }),
    /** What the sockets of a sign-in ask again and again. */
    isSignedIn: async (access_token: string) => access.isSignedIn((await access.actorOf(access_token))!),
    async change(user: Partial<UserRecord>) {
      await users(store).updateOne({ _id: 'usr_jonas' }, { $set: user })
    },
    async suspend(tenant_id: string, status: 'active' | 'suspended' = 'suspended') {
      await tenants(store).updateOne({ _id: tenant_id }, { $set: { status } })
      clock.advance(3_000)
    },
    async close() {
      await store.close()
      place.remove()
    },
  }
}

describe('a refresh', () => {
  it.each([
    ['the tenant was suspended', () => on.suspend(ACME)],
    ['the person was taken out of the tenant', () => on.change({ memberships: [{ tenant_id: NORTHWIND, roles: [] }] })],
    ['the person was disabled', () => on.change({ disabled_at: new Date() })],
  ])('is refused once %s, and ends the sign-in with its sockets', async (_why, happens) => {
    const signedIn = await on.login(ACME)
    expect(await on.isSignedIn(signedIn.access_token)).toBe(true)
    await happens()
    await expect(on.refresh(signedIn.refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
    expect(await on.isSignedIn(signedIn.access_token)).toBe(false)
  })

  it('that was ended stays ended when the tenant is active again', async () => {
    const { refresh_token } = await on.login(ACME)
    await on.suspend(ACME)
    await expect(on.refresh(refresh_token)).rejects.toThrow()
    await on.suspend(ACME, 'active')
    await expect(on.refresh(refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
  })

  it('that comes once more because its answer was lost is looked at again too', async () => {
    const { refresh_token } = await on.login(ACME)
    await on.refresh(refresh_token)
    await on.change({ disabled_at: new Date() })
    await expect(on.refresh(refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
  })

  it('goes on where the person still is, when another of their tenants is suspended', async () => {
    const { refresh_token } = await on.login(ACME)
    await on.suspend(NORTHWIND)
    expect(await on.refresh(refresh_token)).toMatchObject({ tenant_id: ACME, tenants: [{ tenant_id: ACME }] })
  })

  it('gives the roles of now, not those of the sign-in', async () => {
    const { refresh_token } = await on.login(ACME)
    await on.change({ memberships: [{ tenant_id: ACME, roles: ['analyst'] }] })
    const { access_token } = await on.refresh(refresh_token)
    expect((await on.access.actorOf(access_token))?.roles).toEqual(['analyst'])
  })
})

describe('others', () => {
  it('a disabled person cannot sign in, and is told no more than a stranger', async () => {
    await on.change({ disabled_at: new Date() })
    await expect(on.login()).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    await on.change({ disabled_at: null })
    expect(await on.login()).toMatchObject({ tenant_id: ACME })
  })

  it('one may leave a suspended tenant for one that is active', async () => {
    const { access_token, refresh_token } = await on.login(ACME)
    await on.suspend(ACME)
    const actor = (await on.access.actorOf(access_token))!
    const switched = await on.access.switchTenant(actor, { body: { tenant_id: NORTHWIND, refresh_token } })
    expect(switched).toMatchObject({ tenant_id: NORTHWIND })
  })
})
