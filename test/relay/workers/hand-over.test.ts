// A carrier's socket on its way to a worker that is slow to take it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { handOver } from '../../../relay/workers/hand-over.ts'
import { until } from '../../support/until.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(process.platform === 'win32')('a socket that changes its process', () => {
  it('brings every byte that came before, on the way and after', async () => {
    const child = fork(fileURLToPath(new URL('./takes-a-socket.mjs', import.meta.url)), { serialization: 'advanced' })
    let heard = ''
    child.on('message', ({ text }: { text: string }) => {
      heard += text
    })
    await once(child, 'message')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const arrived = once(server, 'connection') as Promise<[Socket]>
    const carrier = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [socket] = await arrived
    // As after an upgrade: read into the buffer, and nobody takes it yet.
    socket.read(0)
    carrier.write('two ')
    await wait(50)
    process.kill(child.pid!, 'SIGSTOP')
    handOver(child, { method: 'GET', url: '/media/x', headers: {} }, socket, Buffer.from('one '))
    for (const word of ['three ', 'four ', 'five ']) {
      carrier.write(word)
      await wait(50)
    }
    process.kill(child.pid!, 'SIGCONT')
    carrier.write('six')
    await until(() => heard.endsWith('six'))
    expect(heard).toBe('one two three four five six')
    carrier.destroy()
    server.close()
    child.kill()
  })
})
