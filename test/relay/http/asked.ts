// A real express app on a loopback port, asked over real HTTP and closed after each test.
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler, type Router } from 'express'
import { afterEach } from 'vitest'
import { problemHandler } from '../../../relay/http/problems.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
type Json = any

export interface Answered {
  status: number
  text: string
  type: string
  json(): Json
}
export interface App {
  url: string
  get(path: string, headers?: Record<string, string>): Promise<Answered>
}

/** Called once in a test file. The app ends as the relay's does: what nobody knows is a 404 as a problem document. */
export function appsForTests() {
  const opened: Server[] = []
  afterEach(async () => {
    for (const server of opened.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
  /** @param remote_address what the sockets say where they come from; theirs when left out */
  return async (parts: (Router | RequestHandler)[], remote_address?: string): Promise<App> => {
    const app = express()
    app.set('trust proxy', 'loopback')
    for (const part of parts) app.use(part)
    app.use(() => {
      throw new RelayError('ROUTE_UNKNOWN')
    })
    app.use(problemHandler(silentLogger))
    const server = createServer(app)
    if (remote_address)
      server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: remote_address }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    opened.push(server)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { url, get: (path, headers = {}) => ask(url + path, headers) }
  }
}

/** Not `fetch`: that keeps some headers to itself. */
function ask(url: string, headers: Record<string, string>): Promise<Answered> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk: string) => {
        text += chunk
      })
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          text,
          type: res.headers['content-type'] ?? '',
          json: () => JSON.parse(text),
        }),
      )
    })
      .on('error', reject)
      .end()
  })
}
