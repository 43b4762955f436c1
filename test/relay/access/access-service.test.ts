// Refreshing a sign-in looks again at who may be signed in, and what belongs to a sign-in ends with it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type UserRecord, users } from '../../../relay/access/access-records.ts'
import { createAccessService } from '../../../relay/access/access-service.ts'
import type { Actor } from '../../../relay/access/actor.ts'
import { liveSessions } from '../../../relay/access/live-sessions.ts'
import { createPasswords } from '../../../relay/access/passwords.ts'
import { createTokens, hashToken } from '../../../relay/access/tokens.ts'
import { localRateLimiter } from '../../../relay/local/local-rate-limiter.ts'
import { localSessions } from '../../../relay/local/local-sessions.ts'
import { localTickets } from '../../../relay/local/local-tickets.ts'
import { newSecret } from '../../../relay/platform/ids.ts'
import type { DocStore } from '../../../relay/store/doc-store.ts'
import { type TenantRecord, tenantReader, tenants } from '../../../relay/tenants/tenant-records.ts'
import type { TenantLimits } from '../../../shared/contract/tenants.ts'
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
  const tickets = localTickets<Actor>({ clock })
  /** One of several relays on the same state. */
  const relay = (on: DocStore = store, session_ttl_seconds = 3_600) => {
    const sessions = liveSessions({ sessions: localSessions({ store: on, clock }), clock })
    const access = createAccessService({
      store: on,
      clock,
      passwords,
      sessions,
      tickets,
      limiter: localRateLimiter(),
      tokens: createTokens('s'.repeat(32)),
      tenantOf: tenantReader(store, clock, {} as TenantLimits),
      session_ttl_seconds,
      setup: { version: '1', multi_tenant: true, simulated: { phone: true, model: true }, demo_users: [] },
    })
    return { access, sessions }
  }
  const { access, sessions } = relay()
  const login = (tenant_id?: string) =>
    access.login(ANYONE, { body: { ...JONAS, ...(tenant_id ? { tenant_id } : {}) } })
  return {
    access,
    sessions,
    relay,
    clock,
    login,
    refresh: (refresh_token: string) => access.refresh(ANYONE, { body: { refresh_token } }),
    isSignedIn: async (access_token: string) => (await access.actorOf(access_token)) !== null,
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

  it('one whose tenant was suspended signs in again, to one that is active', async () => {
    await on.login(ACME)
    await on.suspend(ACME)
    on.clock.advance(2_000)
    expect(await on.login()).toMatchObject({ tenant_id: NORTHWIND, tenants: [{ tenant_id: NORTHWIND }] })
  })
})

