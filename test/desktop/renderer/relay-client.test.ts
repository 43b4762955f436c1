import { describe, expect, it } from 'vitest'
import { HEARTBEAT_MS } from '../../../shared/events.ts'
import type { Role } from '../../../shared/permissions.ts'
import { permissionsOf } from '../../../shared/permissions.ts'
import { floorAgents } from '../support/fake-agents.ts'
import { problemOf } from '../support/fake-answers.ts'
import { iso, sidOf, TENANT_ID } from '../support/fake-floor.ts'
import type { ScriptedRelay } from '../support/scripted-relay.ts'
import { scriptedRelay } from '../support/scripted-relay.ts'

const NOW = Date.parse('2026-11-23T18:00:00Z')
const ME = {
  user: { id: 'us_dana000001', email: 'dana@acme.example', name: 'Dana Ortiz' },
  tenant_id: TENANT_ID,
  roles: ['supervisor'],
  permissions: permissionsOf(['supervisor']),
  tenants: [],
}
const notice = (event_type: string, last_seq: number) => ({
  event_type,
  tenant_id: TENANT_ID,
  last_seq,
  at: iso(NOW),
})
const event = (seq: number) => ({
  event_type: 'agent.deleted',
  tenant_id: TENANT_ID,
  seq,
  at: iso(NOW),
  agent_id: floorAgents(NOW)[0]!.id,
})
const seqs = (relay: ScriptedRelay) =>
  relay.messages.flatMap((message) => (message.type === 'events' ? message.events.map(({ seq }) => seq) : []))

/** Signed in, the socket open and ready at an event number. */
async function linkedRelay(options: Parameters<typeof scriptedRelay>[0] & { at?: number } = {}) {
  const relay = scriptedRelay(options)
  await relay.client.signIn({ email: 'dana@acme.example', password: 'demo' })
  await relay.pass()
  relay.socket.says(notice('socket.ready', options.at ?? 10))
  await relay.pass()
  return relay
}

describe('requests', () => {
  it('are built from the route: path, query, body, token', async () => {
    const relay = await linkedRelay()
    await relay.client.request('listCalls', { query: { limit: 5, agent_id: 'ag_billing001' } })
    await relay.client.request('hangUpCall', {
      params: { call_sid: sidOf(1) },
      body: { reason: 'Wrong number' },
    })
    expect(relay.asked.at(-2)).toMatchObject({
      method: 'GET',
      path: '/api/calls?limit=5&agent_id=ag_billing001',
      authorization: 'Bearer access-1',
    })
    expect(relay.asked.at(-1)).toMatchObject({
      method: 'POST',
      path: `/api/calls/${sidOf(1)}/hangup`,
      body: { reason: 'Wrong number' },
    })
  })

  it('come back parsed, and an answer of an unknown form is a problem', async () => {
    const relay = await linkedRelay()
    const tenant = await relay.client.request('getTenant', {})
    expect(tenant.ok && tenant.value.name).toBe('Acme Corporation')
    relay.when(({ path }) => (path === '/api/tenant' ? { status: 200, body: { name: 1 } } : undefined))
    expect(await relay.client.request('getTenant', {})).toMatchObject({
      ok: false,
      problem: { code: 'INTERNAL' },
    })
  })

  it('come back as the relay’s problem, with how long to wait', async () => {
    const relay = await linkedRelay()
    relay.when(({ path }) =>
      path === '/api/tenant'
        ? { status: 429, body: problemOf('RATE_LIMITED', 'Too many.'), headers: { 'retry-after': '12' } }
        : undefined,
    )
    expect(await relay.client.request('getTenant', {})).toMatchObject({
      ok: false,
      problem: { code: 'RATE_LIMITED', retry_after_seconds: 12 },
    })
  })

  it('are a problem and not an exception when the relay does not answer', async () => {
    const relay = await linkedRelay()
    relay.when(() => {
      throw new TypeError('fetch failed')
    })
    expect(await relay.client.request('getTenant', {})).toMatchObject({ ok: false, problem: { status: 0 } })
  })
})

