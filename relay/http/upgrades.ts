// Sockets are let in here: the carrier's by signature, a person's by a one-time ticket or an access token, and each
// only from an origin we know. Everything is checked before the upgrade.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { CLOSE_CODES } from '../../shared/events.ts'
import type { Permission } from '../../shared/permissions.ts'
import type { Standing } from '../access/access-service.ts'
import type { Actor, TenantActor } from '../access/actor.ts'
import { isTenantActor } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import type { TakeMedia } from '../platform/ports.ts'
import { OpenSockets } from './open-sockets.ts'

export interface UpgradeDeps {
  public_url: string
  /** Its first group is the call. */
  media_path: RegExp
  isMediaSigned: (req: IncomingMessage, call_sid: string) => boolean
  takeMedia: (call_sid: string, ...media: Parameters<TakeMedia>) => void
  actorOf: (token: string) => Promise<Actor | null>
  takeTicket: (ticket: string) => Promise<Actor | null>
  /** A socket counts as a request. @throws RelayError RATE_LIMITED */
  limit: (actor: Actor) => Promise<void>
  /** Never rejects. */
  standingOf: (actor: Actor, permission: Permission) => Promise<Standing>
  /** @param wire what the socket is on */
  serveEvents: (socket: WebSocket, wire: Duplex, actor: TenantActor, last_seq: number | null) => void
  serveListening: (socket: WebSocket, wire: Duplex, actor: TenantActor, call_sid: string) => void
}

const MAX_MESSAGE_BYTES = 64 * 1024
/** Pings are answered while no more than this is unread: one who only sends them would fill the relay's memory. */
const ANSWER_PINGS_BELOW_BYTES = 64 * 1024
/** For the other side to answer a close: until then what it has not read is held. */
const CLOSED_WITHIN_MS = 2_000
const PROTOCOL = 'phony.v1'
const STANDING_CHECK_MS = 15_000
/** A console asks for new tokens after the first, and finds out by them whether it is signed out. */
const CLOSES: Record<Exclude<Standing, 'good'>, [code: number, reason: string]> = {
  sign_in_over: [CLOSE_CODES.token_over, 'the sign-in is over'],
  not_allowed: [CLOSE_CODES.wrong_tenant, 'your roles here do not include this any more'],
}
const DESKTOP_ORIGIN = 'app://console'
const LISTEN = /^\/calls\/(CA[0-9a-f]{32})\/listen$/

/** @returns what closes every socket it let in */
export function letSocketsIn(server: Server, deps: UpgradeDeps): () => void {
  const options = {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    autoPong: false,
    // Not among the types of the library.
    closeTimeout: CLOSED_WITHIN_MS,
    handleProtocols: (offered: Set<string>) => offered.has(PROTOCOL) && PROTOCOL,
  }
  const sockets = new WebSocketServer(options)
  const open = new OpenSockets()

  const accept = (req: IncomingMessage, socket: Duplex, head: Buffer, serve: (ws: WebSocket) => void) =>
    sockets.handleUpgrade(req, socket, head, (ws) => {
      ws.on('error', () => ws.terminate())
      ws.on('ping', (data) => ws.bufferedAmount < ANSWER_PINGS_BELOW_BYTES && ws.pong(data))
      serve(ws)
    })

  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    try {
      letIn(req, socket, head)
    } catch {
      // One strange request costs its own socket, never the process.
      refuse(socket, 400)
    }
  })

  function letIn(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = urlOf(req)
    if (!url) return refuse(socket, 400)
    const media_call = deps.media_path.exec(url.pathname)?.[1]
    if (media_call) {
      if (!deps.isMediaSigned(req, media_call)) return refuse(socket, 403)
      return deps.takeMedia(media_call, req, socket, head)
    }
    const listen = LISTEN.exec(url.pathname)?.[1]
    if (url.pathname !== '/events/ws' && !listen) return refuse(socket, 404)
    if (!isKnownOrigin(req, deps.public_url)) return refuse(socket, 403)
    letPersonIn(req, socket, head, url, listen).catch(() => refuse(socket, 503))
  }

  async function letPersonIn(req: IncomingMessage, socket: Duplex, head: Buffer, url: URL, listen?: string) {
    const actor = await authenticate(req, url, deps)
    if (!actor) return refuse(socket, 401)
    const needed = listen ? 'calls.monitor' : 'calls.read'
    const wait_seconds = await overLimit(actor, deps)
    if (wait_seconds !== null) return refuse(socket, 429, 'Too many requests.', `Retry-After: ${wait_seconds}\r\n`)
    if (!isTenantActor(actor) || !actor.permissions.includes(needed)) return refuse(socket, 403)
    const standing = await deps.standingOf(actor, needed)
    if (socket.destroyed) return
    const full = open.take(socket, actor)
    if (full) return refuse(socket, 429, full)
    accept(req, socket, head, (ws) => {
      const tenant = url.searchParams.get('tenant_id')
      if (tenant !== null && tenant !== actor.scope.tenant_id)
        return ws.close(CLOSE_CODES.wrong_tenant, 'not your tenant')
      if (standing !== 'good') return ws.close(...CLOSES[standing])
      closeWhenNotAllowed(ws, actor, needed, deps)
      if (listen) return void (open.listen(ws, actor, listen) && deps.serveListening(ws, socket, actor, listen))
      deps.serveEvents(ws, socket, actor, lastSeq(url))
    })
  }

  return () => {
    for (const socket of sockets.clients) socket.close(1001, 'the relay is stopping')
    sockets.close()
  }
}

