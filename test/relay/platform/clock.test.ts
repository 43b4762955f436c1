// Timers of a process that has stood still.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { systemClock } from '../../../relay/platform/clock.ts'

const standStill = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
}

it('what came in meanwhile is read before a timer rings that fell due meanwhile', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [peer] = (await once(server, 'connection')) as [Socket]
  const seen: string[] = []
  socket.on('data', () => seen.push('read'))
  systemClock.setTimeout(() => seen.push('rang'), 5)
  peer.write('sent at once, and not read before this process goes on')
  standStill(50)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(seen).toEqual(['read', 'rang'])
  socket.destroy()
  server.close()
})

it('a timer that is cancelled while it waits for that does not ring', async () => {
  let rang = false
  const timer = systemClock.setTimeout(() => {
    rang = true
  }, 5)
  // Falls due after it, in the same turn of the event loop.
  setTimeout(() => timer.cancel(), 5)
  standStill(50)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(rang).toBe(false)
})
