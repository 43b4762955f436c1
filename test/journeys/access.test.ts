import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ACME, client, NORTHWIND, signIn, startTestRelay, type TestRelay } from '../support/running-relay.ts'

let test: TestRelay
beforeAll(async () => {
  test = await startTestRelay()
})
afterAll(() => test.close())

const socketStatus = (url: string, options: { headers?: Record<string, string>; protocols?: string[] } = {}) =>
  new Promise<number | string>((resolve) => {
    const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} })
    socket.on('open', () => {
      resolve('open')
      socket.terminate()
    })
    socket.on('unexpected-response', (_req, res) => resolve(res.statusCode ?? 0))
    socket.on('error', () => {})
  })

describe('signing in', () => {
  it('a demo user signs in with one click’s worth of facts, and knows where and what they may', async () => {
    const setup = (await (await fetch(`${test.url}/api/setup`)).json()) as {
      demo_users: { email: string; password: string; name: string }[]
      simulated: object
    }
    expect(setup.simulated).toEqual({ phone: true, model: true })
    const first = setup.demo_users[0]!
    const me = await (await signIn(test.url, first.email, first.password)).ok('getMe', {})
    expect(me).toMatchObject({ tenant_id: ACME, user: { name: first.name }, roles: ['supervisor'] })
    expect(me.permissions).toContain('context.update')
  })

  it('a wrong password and an unknown person get the same answer', async () => {
    const answers = await Promise.all(
      [
        ['dana@acme.example', 'wrong'],
        ['nobody@acme.example', 'wrong'],
      ].map(async ([email, password]) => {
        const answer = await fetch(`${test.url}/api/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        })
        return { status: answer.status, body: await answer.text() }
      }),
    )
    expect(answers[0]!.status).toBe(401)
    expect(answers[0]).toEqual(answers[1])
  })

  it('guessing is slowed down and says for how long', async () => {
    const guess = () =>
      fetch(`${test.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'priya@acme.example', password: 'guess' }),
      })
    const answers = []
    for (let tries = 0; tries < 12; tries++) answers.push(await guess())
    const last = answers.at(-1)!
    expect(last.status).toBe(429)
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('a refresh token trades itself; used again later it ends the whole sign-in', async () => {
    const dana = await test.as('dana')
    const first = await dana.ok('refresh', { body: { refresh_token: dana.refresh_token } })
    const lostAnswer = await dana.ok('refresh', { body: { refresh_token: dana.refresh_token } })
    expect(lostAnswer.refresh_token).toBe(first.refresh_token)
    const second = await dana.ok('refresh', { body: { refresh_token: first.refresh_token } })
    expect((await dana.call('refresh', { body: { refresh_token: dana.refresh_token } })).status).toBe(401)
    expect((await dana.call('refresh', { body: { refresh_token: second.refresh_token } })).status).toBe(401)
  })

  it('signing out ends the refresh token', async () => {
    const dana = await test.as('dana')
    expect((await dana.call('logout', { body: { refresh_token: dana.refresh_token } })).status).toBe(204)
    expect((await dana.call('refresh', { body: { refresh_token: dana.refresh_token } })).status).toBe(401)
  })

  it('signing out ends the access token at once, and the tickets it gave', async () => {
    const dana = await test.as('dana')
    const { ticket } = await dana.ok('createTicket', {})
    await dana.ok('logout', { body: { refresh_token: dana.refresh_token } })
    expect((await dana.call('getMe', {})).status).toBe(401)
    expect((await dana.call('createTicket', {})).status).toBe(401)
    const events = `${test.url.replace('http', 'ws')}/events/ws`
    expect(await socketStatus(`${events}?ticket=${ticket}`)).toBe(401)
    expect(await socketStatus(events, { headers: { authorization: `Bearer ${dana.access_token}` } })).toBe(401)
  })

  it('who knows the id of a sign-in cannot end it', async () => {
    const sam = await test.as('sam')
    const refresh_token = `${sam.refresh_token.split('.')[0]}.junk`
    for (const route of ['refresh', 'logout'] as const) await sam.call(route, { body: { refresh_token } })
    expect((await sam.call('switchTenant', { body: { tenant_id: NORTHWIND, refresh_token } })).status).toBe(401)
    expect((await sam.call('getMe', {})).status).toBe(200)
    expect((await sam.call('refresh', { body: { refresh_token: sam.refresh_token } })).status).toBe(200)
  })

  it('a restart of the relay signs nobody out', async () => {
    const ines = await test.as('ines')
    await test.restart()
    const again = client(test.url, ines as never)
    expect((await again.call('getMe', {})).status).toBe(200)
    expect((await again.call('refresh', { body: { refresh_token: ines.refresh_token } })).status).toBe(200)
  })
})

describe('sockets', () => {
  it('a ticket opens one socket, once, in the query or as a sub-protocol', async () => {
    const dana = await test.as('dana')
    const events = `${test.url.replace('http', 'ws')}/events/ws?tenant_id=${ACME}`
    const one = await dana.ok('createTicket', {})
    expect(await socketStatus(`${events}&ticket=${one.ticket}`)).toBe('open')
    expect(await socketStatus(`${events}&ticket=${one.ticket}`)).toBe(401)
    const two = await dana.ok('createTicket', {})
    expect(await socketStatus(events, { protocols: ['phony.v1', `ticket.${two.ticket}`] })).toBe('open')
    expect(await socketStatus(events, { protocols: ['phony.v1', `ticket.${two.ticket}`] })).toBe(401)
    expect(await socketStatus(events)).toBe(401)
  })

  it('a page of another origin is refused, the console’s own and the desktop’s are not', async () => {
    const { access_token } = await test.as('dana')
    const open = (origin: string) =>
      socketStatus(`${test.url.replace('http', 'ws')}/events/ws`, {
        headers: { authorization: `Bearer ${access_token}`, origin },
      })
    expect(await open('https://evil.example')).toBe(403)
    expect(await open('app://console')).toBe('open')
    expect(await open(test.url)).toBe('open')
  })

  it('a socket ends with the sign-in it was opened by', async () => {
    const dana = await test.as('dana')
    const socket = new WebSocket(`${test.url.replace('http', 'ws')}/events/ws`, {
      headers: { authorization: `Bearer ${dana.access_token}` },
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.on('open', resolve))
    await dana.ok('logout', { body: { refresh_token: dana.refresh_token } })
    expect(await closed).toBe(4401)
  })

  it('a request line that is no address is refused, and the relay goes on', async () => {
    const { connect } = await import('node:net')
    const { port, hostname } = new URL(test.url)
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.write('GET // HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.on('data', (data) => resolve(data.toString()))
    })
    expect(answer).toContain('400 Bad Request')
    expect((await fetch(`${test.url}/health/live`)).status).toBe(200)
  })

  it('an analyst may not listen in', async () => {
    const ines = await test.as('ines')
    expect(
      await socketStatus(`${test.url.replace('http', 'ws')}/calls/CA${'0'.repeat(32)}/listen`, {
        headers: { authorization: `Bearer ${ines.access_token}` },
      }),
    ).toBe(403)
  })
})

describe('requests', () => {
  it('an Idempotency-Key does a thing once, and refuses another thing under the same key', async () => {
    const priya = await test.as('priya').catch(() => test.as('sam'))
    const body = { name: 'Once only', type: 'outbound' as const, system_prompt: 'You call people back.' }
    const key = { 'idempotency-key': 'once-1' }
    const first = await priya.call('createAgent', { body }, key)
    const second = await priya.call('createAgent', { body }, key)
    expect([first.status, second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true'])
    expect(second.body).toEqual(first.body)
    expect((await priya.call('createAgent', { body: { ...body, name: 'Another' } }, key)).body).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
  })

  it('an Idempotency-Key does a thing once too when its answer is too large to be kept, and says so', async () => {
    const priya = await test.as('priya').catch(() => test.as('sam'))
    const body = {
      name: 'Once, and large',
      type: 'outbound' as const,
      system_prompt: 'You call people back.',
      context_data: { notes: 'x'.repeat(20_000) },
    }
    const key = { 'idempotency-key': 'once-large' }
    expect((await priya.call('createAgent', { body }, key)).status).toBe(201)
    expect(await priya.call('createAgent', { body }, key)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('was carried out when it first came') },
    })
    const { items } = await priya.ok('listAgents', { query: { limit: 200 } })
    expect(items.filter(({ name }) => name === body.name)).toHaveLength(1)
  })

  it('an Idempotency-Key never gives a ticket or a token twice: such answers are not kept', async () => {
    const jonas = await test.as('jonas')
    const key = { 'idempotency-key': 'secrets-1' }
    const tickets = [await jonas.call('createTicket', {}, key), await jonas.call('createTicket', {}, key)]
    expect(tickets.map((answer) => [answer.status, answer.headers.get('idempotent-replayed')])).toEqual([
      [201, null],
      [201, null],
    ])
    expect(tickets[0]!.body.ticket).not.toBe(tickets[1]!.body.ticket)
    const there = { tenant_id: ACME, refresh_token: jonas.refresh_token }
    const first = await jonas.call('switchTenant', { body: there }, key)
    const back = { tenant_id: NORTHWIND, refresh_token: first.body.refresh_token }
    const second = await jonas.call('switchTenant', { body: back }, key)
    expect([first.body.tenant_id, second.body.tenant_id]).toEqual([ACME, NORTHWIND])
    expect(second.headers.get('idempotent-replayed')).toBeNull()
  })
})