/** A socket outlives its ticket, but not the sign-in, the role, the membership or the tenant it was opened by. */
function closeWhenNotAllowed(ws: WebSocket, actor: Actor, needed: Permission, deps: UpgradeDeps): void {
  const check = setInterval(async () => {
    const standing = await deps.standingOf(actor, needed)
    if (standing !== 'good') ws.close(...CLOSES[standing])
  }, STANDING_CHECK_MS)
  ws.on('close', () => clearInterval(check))
}

/** A ticket in the query or as a sub-protocol (it opens one socket, once), or the Authorization header. */
async function authenticate(req: IncomingMessage, url: URL, deps: UpgradeDeps): Promise<Actor | null> {
  const bearer = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '')?.[1]
  if (bearer) return deps.actorOf(bearer)
  const offered = (req.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const ticket =
    url.searchParams.get('ticket') ?? offered.find((name) => name.startsWith('ticket.'))?.slice('ticket.'.length)
  return ticket ? deps.takeTicket(ticket) : null
}

/** @returns seconds to wait; null for one who is within the limit of their tenant */
async function overLimit(actor: Actor, { limit }: UpgradeDeps): Promise<number | null> {
  try {
    await limit(actor)
    return null
  } catch (error) {
    if (error instanceof RelayError && error.code === 'RATE_LIMITED') return error.details.retry_after_seconds ?? 1
    throw error
  }
}

function lastSeq(url: URL): number | null {
  const given = url.searchParams.get('last_seq')
  return given !== null && /^\d{1,16}$/.test(given) ? Number(given) : null
}

/** Null for a request line that is no path: anyone may send one. */
function urlOf(req: IncomingMessage): URL | null {
  try {
    return new URL(req.url ?? '/', 'http://relay')
  } catch {
    return null
  }
}

/** Programs send no origin; pages must come from the console. */
function isKnownOrigin(req: IncomingMessage, public_url: string): boolean {
  const { origin, host } = req.headers
  if (origin === undefined || origin === DESKTOP_ORIGIN || origin === new URL(public_url).origin) return true
  return origin === `http://${host}` || origin === `https://${host}`
}

/** @param headers each with its end of line */
function refuse(socket: Duplex, status: 400 | 401 | 403 | 404 | 429 | 503, detail = '', headers = ''): void {
  const words = {
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    429: 'Too Many Requests',
    503: 'Service Unavailable',
  }[status]
  // A peer that keeps its half open would hold the descriptor for ever.
  socket.once('finish', () => socket.destroy())
  const length = Buffer.byteLength(detail)
  socket.end(`HTTP/1.1 ${status} ${words}\r\n${headers}Connection: close\r\nContent-Length: ${length}\r\n\r\n${detail}`)
}
