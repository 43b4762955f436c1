// The port.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { listen } from '../../../relay/http/listening.ts'

it('takes so many connections at once, and hangs up on more', async () => {
  const door = await listen({ port: 0, host: '127.0.0.1', tls: null })
  expect(door.server.maxConnections).toBe(20_000)
  door.server.maxConnections = 2
  const open = async () => {
    const socket = connect(Number(new URL(door.url).port), '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const [one, two, three] = [await open(), await open(), await open()]
  await once(three!.resume(), 'close')
  expect([one!.readyState, two!.readyState]).toEqual(['open', 'open'])
  await door.close()
})
