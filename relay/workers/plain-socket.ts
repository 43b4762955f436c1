// An encrypted socket cannot change its process: its plain side can, through a pair of local sockets.
import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

/** @returns a socket that says and hears what `secure` does @throws when no local socket can be had */
export function plainSocket(secure: Duplex): Promise<Socket> {
  const name = randomUUID()
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\phony-${name}` : join(tmpdir(), `phony-${name}.sock`)
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true }, (handle) => {
      server.close()
      resolve(handle)
    })
    server.on('error', reject)
    server.listen(path, () => {
      const inner = connect(path)
      inner.on('error', () => secure.destroy())
      secure.on('error', () => inner.destroy())
      secure.on('close', () => inner.destroy())
      inner.on('close', () => secure.destroy())
      secure.pipe(inner).pipe(secure)
    })
  })
}
