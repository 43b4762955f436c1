// Who is let in with a socket, and until when.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Standing } from '../../../relay/access/access-service.ts'
import type { TenantActor } from '../../../relay/access/actor.ts'
import { letSocketsIn } from '../../../relay/http/upgrades.ts'
import { until } from '../../support/until.ts'

const actor = {
  scope: { tenant_id: 'tnt_acme0000' },
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
  const serve = () => void served++
  const close = letSocketsIn(server, {
    public_url: 'http://relay.example',
    media_path: /^\/media\/(\w+)$/,
    isMediaSigned: () => false,
    takeMedia: () => {},
    actorOf: async () => actor,
    takeTicket: async () => null,
    standingOf: async (_actor, permission) => {
      asked.push(permission)
      return standing
    },
    serveEvents: serve,
    serveListening: serve,
  })
  return {
    asked,
    served: () => served,
    changesTo: (next: Standing) => {
      standing = next
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

  it('is served nothing when their standing is no longer what the token says', async () => {
    door.changesTo('not_allowed')
    expect((await once(door.open(path), 'close'))[0]).toBe(4403)
    expect([door.served(), vi.getTimerCount()]).toEqual([0, 0])
  })
})
