// In which order a request is looked at, and how much of it is read before it is known who asks.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Actor } from '../../../relay/access/actor.ts'
import { bindRoutes, type Handlers } from '../../../relay/http/bind-routes.ts'
import { idempotency } from '../../../relay/http/idempotency.ts'
import { localIdempotency } from '../../../relay/local/local-idempotency.ts'
import type { Problem } from '../../../shared/errors.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { appsForTests } from './asked.ts'

const ANALYST = { scope: { tenant_id: 'tnt_acme0000' }, permissions: ['agents.read'], user: { id: 'usr_ines' } }
const MAY = ['agents.update', 'numbers.sync', 'numbers.assign', 'context.update', 'calls.override']
const MANAGER = { ...ANALYST, permissions: MAY }
const ADMIN = { ...ANALYST, scope: null, permissions: ['platform.admin', 'agents.update'] }
const start = appsForTests()

/** A relay that knows two people by their tokens; what is asked of its nouns is written down and fails. */
async function relay(knows: (token: string) => Promise<unknown> = async () => null) {
  const asked: unknown[] = []
  const handler = async (_actor: unknown, input: unknown) => {
    asked.push(input)
    throw new Error('asked')
  }
  const people: Record<string, unknown> = { analyst: ANALYST, manager: MANAGER, admin: ADMIN }
  const routes = bindRoutes({
    handlers: new Proxy({}, { get: () => handler }) as Handlers,
    actorOf: async (token) => (people[token] ?? (await knows(token))) as Actor | null,
    limit: async () => {},
    idempotency: idempotency(localIdempotency({ clock: fakeClock() })),
  })
  const { url } = await start([routes])
  /** Sends the head of a request and so much of its body; answers with the socket. */
  const send = async (line: string, token: string, body: string, length = body.length): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    await once(socket, 'connect')
    const head = [`${line} HTTP/1.1`, 'host: relay', 'content-type: application/json', `content-length: ${length}`]
    const [words, auth] = [head.join('\r\n'), token && `\r\nauthorization: Bearer ${token}`]
    socket.write(`${words}${auth}\r\n\r\n${body}`)
    return socket
  }
  const statusOf = async (socket: Socket) => {
    const [data] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return Number(/^HTTP\/1.1 (\d+)/.exec(data.toString())?.[1])
  }
  const problemOf = async (line: string, token: string, body: string) => {
    const [method, path] = line.split(' ') as [string, string]
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const text = await (await fetch(url + path, { method, headers, body })).text()
    return { text, problem: JSON.parse(text) as Problem }
  }
  return { asked, send, statusOf, problemOf }
}

const AGENT = `/api/agents/agt_${'0'.repeat(26)}`
const CALL = `/api/calls/CA${'0'.repeat(32)}`
/** Lists in lists. */
const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

it.each([
  ['who asks is not known', 'PATCH', AGENT, '', 401],
  ['they may not', 'PATCH', AGENT, 'analyst', 403],
  ['there cannot be such a thing', 'PATCH', '/api/agents/x', 'manager', 404],
  ['there is no such address', 'POST', '/api/nothing', 'manager', 404],
])('a request is refused before its body has come when %s', async (_why, method, path, token, status) => {
  const { send, statusOf, asked } = await relay()
  expect(await statusOf(await send(`${method} ${path}`, token, '{', 250_000))).toBe(status)
  expect(asked).toEqual([])
})

it('a platform admin who is in no tenant gets to what they alone may do, and to nothing of a tenant', async () => {
  const { problemOf, asked } = await relay()
  const limits = '/api/tenants/tnt_acme0000/limits'
  expect((await problemOf(`PATCH ${limits}`, 'manager', '{"agents":3}')).problem.code).toBe('NOT_ALLOWED')
  expect((await problemOf(`PATCH ${AGENT}`, 'admin', '{"name":"Day"}')).problem.code).toBe('NOT_ALLOWED')
  expect(asked).toEqual([])
  await problemOf(`PATCH ${limits}`, 'admin', '{"agents":3}')
  expect(asked).toEqual([{ params: { tenant_id: 'tnt_acme0000' }, body: { agents: 3 } }])
})

