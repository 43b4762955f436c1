// The load of the measurement of framing, a process of its own: bare TCP connections that send media frames evenly, and a
// server that takes whatever comes. Started by framing.ts.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { acceptKey } from '../../relay/framing/handshake.ts'
import { mediaFrame } from './framing-media.ts'

export interface Load {
  port: number
  connections: number
  per_second: number
}
export interface LoadReport {
  sink_port?: number
  ready?: true
}

/** Opens to whoever asks, and forgets what they say. */
const sink = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (head) => {
    const key = /^sec-websocket-key: (.*)$/im.exec(head.toString())?.[1] ?? ''
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write([...lines, `Sec-WebSocket-Accept: ${acceptKey(key)}`, '', ''].join('\r\n'))
    socket.resume()
  })
})

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  const lines = ['GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  socket.write([...lines, `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, '', ''].join('\r\n'))
  await once(socket, 'data')
  return socket.resume()
}

/** Every frame is a write of its own, at the time it is due. */
function send(sockets: Socket[], per_second: number): void {
  const frame = mediaFrame()
  const began = performance.now()
  let sent = 0
  setInterval(() => {
    const due = ((performance.now() - began) * per_second) / 1_000
    for (; sent < due; sent++) sockets[sent % sockets.length]!.write(frame)
  }, 1)
}

sink.listen(0, '127.0.0.1', () => process.send?.({ sink_port: (sink.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
process.on('message', async ({ port, connections, per_second }: Load) => {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)))
  process.send?.({ ready: true })
  if (per_second > 0) send(sockets, per_second)
})