describe('the access token', () => {
  it('is renewed shortly before its end, not at every request', async () => {
    const relay = await linkedRelay()
    await relay.client.request('getTenant', {})
    expect(relay.paths().filter((path) => path === '/api/auth/refresh')).toHaveLength(0)
    for (let second = 0; second < 571; second += 1) {
      relay.socket.says(notice('socket.heartbeat', 10))
      await relay.pass(1000)
    }
    await relay.client.request('getTenant', {})
    expect(relay.paths().filter((path) => path === '/api/auth/refresh')).toHaveLength(1)
    expect(relay.secrets.token).toBe('refresh-2')
  })

  it('is renewed once when it is refused, by all who need it together, and the request is sent again', async () => {
    const relay = await linkedRelay()
    relay.when(({ authorization }) =>
      authorization === 'Bearer access-1' ? { status: 401, body: problemOf('NOT_SIGNED_IN', 'Over.') } : undefined,
    )
    const replies = await Promise.all([1, 2, 3].map(() => relay.client.request('getTenant', {})))
    expect(replies.every((reply) => reply.ok)).toBe(true)
    expect(relay.paths().filter((path) => path === '/api/auth/refresh')).toHaveLength(1)
  })

  it('is not asked for a second time when the new one is refused too', async () => {
    const relay = await linkedRelay()
    relay.when(({ path }) =>
      path === '/api/tenant' ? { status: 401, body: problemOf('NOT_SIGNED_IN', 'Over.') } : undefined,
    )
    expect(await relay.client.request('getTenant', {})).toMatchObject({
      ok: false,
      problem: { code: 'NOT_SIGNED_IN' },
    })
    expect(relay.paths().filter((path) => path === '/api/tenant')).toHaveLength(2)
  })

  it('is asked for once when the sign-in turns out to be over at its renewal', async () => {
    const relay = await linkedRelay()
    relay.when(({ path }) =>
      path === '/api/auth/refresh' ? { status: 401, body: problemOf('REFRESH_REFUSED', 'Over.') } : undefined,
    )
    for (let second = 0; second < 571; second += 1) {
      relay.socket.says(notice('socket.heartbeat', 10))
      await relay.pass(1000)
    }
    await relay.client.request('getTenant', {})
    expect(relay.paths().filter((path) => path === '/api/auth/refresh')).toHaveLength(1)
    expect(relay.link).toEqual({ state: 'signed_out' })
  })

  it('ends the sign-in when the refresh token was used before', async () => {
    const relay = await linkedRelay()
    relay.when(({ path }) => {
      if (path === '/api/tenant') return { status: 401, body: problemOf('NOT_SIGNED_IN', 'Over.') }
      return path === '/api/auth/refresh' ? { status: 401, body: problemOf('REFRESH_REFUSED', 'Used.') } : undefined
    })
    await relay.client.request('getTenant', {})
    await relay.pass()
    expect(relay.link).toEqual({ state: 'signed_out' })
    expect(relay.secrets.token).toBeNull()
    expect(relay.socket.closed_with).toBe(1000)
  })
})

describe('an earlier sign-in', () => {
  it('is restored from the kept token', async () => {
    const relay = scriptedRelay({ token: 'kept' })
    const reply = await relay.client.restore()
    expect(reply).toMatchObject({ ok: true, value: { user: { name: 'Dana Ortiz' } } })
    expect(relay.asked[0]).toMatchObject({ path: '/api/auth/refresh', body: { refresh_token: 'kept' } })
  })

  it('is none without a token, or with one that is over', async () => {
    expect(await scriptedRelay().client.restore()).toEqual({ ok: true, value: null })
    const relay = scriptedRelay({ token: 'old' })
    relay.when(({ path }) =>
      path === '/api/auth/refresh' ? { status: 401, body: problemOf('REFRESH_REFUSED', 'Over.') } : undefined,
    )
    expect(await relay.client.restore()).toEqual({ ok: true, value: null })
    expect(relay.secrets.token).toBeNull()
  })

  it('stays kept when the relay is not there', async () => {
    const relay = scriptedRelay({ token: 'kept' })
    relay.when(() => {
      throw new TypeError('fetch failed')
    })
    expect(await relay.client.restore()).toMatchObject({ ok: false })
    expect(relay.secrets.token).toBe('kept')
  })

  it('is ended at the relay by signing out', async () => {
    const relay = await linkedRelay()
    await relay.client.signOut()
    expect(relay.asked.at(-1)).toMatchObject({
      path: '/api/auth/logout',
      body: { refresh_token: 'refresh-1' },
    })
    expect(relay.secrets.token).toBeNull()
  })
})

