// Who is let in with a socket, and until when.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Standing } from '../../../relay/access/access-service.ts'
import type { TenantActor } from '../../../relay/access/actor.ts'
import { MOST_OF_A_PERSON } from '../../../relay/http/open-sockets.ts'
import { letSocketsIn } from '../../../relay/http/upgrades.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { until } from '../../support/until.ts'

const actor = {
  scope: { tenant_id: 'tnt_acme0000' },
  user: { id: 'usr_dana' },
  permissions: ['calls.read', 'calls.monitor'],
} as unknown as TenantActor
const SOCKETS = [
  ['events', '/events/ws', 'calls.read'],
  ['listening', `/calls/CA${'1'.repeat(32)}/listen`, 'calls.monitor'],
] as const

/** A relay of which only the sockets are real. */
async function startDoor() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked: string[] = []
  let [served, standing]: [number, Standing] = [0, 'good']
  let limit = async () => {}
  const sockets: WebSocket[] = []
  const serve = (socket: WebSocket) => {
    served++
    sockets.push(socket)
  }
  const close = letSocketsIn(server, {
    public_url: 'http://relay.example',
    media_path: /^\/media\/(\w+)$/,
    isMediaSigned: () => false,
    takeMedia: () => {},
    actorOf: async () => actor,
    takeTicket: async () => null,
    limit: () => limit(),
    standingOf: async (_actor, permission) => {
      asked.push(permission)
      return standing
    },
    serveEvents: serve,
    serveListening: serve,
  })
  return {
    asked,
    sockets,
    served: () => served,
    changesTo: (next: Standing) => {
      standing = next
    },
    limits: (error: unknown) => {
      limit = () => Promise.reject(error)
    },
    /** What is said to one who is not let in. */
    async refusal(socket: WebSocket) {
      socket.on('error', () => {})
      const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      const words = (await answer.toArray()).join('')
      return { status: answer.statusCode, retry_after: answer.headers['retry-after'], words }
    },
    open: (path: string) =>
      new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
        headers: { authorization: 'Bearer token' },
      }),
    close() {
      close()
      server.close()
    },
  }
}

it('a socket that was closed is given two seconds to say that it knows', async () => {
  const door = await startDoor()
  const person = door.open('/events/ws')
  await once(person, 'open')
  person.pause()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  door.sockets[0]!.close(1000)
  vi.advanceTimersByTime(1_999)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  await once(door.sockets[0]!, 'close')
  person.terminate()
  door.close()
})

describe.each(SOCKETS)('a socket for %s', (_name, path, permission) => {
  let door: Awaited<ReturnType<typeof startDoor>>
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    door = await startDoor()
  })
  afterEach(() => {
    door.close()
    vi.useRealTimers()
  })

  it.each([
    ['sign_in_over', 4401],
    ['not_allowed', 4403],
  ] as const)('is closed within 15 seconds when the standing of its person becomes %s', async (standing, code) => {
    const socket = door.open(path)
    await once(socket, 'open')
    vi.advanceTimersByTime(15_000)
    await until(() => door.asked.length === 2)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    door.changesTo(standing)
    vi.advanceTimersByTime(15_000)
    expect((await once(socket, 'close'))[0]).toBe(code)
    expect(door.asked).toEqual([permission, permission, permission])
    await until(() => vi.getTimerCount() === 0)
  })

  it('is a request, and refused as one of a tenant that has made too many', async () => {
    door.limits(new RelayError('RATE_LIMITED', { retry_after_seconds: 17 }))
    expect(await door.refusal(door.open(path))).toEqual({
      status: 429,
      retry_after: '17',
      words: 'Too many requests.',
    })
    door.limits(new Error('the store is away'))
    expect(await door.refusal(door.open(path))).toMatchObject({ status: 503 })
    expect([door.asked, door.served()]).toEqual([[], 0])
  })

  it('is refused to one who has as many open as a person may have', async () => {
    const open = Array.from({ length: path === '/events/ws' ? MOST_OF_A_PERSON : 2 }, () => door.open(path))
    const rest = Array.from({ length: MOST_OF_A_PERSON - open.length }, () => door.open('/events/ws'))
    await Promise.all([...open, ...rest].map((socket) => once(socket, 'open')))
    expect(await door.refusal(door.open(path))).toMatchObject({
      status: 429,
      words: 'You have 128 sockets open, which is the most.',
    })
    expect(door.served()).toBe(MOST_OF_A_PERSON)
    open[0]!.close()
    await once(open[0]!, 'close')
    await until(async () => (await once(door.open(path), 'open')) !== null)
  })

  it('answers pings, but not those of one who does not read', async () => {
    const socket = door.open(path)
    await once(socket, 'open')
    const unread = { bytes: 64 * 1024 }
    Object.defineProperty(door.sockets[0], 'bufferedAmount', { get: () => unread.bytes })
    const answered: string[] = []
    socket.on('pong', (data) => answered.push(data.toString()))
    const arrived = once(door.sockets[0]!, 'ping')
    socket.ping('one')
    await arrived
    unread.bytes = 0
    socket.ping('two')
    await once(socket, 'pong')
    expect(answered).toEqual(['two'])
  })

  it('is served nothing when their standing is no longer what the token says', async () => {
    door.changesTo('not_allowed')
    expect((await once(door.open(path), 'close'))[0]).toBe(4403)
    expect([door.served(), vi.getTimerCount()]).toEqual([0, 0])
  })
})
