// All sockets of a process are read into one room: none may see what another left there, and nothing may be lost when a
// socket is taken over.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { readIntoRoom } from '../../../relay/framing/read-room.ts'
import { until } from '../../support/until.ts'
import { frameBytes, MASK } from './frame-bytes.ts'
import { connectRaw, deferred, echoByOurs, listen, listenRaw, openOurs, Stage } from './loopback.ts'

const stage = new Stage()
afterEach(() => stage.end())

const NOTHING = Buffer.alloc(0)

/** Both ends of a plain connection. */
async function ends(): Promise<{ ours: Socket; theirs: Socket }> {
  const met = deferred<Socket>()
  const { url } = await listenRaw(stage, (socket) => met.resolve(socket))
  const theirs = connect(Number(new URL(url).port), '127.0.0.1')
  stage.closing(theirs, () => void theirs.destroy())
  return { ours: await met.promise, theirs }
}

/** Written down as they came, as bytes of a room must be. */
function reading(socket: Socket, head = NOTHING): { used: Duplex; heard: () => string } {
  let heard = ''
  const used = readIntoRoom(socket, head, (bytes) => {
    heard += bytes.toString()
  })
  stage.closing(used, () => void used.destroy())
  return { used, heard: () => heard }
}

it('a plain socket is taken over, writes as before and ends as before', async () => {
  const { ours, theirs } = await ends()
  const { used, heard } = reading(ours)
  expect(used).not.toBe(ours)
  theirs.write('hello')
  await until(() => heard() === 'hello')
  const [answer] = await Promise.all([once(theirs, 'data'), used.write('and back')])
  expect(String(answer)).toBe('and back')
  const ended = once(used, 'end')
  theirs.end()
  await ended
})

it('what was read before comes first, then what had not been read yet, then the rest', async () => {
  const { ours, theirs } = await ends()
  ours.pause()
  ours.read(0)
  theirs.write('second ')
  await until(() => ours.readableLength > 0)
  const { heard } = reading(ours, Buffer.from('first '))
  expect(heard()).toBe('')
  theirs.write('third')
  await until(() => heard().endsWith('third'))
  expect(heard()).toBe('first second third')
})

it('the server counts a connection until it is closed, and then no more', async () => {
  const { url, server } = await listen(stage, echoByOurs())
  const count = () => new Promise<number>((resolve) => server.getConnections((_, counted) => resolve(counted)))
  const { framed, opened, closed } = openOurs(stage, url)
  await opened
  expect(await count()).toBe(1)
  framed.close(1000)
  await closed
  while ((await count()) > 0) await new Promise((resolve) => setImmediate(resolve))
})

it('messages whose pieces come by turns on many connections come out whole', async () => {
  const { port } = await listen(stage, echoByOurs())
  const key = `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`
  const talkers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const socket = await connectRaw(stage, port)
      let heard = ''
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1')
      })
      socket.write(`GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n${key}\r\n\r\n`)
      await until(() => heard.includes('101 Switching'))
      const text = `caller ${i} `.repeat(40)
      return { socket, text, frame: frameBytes({ opcode: 1, payload: text, mask: MASK }), heard: () => heard }
    }),
  )
  for (let from = 0; from < 500; from += 50) {
    for (const { socket, frame } of talkers) socket.write(frame.subarray(from, from + 50))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  for (const { text, heard } of talkers) await until(() => heard().includes(text))
})
