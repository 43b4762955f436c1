// The port: taken before anything else is opened, because the relay's own address is part of what the carrier signs.
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

const CLOSED_WITHIN_MS = 250
/** For a whole request: half of one holds memory, and no client of ours needs so long. */
const REQUEST_WITHIN_MS = 15_000
/**
 * With those of the carrier's sound, unless a worker has them. Far over what one relay carries: hundreds of calls, and
 * some consoles for each. An idle one takes about 10 kB (measured), so whoever has not signed in and opens them all takes
 * 200 MB. The sockets of people who have may hold more each, and are counted (open-sockets.ts, wire-queue.ts).
 */
const MOST_CONNECTIONS = 20_000

export interface ListenOptions {
  port: number
  /** Undefined: every address of this machine. */
  host?: string
  tls: { cert: string; key: string } | null
}
export interface Listening {
  server: Server
  url: string
  /** Answers from now on; until then whoever knocks is told to come again. */
  answer(app: RequestListener): void
  close(): Promise<void>
}

/** @throws with one sentence when the port is taken or not allowed, or the certificate cannot be read */
export async function listen({ port, host, tls }: ListenOptions): Promise<Listening> {
  const times = {
    requestTimeout: REQUEST_WITHIN_MS,
    headersTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: 5_000,
  }
  const server: Server = tls ? createTlsServer({ ...readTls(tls), ...times }) : createServer(times)
  server.maxConnections = MOST_CONNECTIONS
  let app: RequestListener = (_req, res) => void res.writeHead(503, { 'Retry-After': '1' }).end()
  server.on('request', (req, res) => app(req, res))
  const url = await new Promise<string>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(sentenceOf(error, port), { cause: error })))
    server.listen(port, host, () => {
      resolve(`${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
  return {
    server,
    url,
    answer: (handler) => {
      app = handler
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        // A server that has handed a socket to a process which has ended since does not say that it is closed.
        setTimeout(resolve, CLOSED_WITHIN_MS)
      }),
  }
}

function readTls({ cert, key }: { cert: string; key: string }): { cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' } {
  const read = (name: string, file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (cause) {
      throw new Error(`${name}: ${file} cannot be read.`, { cause })
    }
  }
  return { cert: read('TLS_CERT', cert), key: read('TLS_KEY', key), minVersion: 'TLSv1.2' }
}

function sentenceOf(error: NodeJS.ErrnoException, port: number): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program. Set PORT to a free one.`
  if (error.code === 'EACCES') return `Port ${port} may not be used by this user. Set PORT to one above 1023.`
  return `The relay cannot listen on port ${port}: ${error.message}`
}