it('wrong passwords from elsewhere do not keep a person out; from where they are, they do', async () => {
  const wrong = { body: { ...JONAS, password: 'not this one' } }
  for (let tries = 0; tries < 10; tries++)
    await expect(on.access.login({ ip: '203.0.113.9' }, wrong)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
  const refused = on.access.login({ ip: '203.0.113.9' }, { body: JONAS })
  await expect(refused).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  expect(await on.login()).toMatchObject({ tenant_id: ACME })
})

describe('so many refreshes a minute, and no more', () => {
  const codeOf = (asked: Promise<unknown>) =>
    asked.then(
      () => 'let in',
      ({ code }: { code: string }) => code,
    )
  /** Renews as often as it is let, with the newest token. @returns how often, and the last token */
  async function renewing(refresh_token: string) {
    for (let times = 0; ; times++) {
      const renewed = await on.refresh(refresh_token).catch(({ code }: { code: string }) => code)
      if (typeof renewed === 'string') return { times, code: renewed, refresh_token }
      refresh_token = renewed.refresh_token
    }
  }

  it('of one sign-in, which goes on; others of the same person, at the same place, do not notice', async () => {
    const [one, other] = [await on.login(), await on.login()]
    const { times, code, refresh_token } = await renewing(one.refresh_token)
    expect([times, code]).toEqual([30, 'RATE_LIMITED'])
    expect(await on.isSignedIn(one.access_token)).toBe(true)
    expect(await codeOf(on.access.logout(ANYONE, { body: { refresh_token } }))).toBe('RATE_LIMITED')
    const actor = (await on.access.actorOf(one.access_token))!
    const elsewhere = { body: { refresh_token, tenant_id: NORTHWIND } }
    expect(await codeOf(on.access.switchTenant(actor, elsewhere))).toBe('RATE_LIMITED')
    expect(await codeOf(on.refresh(other.refresh_token))).toBe('let in')
  })

  it('of one person in many windows', async () => {
    let times = 0
    for (let nth = 0; nth < 11; nth++) {
      const signedIn = await on.access.login({ ip: `203.0.113.${nth}` }, { body: JONAS })
      times += (await renewing(signedIn.refresh_token)).times
    }
    expect(times).toBe(300)
  })

  it('of tokens that never were ours from one place; who is there and has one is let in', async () => {
    const { refresh_token } = await on.login()
    const [session_id] = refresh_token.split('.')
    const codes = new Map<string, number>()
    for (let nth = 0; nth < 320; nth++) {
      const made_up = { body: { refresh_token: `${session_id}.${newSecret()}.${nth}` } }
      const code = await codeOf(nth % 2 ? on.access.refresh(ANYONE, made_up) : on.access.logout(ANYONE, made_up))
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect(Object.fromEntries(codes)).toEqual({ REFRESH_REFUSED: 150, 'let in': 150, RATE_LIMITED: 20 })
    const elsewhere = on.access.refresh({ ip: '203.0.113.9' }, { body: { refresh_token: 'made.up' } })
    expect(await codeOf(elsewhere)).toBe('REFRESH_REFUSED')
    expect(await codeOf(on.refresh(refresh_token))).toBe('let in')
  })
})

it('a sign-in that may lie unused for a minute gives tokens that are renewed within it', async () => {
  const { access } = on.relay(undefined, 60)
  expect((await access.login(ANYONE, { body: JONAS })).expires_in).toBe(30)
  expect((await on.login()).expires_in).toBe(600)
})

describe('an access token says who somebody is; what they may do is what holds within two seconds', () => {
  const gone: [string, () => Promise<void>][] = [
    ['is disabled', () => on.change({ disabled_at: new Date() })],
    ['is taken out of the tenant', () => on.change({ memberships: [{ tenant_id: NORTHWIND, roles: ['analyst'] }] })],
    ['has a tenant that is suspended', () => on.suspend(ACME)],
  ]
  it.each(gone)('one who %s is let in no more', async (_what, happen) => {
    const { access_token } = await on.login(ACME)
    expect(await on.isSignedIn(access_token)).toBe(true)
    await happen()
    on.clock.advance(2_000)
    expect(await on.isSignedIn(access_token)).toBe(false)
  })

  it('one who is given another role has its permissions', async () => {
    const { access_token } = await on.login(ACME)
    expect((await on.access.actorOf(access_token))?.permissions).toContain('context.update')
    await on.change({ memberships: [{ tenant_id: ACME, roles: ['analyst'] }] })
    on.clock.advance(2_000)
    const actor = await on.access.actorOf(access_token)
    expect(actor?.roles).toEqual(['analyst'])
    expect(actor?.permissions).not.toContain('context.update')
  })

  it('while the store cannot be asked, what the token says holds', async () => {
    const { access_token } = await on.login(ACME)
    const findOne = () => Promise.reject(new Error('The store is away.'))
    const away = { platform: { collection: () => ({ findOne }) } } as unknown as DocStore
    const actor = await on.relay(away).access.actorOf(access_token)
    expect(actor).toMatchObject({ roles: ['supervisor'], scope: { tenant_id: ACME } })
  })
})

describe('a refresh token that is not the newest', () => {
  const madeUp = (refresh_token: string, foreign: string): [string, string][] => {
    const [session_id, random, mark] = refresh_token.split('.') as [string, string, string]
    return [
      ['junk', `${session_id}.junk`],
      ['nothing', `${session_id}.`],
      ['random bits without a mark', `${session_id}.${newSecret()}`],
      ['random bits with a mark of others', `${session_id}.${newSecret()}.${mark}`],
      ['a cut mark', `${session_id}.${random}.${mark.slice(1)}`],
      ['a secret of another sign-in', `${session_id}.${foreign.slice(foreign.indexOf('.') + 1)}`],
    ]
  }

  it('and never was one of this sign-in is refused, and changes nothing', async () => {
    const signedIn = await on.login(ACME)
    const actor = (await on.access.actorOf(signedIn.access_token))!
    const other = await on.login(ACME)
    for (const [what, refresh_token] of madeUp(signedIn.refresh_token, other.refresh_token)) {
      await expect(on.refresh(refresh_token), what).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
      const body = { tenant_id: NORTHWIND, refresh_token }
      await expect(on.access.switchTenant(actor, { body }), what).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
      await on.access.logout(ANYONE, { body: { refresh_token } })
      expect(await on.isSignedIn(signedIn.access_token), what).toBe(true)
    }
    expect(await on.refresh(signedIn.refresh_token)).toMatchObject({ tenant_id: ACME })
  })

  it.each([1, 2, 5])('but was one %i trades ago ends the sign-in', async (trades) => {
    const first = await on.login(ACME)
    let newest = first
    for (let trade = 0; trade < trades; trade++) newest = await on.refresh(newest.refresh_token)
    on.clock.advance(10_001)
    await expect(on.refresh(first.refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
    await expect(on.refresh(newest.refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
    expect(await on.isSignedIn(newest.access_token)).toBe(false)
  })

  it('signs out all the same: the answer with the newest may have been lost', async () => {
    const first = await on.login(ACME)
    const newest = await on.refresh(first.refresh_token)
    await on.access.logout(ANYONE, { body: { refresh_token: first.refresh_token } })
    await expect(on.refresh(newest.refresh_token)).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
  })

  it('nor has a mark, because the sign-in is from before there were marks, is treated the same', async () => {
    const session = { session_id: 'ses_old', user_id: 'usr_jonas', tenant_id: ACME, previous: null, created_at_ms: 0 }
    await on.sessions.create({ ...session, token_hash: hashToken('old-secret') }, 3_600)
    const newest = await on.refresh('ses_old.old-secret')
    await expect(on.refresh('ses_old.junk')).rejects.toThrow()
    expect(await on.isSignedIn(newest.access_token)).toBe(true)
    on.clock.advance(10_001)
    await expect(on.refresh('ses_old.old-secret')).rejects.toMatchObject({ code: 'REFRESH_REFUSED' })
    expect(await on.isSignedIn(newest.access_token)).toBe(false)
  })
})

describe('once a sign-in is over', () => {
  const ends: [string, (refresh_token: string) => Promise<unknown>][] = [
    ['the person signed out', (refresh_token) => on.access.logout(ANYONE, { body: { refresh_token } })],
    ['it was revoked', (refresh_token) => on.sessions.revoke(refresh_token.split('.')[0]!)],
    ['all of the person were revoked', () => on.sessions.revokeUser('usr_jonas')],
  ]

  it.each(ends)('because %s, its access token is refused here at once', async (_why, end) => {
    const { access_token, refresh_token } = await on.login(ACME)
    expect(await on.isSignedIn(access_token)).toBe(true)
    await end(refresh_token)
    expect(await on.isSignedIn(access_token)).toBe(false)
  })

  it.each(ends)('because %s, another relay refuses its access token within two seconds', async (_why, end) => {
    const { access_token, refresh_token } = await on.login(ACME)
    const there = on.relay().access
    expect(await there.actorOf(access_token)).not.toBeNull()
    await end(refresh_token)
    on.clock.advance(2_000)
    expect(await there.actorOf(access_token)).toBeNull()
  })

  it.each(ends)(
    'because %s, it gives no ticket, and the ticket it gave opens nothing, at any relay',
    async (_why, end) => {
      const { access_token, refresh_token } = await on.login(ACME)
      const there = on.relay().access
      const actor = (await there.actorOf(access_token))!
      const tickets = [await on.access.createTicket(actor, {}), await there.createTicket(actor, {})]
      await end(refresh_token)
      for (const access of [on.access, there]) {
        await expect(access.createTicket(actor, {})).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' })
        expect(await access.takeTicket(tickets.pop()!.ticket)).toBeNull()
      }
    },
  )

  it('other sign-ins of the same person go on', async () => {
    const [one, two] = [await on.login(ACME), await on.login(ACME)]
    await on.access.logout(ANYONE, { body: { refresh_token: one.refresh_token } })
    expect(await on.isSignedIn(two.access_token)).toBe(true)
    const ticket = await on.access.createTicket((await on.access.actorOf(two.access_token))!, {})
    expect(await on.access.takeTicket(ticket.ticket)).toMatchObject({ user: { id: 'usr_jonas' } })
  })
})

describe('the standing of somebody whose socket is open', () => {
  const admin = { memberships: [], platform_roles: ['platform_admin' as const] }

  it.each([
    ['good', 'nothing happened', async () => {}],
    ['sign_in_over', 'they signed out', () => on.sessions.revokeUser('usr_jonas')],
    ['sign_in_over', 'they were disabled', () => on.change({ disabled_at: new Date() })],
    ['sign_in_over', 'they were taken out of the tenant', () => on.change({ memberships: [] })],
    ['sign_in_over', 'they are a platform admin and no member any more', () => on.change(admin)],
    ['sign_in_over', 'the tenant was suspended', () => on.suspend(ACME)],
    [
      'not_allowed',
      'their role changed to one without the permission',
      () => on.change({ memberships: [{ tenant_id: ACME, roles: ['analyst'] }] }),
    ],
    [
      'good',
      'their role changed to another with the permission',
      () => on.change({ memberships: [{ tenant_id: ACME, roles: ['agent_manager'] }] }),
    ],
    ['good', 'another of their tenants was suspended', () => on.suspend(NORTHWIND)],
  ] as const)('is %s when %s', async (standing, _what, happens) => {
    const actor = (await on.access.actorOf((await on.login(ACME)).access_token))!
    await happens()
    expect(await on.access.standingOf(actor, 'calls.monitor')).toBe(standing)
  })

  it('is good while the store is away', async () => {
    const actor = (await on.access.actorOf((await on.login(ACME)).access_token))!
    await on.change({ disabled_at: new Date() })
    const whose = (findOne: () => Promise<never>) => ({ platform: { collection: () => ({ findOne }) } }) as never
    const fails = on.relay(whose(() => Promise.reject(new Error('away')))).access
    expect(await fails.standingOf(actor, 'calls.monitor')).toBe('good')
    const hangs = on.relay(whose(() => new Promise(() => {}))).access.standingOf(actor, 'calls.monitor')
    on.clock.advance(1_000)
    expect(await hangs).toBe('good')
  })
})
