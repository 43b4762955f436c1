// The opening handshake on the server's side: an upgrade request becomes a framed socket, or is answered with the reason
// why not. Who may connect is decided before, by the caller. `open-framed.ts` is the client's side.
import { createHash } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FramedListener, FramedOptions } from './framed.ts'
import { FramedSocket } from './framed-socket.ts'

/** Source: RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
export const VERSION = '13'
/** Sixteen bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const TOKENS = new RegExp(`^${TOKEN}(?:[ \\t]*,[ \\t]*${TOKEN})*$`)

export type UpgradeRequest = Pick<IncomingMessage, 'method' | 'headers'>

interface UpgradeRefusal {
  status: 400 | 405
  reason: string
  headers?: Record<string, string>
}

/**
 * Upgrades the connection of a request.
 * @returns null when the request was no proper upgrade: it is answered then, and the socket closed
 * @throws never
 * @source SPEC F19; RFC 6455, 4.2
 */
export function acceptUpgrade(
  request: UpgradeRequest,
  socket: Duplex,
  head: Buffer,
  listener: FramedListener,
  options: FramedOptions,
): FramedSocket | null {
  const refusal = objectionTo(request)
  if (refusal) {
    refuse(socket, refusal)
    return null
  }
  if (!socket.readable || !socket.writable) {
    socket.destroy()
    return null
  }
  socket.write(
    response('101 Switching Protocols', {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Accept': acceptKey(request.headers['sec-websocket-key'] ?? ''),
    }),
  )
  return new FramedSocket(socket, head, 'server', listener, options)
}

/** What the server answers to a client's key. Source: RFC 6455, 4.2.2. */
export function acceptKey(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64')
}

/** In the order in which `ws` looks, with its statuses. */
function objectionTo({ method, headers }: UpgradeRequest): UpgradeRefusal | null {
  if (method !== 'GET') return { status: 405, reason: 'Invalid HTTP method', headers: { Allow: 'GET' } }
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 400, reason: 'Invalid Upgrade header' }
  if (!KEY.test(headers['sec-websocket-key'] ?? ''))
    return { status: 400, reason: 'Missing or invalid Sec-WebSocket-Key header' }
  if (headers['sec-websocket-version'] !== VERSION)
    return {
      status: 400,
      reason: 'Missing or invalid Sec-WebSocket-Version header',
      headers: { 'Sec-WebSocket-Version': VERSION },
    }
  const offered = headers['sec-websocket-protocol']
  if (offered !== undefined && !isListOfTokens(offered))
    return { status: 400, reason: 'Invalid Sec-WebSocket-Protocol header' }
  return null
}

function isListOfTokens(text: string): boolean {
  if (!TOKENS.test(text)) return false
  const tokens = text.split(',').map((token) => token.trim())
  return new Set(tokens).size === tokens.length
}

function refuse(socket: Duplex, { status, reason, headers }: UpgradeRefusal): void {
  socket.once('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  const length = String(Buffer.byteLength(reason))
  const about = { Connection: 'close', 'Content-Type': 'text/plain', 'Content-Length': length, ...headers }
  socket.end(response(`${status} ${STATUS_CODES[status]}`, about) + reason)
}

function response(status: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`
}
