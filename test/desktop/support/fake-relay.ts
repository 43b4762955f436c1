// The fake floor behind real HTTP and real sockets, as a relay would offer it: for what the page's fake Bridge replaces.
// Routes are a loop over the contract; sign-in, tickets and sockets are done here.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Request, Response } from 'express'
import express from 'express'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Reply } from '../../../shared/bridge.ts'
import type { Me, SignedIn } from '../../../shared/contract/access.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import { HEARTBEAT_MS } from '../../../shared/events.ts'
import type { Route } from '../../../shared/route.ts'
import type { RouteName } from '../../../shared/routes.ts'
import { ROUTES } from '../../../shared/routes.ts'
import { type FakeEvent, problemOf } from './fake-answers.ts'
import { fakeBridge } from './fake-bridge.ts'
import { TENANT_ID } from './fake-floor.ts'

export interface FakeRelay {
  readonly url: string
  /** Every token and ticket that was ever given out. */
  readonly secrets: readonly string[]
  /** Names of the routes that were asked, in order. */
  readonly asked: readonly RouteName[]
  /** Consoles on the event socket now. */
  readonly consoles: number
  say(...events: FakeEvent[]): void
  /** Mu-law to everybody who listens: byte 0 speaker, 1 kind, 4 to 7 milliseconds, then the sound. */
  hear(speaker: 0 | 1, at_ms: number, mulaw: Uint8Array): void
  /** As if the network went away. */
  dropSockets(): void
  close(): Promise<void>
}

const PASSWORD = 'demo'

export async function startFakeRelay(): Promise<FakeRelay> {
  const floor = fakeBridge({ signed_in: false })
  const secrets: string[] = []
  const asked: RouteName[] = []
  const good = { access: new Set<string>(), refresh: new Set<string>(), tickets: new Set<string>() }
  const log: RelayEvent[] = []
  const consoles = new Set<WebSocket>()
  const listeners = new Set<WebSocket>()
  let me: Me | null = null

  const secret = (kind: keyof typeof good) => {
    const made = `${kind}-${randomBytes(18).toString('hex')}`
    secrets.push(made)
    good[kind].add(made)
    return made
  }
  const signedIn = (who: Me): SignedIn => {
    me = who
    const { user, tenant_id, tenants } = who
    return {
      access_token: secret('access'),
      refresh_token: secret('refresh'),
      expires_in: 900,
      user,
      tenant_id,
      tenants,
    }
  }
  const own: { [N in RouteName]?: (body: Record<string, string>) => Promise<Reply<unknown>> } = {
    login: async ({ email = '', password = '' }) => {
      const reply = await floor.signIn({ email, password })
      return reply.ok ? { ok: true, value: signedIn(reply.value) } : reply
    },
    refresh: async ({ refresh_token = '' }) =>
      me && good.refresh.delete(refresh_token)
        ? { ok: true, value: signedIn(me) }
        : { ok: false, problem: problemOf('REFRESH_REFUSED', 'Sign in again.') },
    logout: async ({ refresh_token = '' }) => {
      good.refresh.delete(refresh_token)
      return { ok: true, value: undefined }
    },
    getMe: async () => ({ ok: true, value: me }),
    createTicket: async () => ({ ok: true, value: { ticket: secret('tickets'), expires_in: 30 } }),
  }

  const app = express()
  app.use(express.json())
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    app[route.method](route.path, async (req: Request, res: Response) => {
      asked.push(name)
      const token = req.headers.authorization?.replace('Bearer ', '') ?? ''
      if (route.permission !== 'public' && !good.access.has(token)) {
        return answer(res, route, { ok: false, problem: problemOf('NOT_SIGNED_IN', 'Sign in first.') })
      }
      // What came over the wire is of the route's form only by the sender's word; the floor does not look closer.
      const input = { params: req.params, query: req.query, body: req.body ?? {} } as never
      answer(res, route, await (own[name]?.(req.body) ?? floor.request(name, input)))
    })
  }

  const server = createServer(app)
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'phony.v1' })
  server.on('upgrade', (req, raw, head) => {
    const url = new URL(req.url ?? '/', 'http://relay')
    const ticket = /ticket\.(\S+)/.exec(req.headers['sec-websocket-protocol'] ?? '')?.[1] ?? ''
    if (req.headers.origin !== 'app://console' || !good.tickets.delete(ticket)) return raw.destroy()
    sockets.handleUpgrade(req, raw, head, (socket) =>
      url.pathname === '/events/ws' ? tellEvents(socket, url) : held(listeners, socket),
    )
  })
  const notice = (socket: WebSocket, event_type: 'socket.ready' | 'socket.heartbeat') =>
    socket.send(JSON.stringify({ event_type, tenant_id: TENANT_ID, last_seq: lastSeq(), at: new Date().toISOString() }))
  const lastSeq = () => log.at(-1)?.seq ?? 100
  const tellEvents = (socket: WebSocket, url: URL) => {
    const last_seq = url.searchParams.get('last_seq')
    notice(socket, 'socket.ready')
    for (const event of log) {
      if (last_seq !== null && event.seq > Number(last_seq)) socket.send(JSON.stringify(event))
    }
    held(consoles, socket)
  }
  const heartbeat = setInterval(() => {
    for (const socket of consoles) notice(socket, 'socket.heartbeat')
  }, HEARTBEAT_MS)
  floor.subscribe((message) => {
    if (message.type !== 'events') return
    log.push(...message.events)
    for (const socket of consoles) for (const event of message.events) socket.send(JSON.stringify(event))
  })

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    asked,
    get consoles() {
      return consoles.size
    },
    say: floor.say,
    hear(speaker, at_ms, mulaw) {
      const header = Buffer.alloc(8)
      header[0] = speaker
      header.writeUInt32BE(at_ms, 4)
      for (const socket of listeners) socket.send(Buffer.concat([header, mulaw]))
    },
    dropSockets: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    close() {
      clearInterval(heartbeat)
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      return new Promise((closed) => server.close(() => closed()))
    },
  }
}

/** What the demo's users sign in with. */
export const DANA_SIGN_IN = { email: 'dana@acme.example', password: PASSWORD }

function held(set: Set<WebSocket>, socket: WebSocket): void {
  set.add(socket)
  socket.on('close', () => set.delete(socket))
}

function answer(res: Response, route: Route, reply: Reply<unknown>): void {
  if (!reply.ok) res.status(reply.problem.status).json(reply.problem)
  else if (route.response === null) res.status(204).end()
  else res.status(route.status ?? 200).json(reply.value)
}