describe('the link', () => {
  it('opens with a one-time ticket as sub-protocol, never in the address', async () => {
    const relay = await linkedRelay()
    expect(relay.socket.protocols).toEqual(['phony.v1', 'ticket.t1'])
    expect(relay.socket.url).toBe(`wss://relay.example/events/ws?tenant_id=${TENANT_ID}`)
    expect(relay.link).toMatchObject({ state: 'linked' })
  })

  it('passes events on in order, and drops what comes twice or late', async () => {
    const relay = await linkedRelay({ at: 10 })
    for (const seq of [11, 12, 12, 11, 14, 13, 15]) relay.socket.says(event(seq))
    expect(seqs(relay)).toEqual([11, 12, 14, 15])
  })

  it('passes over what it does not know', async () => {
    const relay = await linkedRelay({ at: 10 })
    relay.socket.says({ event_type: 'call.dreamt', tenant_id: TENANT_ID, seq: 11, at: iso(NOW) })
    relay.socket.says(event(12))
    expect(seqs(relay)).toEqual([12])
  })

  it('is lost after three missed heartbeats, as of the last word heard', async () => {
    const relay = await linkedRelay()
    await relay.pass(HEARTBEAT_MS)
    relay.socket.says(notice('socket.heartbeat', 10))
    const heard_at = new Date(NOW + HEARTBEAT_MS).toISOString()
    await relay.pass(HEARTBEAT_MS * 3)
    expect(relay.link).toMatchObject({ state: 'linked' })
    await relay.pass(HEARTBEAT_MS)
    expect(relay.link).toMatchObject({ state: 'lost', as_of: heard_at })
  })

  it('refuses requests at once while it is lost, and sends none later', async () => {
    const relay = await linkedRelay()
    relay.socket.breaks()
    const before = relay.asked.length
    const reply = await relay.client.request('hangUpCall', { params: { call_sid: sidOf(1) }, body: {} })
    expect(reply).toMatchObject({ ok: false, problem: { type: 'urn:phony:link-lost' } })
    await relay.pass(10_000)
    relay.socket.says(notice('socket.ready', 10))
    await relay.pass()
    expect(relay.asked.slice(before).every(({ path }) => !path.endsWith('/hangup'))).toBe(true)
  })

  it('goes on from the last event it had', async () => {
    const relay = await linkedRelay({ at: 10 })
    relay.socket.says(event(11))
    relay.socket.breaks()
    await relay.pass(300)
    expect(relay.sockets).toHaveLength(2)
    expect(relay.socket.url).toMatch(/last_seq=11$/)
    relay.socket.says(notice('socket.ready', 11))
    relay.socket.says(event(11))
    relay.socket.says(event(12))
    expect(seqs(relay)).toEqual([11, 12])
    expect(relay.link).toMatchObject({ state: 'linked' })
  })

  it('says that everything must be read again, and goes on from there', async () => {
    const relay = await linkedRelay({ at: 10 })
    relay.socket.says(notice('socket.reload', 500))
    relay.socket.says(event(400))
    relay.socket.says(event(501))
    expect(relay.messages).toContainEqual({ type: 'reload' })
    expect(seqs(relay)).toEqual([501])
  })

  it('waits longer after each failure, from a quarter of a second to eight', async () => {
    const relay = await linkedRelay({ random: 1 })
    relay.when(({ path }) =>
      path === '/api/tickets' ? { status: 503, body: problemOf('STORE_UNAVAILABLE', 'No.') } : undefined,
    )
    relay.socket.breaks()
    const waits: number[] = []
    for (let turn = 0; turn < 8; turn += 1) {
      const link = relay.link
      if (link?.state !== 'lost') throw new Error('The link is there.')
      const tickets = relay.paths().filter((path) => path === '/api/tickets').length
      let waited = 0
      while (relay.paths().filter((path) => path === '/api/tickets').length === tickets) {
        await relay.pass(50)
        waited += 50
      }
      waits.push(waited)
    }
    expect(waits.slice(0, 6)).toEqual([250, 500, 1000, 2000, 4000, 8000])
    expect(Math.max(...waits)).toBe(8000)
  })

  it('spreads the retries of many consoles, within the bounds', async () => {
    const relay = await linkedRelay({ random: 0 })
    relay.socket.breaks()
    const link = relay.link
    expect(link?.state === 'lost' && Date.parse(link.retry_at) - NOW).toBe(250)
  })

  it('keeps saying as of when, through all failures', async () => {
    const relay = await linkedRelay()
    relay.socket.breaks()
    const first = relay.link
    await relay.pass(260)
    relay.socket.breaks()
    expect(relay.link?.state === 'lost' && relay.link.as_of).toBe(first?.state === 'lost' && first.as_of)
  })

  it('is tried at once when asked', async () => {
    const relay = await linkedRelay()
    relay.when(({ path }) => (path === '/api/tickets' && relay.sockets.length < 1 ? { status: 503 } : undefined))
    relay.socket.breaks()
    await relay.client.restore()
    await relay.pass()
    expect(relay.sockets).toHaveLength(2)
  })

  it('takes a new ticket and is not lost when the relay says that the token is over', async () => {
    const relay = await linkedRelay()
    relay.socket.breaks(4401)
    await relay.pass()
    expect(relay.paths()).toContain('/api/auth/refresh')
    expect(relay.sockets).toHaveLength(2)
    expect(relay.link).toMatchObject({ state: 'linked' })
  })

  it('is made again with the roles as they are now, when the relay says that one was taken away', async () => {
    const relay = await linkedRelay()
    const roles = { now: ['supervisor'] as Role[] }
    relay.when(({ path }) =>
      path === '/api/me' ? { status: 200, body: { ...ME, permissions: permissionsOf(roles.now) } } : undefined,
    )
    roles.now = ['analyst']
    relay.socket.breaks(4403)
    await relay.pass()
    expect(relay.paths().filter((path) => path === '/api/auth/refresh')).toHaveLength(1)
    expect(relay.messages).toContainEqual({
      type: 'me',
      me: expect.objectContaining({ permissions: permissionsOf(['analyst']) }),
    })
    expect(relay.sockets).toHaveLength(2)
    relay.socket.says(notice('socket.ready', 10))
    expect(relay.link).toMatchObject({ state: 'linked' })
  })

  it('is given up where the roles include no events, or the relay goes on refusing', async () => {
    const without = await linkedRelay()
    without.when(({ path }) => (path === '/api/me' ? { status: 200, body: { ...ME, permissions: [] } } : undefined))
    without.socket.breaks(4403)
    await without.pass(60_000)
    expect(without.link).toEqual({ state: 'not_allowed' })
    expect(without.sockets).toHaveLength(1)
    expect((await without.client.request('getTenant', {})).ok).toBe(true)

    const refused = await linkedRelay()
    refused.socket.breaks(4403)
    await refused.pass()
    refused.socket.breaks(4403)
    await refused.pass(60_000)
    expect(refused.link).toEqual({ state: 'not_allowed' })
    expect(refused.sockets).toHaveLength(2)
  })

  it('pays no heed to a socket it gave up', async () => {
    const relay = await linkedRelay({ at: 10 })
    const old = relay.socket
    old.breaks()
    await relay.pass(300)
    old.says(event(11))
    old.breaks()
    expect(seqs(relay)).toEqual([])
    expect(relay.sockets).toHaveLength(2)
  })

  it('begins anew in another tenant', async () => {
    const relay = await linkedRelay({ at: 10 })
    relay.socket.says(event(11))
    await relay.client.switchTenant('tn_beta000001')
    await relay.pass()
    expect(relay.asked.find(({ path }) => path === '/api/auth/switch-tenant')?.body).toEqual({
      tenant_id: 'tn_beta000001',
      refresh_token: 'refresh-1',
    })
    expect(relay.sockets[0]?.closed_with).toBe(1000)
    expect(relay.socket.url).not.toContain('last_seq')
  })

  const beats = async (relay: ScriptedRelay, seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      relay.socket.says(notice('socket.heartbeat', 10))
      await relay.pass(1000)
    }
  }

  it('has its round trip measured soon, and from then on', async () => {
    const relay = await linkedRelay()
    expect(relay.link).toEqual({ state: 'linked', round_trip_ms: null })
    await beats(relay, 2)
    expect(relay.link).toEqual({ state: 'linked', round_trip_ms: 0 })
    expect(relay.messages.some(({ type }) => type === 'setup')).toBe(true)
    await beats(relay, 16)
    expect(relay.paths().filter((path) => path === '/api/setup')).toHaveLength(2)
  })

  it('does not say for its round trip how long the relay was away', async () => {
    const relay = await linkedRelay()
    let answer: (() => void) | null = null
    relay.when(({ path }) =>
      path === '/api/tickets'
        ? new Promise((done) => {
            answer = () => done({ status: 201, body: { ticket: 'late', expires_in: 30 } })
          })
        : undefined,
    )
    relay.socket.breaks()
    await relay.pass(18_000)
    answer!()
    await relay.pass()
    relay.socket.says(notice('socket.ready', 10))
    expect(relay.link).toEqual({ state: 'linked', round_trip_ms: null })
  })

  it('has a long round trip measured again sooner', async () => {
    const relay = await linkedRelay()
    relay.when(async ({ path }) => {
      if (path === '/api/setup' && relay.paths().filter((each) => each === path).length === 1) await relay.wait(2_000)
      return undefined
    })
    await beats(relay, 4)
    expect(relay.link).toMatchObject({ state: 'linked', round_trip_ms: 2_000 })
    await beats(relay, 4)
    expect(relay.link).toMatchObject({ state: 'linked', round_trip_ms: 0 })
  })
})
