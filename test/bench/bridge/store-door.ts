// What stands before a MongoDB, so that it can be made to stand still: passes bytes on, or keeps them.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface StoreDoor {
  /** For the relay. */
  url: string
  /** From now on nothing passes. @returns what lets it pass again */
  stop(): () => void
  close(): void
}

/** @param url of the MongoDB, one server @throws for what is no address */
export async function openStoreDoor(url: string): Promise<StoreDoor> {
  const behind = new URL(url)
  const sockets = new Set<Socket>()
  let isStopped = false
  const server = createServer((outer) => {
    const inner = connect(Number(behind.port || 27_017), behind.hostname)
    for (const socket of [outer, inner]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    outer.pipe(inner).pipe(outer)
    if (isStopped) for (const socket of [outer, inner]) socket.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const front = new URL(url)
  front.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  front.searchParams.set('directConnection', 'true')
  return {
    url: front.href,
    stop() {
      isStopped = true
      for (const socket of sockets) socket.pause()
      return () => {
        isStopped = false
        for (const socket of sockets) socket.resume()
      }
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