it.each(['login', 'refresh', 'logout'])('the body of a %s may have eight kilobytes', async (name) => {
  const { send, statusOf } = await relay()
  const ask = async (bytes: number) =>
    statusOf(await send(`POST /api/auth/${name}`, '', JSON.stringify({ x: 'y'.repeat(bytes - 8) })))
  expect([await ask(8 * 1024), await ask(8 * 1024 + 1)]).toEqual([422, 413])
})

describe('the body of somebody who is signed in', () => {
  it.each([
    [176, `PATCH ${AGENT}`],
    [112, `PUT ${AGENT}/context`],
    [112, `PUT ${CALL}/context`],
    [56, 'POST /api/numbers/assign'],
    [16, 'POST /api/numbers/sync'],
    [16, `POST ${CALL}/hangup`],
  ])('may have %i kilobytes for %s', async (kilobytes, line) => {
    const { send, statusOf } = await relay()
    const ask = async (bytes: number) =>
      statusOf(await send(line, 'manager', JSON.stringify({ x: 'y'.repeat(bytes - 8) })))
    expect([await ask(kilobytes * 1024), await ask(kilobytes * 1024 + 1)]).toEqual([422, 413])
  })

  const numbers = Array.from({ length: 500 }, (_, at) => `+${100_000_000_000_000 + at}`)
  const context_data = { a: '語'.repeat(21_842) }
  const agent_id = `agt_${'0'.repeat(40)}`
  it.each([
    [
      `PATCH ${AGENT}`,
      {
        name: '語'.repeat(120),
        system_prompt: '語'.repeat(32_000),
        greeting_message: '語'.repeat(1_000),
        note: '語'.repeat(500),
        context_data,
        phone_numbers: numbers,
      },
    ],
    [`PUT ${AGENT}/context`, { context: context_data, reason: '語'.repeat(500) }],
    [`PUT ${CALL}/context`, { context: context_data, reason: '語'.repeat(500) }],
    ['POST /api/numbers/assign', { assignments: numbers.map((phone_number) => ({ phone_number, agent_id })) }],
    ['POST /api/numbers/release', { phone_numbers: numbers }],
    [`POST ${CALL}/hangup`, { reason: '語'.repeat(500) }],
  ])('has room for all that %s takes', async (line, body) => {
    const { send, statusOf, asked } = await relay()
    const text = Buffer.from(JSON.stringify(body)).toString('latin1')
    const socket = await send(line, 'manager', '', text.length)
    socket.write(text, 'latin1')
    await statusOf(socket)
    expect(asked).toMatchObject([{ body }])
  })
})

describe('a body with hundreds of faults', () => {
  it.each<[string, object]>([
    ['in its fields', { phone_numbers: Array(500).fill('x') }],
    ['in its depth', Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`a${at}`, deep(33)]))],
  ])('%s is answered with the first twenty', async (_where, body) => {
    const { problemOf } = await relay()
    const { text, problem } = await problemOf(`PATCH ${AGENT}`, 'manager', JSON.stringify(body))
    expect(problem).toMatchObject({ status: 422, code: 'BODY_INVALID' })
    expect(problem.errors).toHaveLength(20)
    expect(text.length).toBeLessThan(10_000)
  })

  it.each<[string, object]>([
    ['names', { ['x'.repeat(150_000)]: 1 }],
    ['names of what is deep', { ['x'.repeat(150_000)]: deep(33) }],
    ['lists of names', Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`name${at}`, 1]))],
  ])('or with endless %s is not told all of it', async (_what, body) => {
    const { problemOf } = await relay()
    const { text, problem } = await problemOf(`PATCH ${AGENT}`, 'manager', JSON.stringify(body))
    expect(problem).toMatchObject({ status: 422, code: 'BODY_INVALID' })
    expect(text.length).toBeLessThan(2_000)
  })
})

it('nothing is done for somebody who hung up before it was known who they are', async () => {
  let knows = (_actor: unknown) => {}
  const { send, asked } = await relay(() => new Promise((resolve) => (knows = resolve)))
  const socket = await send('POST /api/numbers/sync', 'late', '{"dry_run":true}')
  socket.end()
  await once(socket.resume(), 'close')
  knows(MANAGER)
  await sleep(20)
  expect(asked).toEqual([])
})
