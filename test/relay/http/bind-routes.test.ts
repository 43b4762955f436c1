// In which order a request is looked at, and how much of it is read before it is known who asks.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Actor } from '../../../relay/access/actor.ts'
import { bindRoutes, type Handlers } from '../../../relay/http/bind-routes.ts'
import { idempotency } from '../../../relay/http/idempotency.ts'
import { localIdempotency } from '../../../relay/local/local-idempotency.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { appsForTests } from './asked.ts'

const ANALYST = { scope: { tenant_id: 'tnt_acme0000' }, permissions: ['agents.read'], user: { id: 'usr_ines' } }
const MANAGER = { ...ANALYST, permissions: ['agents.update', 'numbers.sync'] }
const start = appsForTests()

/** A relay that knows two people by their tokens; what is asked of its nouns is written down and fails. */
async function relay(knows: (token: string) => Promise<unknown> = async () => null) {
  const asked: unknown[] = []
  const handler = async (_actor: unknown, input: unknown) => {
    asked.push(input)
    throw new Error('asked')
  }
  const people: Record<string, unknown> = { analyst: ANALYST, manager: MANAGER }
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
  return { asked, send, statusOf }
}

const AGENT = `/api/agents/agt_${'0'.repeat(26)}`
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

it.each(['login', 'refresh', 'logout'])('the body of a %s may have eight kilobytes', async (name) => {
  const { send, statusOf } = await relay()
  const ask = async (bytes: number) =>
    statusOf(await send(`POST /api/auth/${name}`, '', JSON.stringify({ x: 'y'.repeat(bytes - 8) })))
  expect([await ask(8 * 1024), await ask(8 * 1024 + 1)]).toEqual([422, 413])
})

it('the body of somebody who is signed in may have 256 kilobytes', async () => {
  const { send, statusOf } = await relay()
  const ask = async (bytes: number) =>
    statusOf(await send(`PATCH ${AGENT}`, 'manager', JSON.stringify({ x: 'y'.repeat(bytes - 8) })))
  expect([await ask(256 * 1024), await ask(256 * 1024 + 1)]).toEqual([422, 413])
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
