// A socket changes its process with every byte: what was read here goes along, and nothing is read here after that.
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { UpgradeRequest } from '../platform/ports.ts'
import type { MediaMessage } from './link-methods.ts'

/** @param head what of the first frames came together with the request */
export function handOver(child: ChildProcess, request: UpgradeRequest, socket: Socket, head: Buffer): void {
  socket.removeAllListeners('error')
  const rest = socket.read() as Buffer | null
  stopReading(socket)
  const { method, url, headers } = request
  const message: MediaMessage = {
    media: { request: { method, url, headers }, head: rest ? Buffer.concat([head, rest]) : head },
  }
  child.send(message, socket, {}, (error) => error && socket.destroy())
}

/**
 * Until the other process says that it has the socket, Node goes on reading here and throws away what it reads. There is
 * no public way to stop it: `pause` only stops the stream above.
 * @source Node, lib/internal/child_process.js, handleConversion of net.Socket
 */
function stopReading(socket: Socket): void {
  const { _handle: handle } = socket as Socket & { _handle?: { reading: boolean; readStop(): number } | null }
  if (!handle) return
  handle.reading = false
  handle.readStop()
}
