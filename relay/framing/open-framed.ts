// The opening handshake on the client's side: what connects to the model. It can be used at once like an open connection;
// until it is one, nothing is sent. Failures come as calls of the listener, never as exceptions.
//
//   opening ──101 with the right answer──▶ open (framed-socket.ts goes on from here)
//      └──another status, an error, the time limit, close() or terminate()──▶ over
import { randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { Agent, request as requestSecure } from 'node:https'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { systemClock } from '../platform/clock.ts'
import { NO_CLOSE_FRAME } from './frame-rules.ts'
import type { HotFrame } from './frame-writer.ts'
import type { Framed, FramedListener, FramedOptions } from './framed.ts'
import { FramedSocket } from './framed-socket.ts'
import { acceptKey, VERSION } from './handshake.ts'

/** An opening that fails ends with one of `onRefused` and `onError`, and then `onClose` with 1006. */
export interface OpeningListener extends FramedListener {
  onOpen(): void
  /** The server answered with this HTTP status instead of opening. */
  onRefused(status: number): void
}

export interface OpenOptions extends FramedOptions {
  /** `ws:` or `wss:`. */
  url: string
  headers: Record<string, string>
  /** From the first packet to the acceptance. */
  handshake_timeout_ms: number
  /** PEM certificates to trust instead of the system's. */
  ca?: string
}

/**
 * Opens a connection as a client.
 * @throws never; what is wrong with the address or the headers comes as `onError` too
 * @source SPEC F20; RFC 6455, 4.1
 */
export function openFramed(options: OpenOptions, listener: OpeningListener): Framed {
  return new OpeningSocket(options, listener)
}

class OpeningSocket implements Framed {
  readonly #options: OpenOptions
  readonly #listener: OpeningListener
  readonly #key = randomBytes(16).toString('base64')
  #request: ClientRequest | null = null
  #timer: { cancel(): void } | null = null
  #socket: FramedSocket | null = null
  #isOver = false

  constructor(options: OpenOptions, listener: OpeningListener) {
    this.#options = options
    this.#listener = listener
    try {
      this.#begin()
    } catch (error) {
      process.nextTick(() => this.#fail(error as Error))
    }
  }

  get isOpen(): boolean {
    return this.#socket?.isOpen ?? false
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedBytes ?? 0
  }

  sendText(text: string | Uint8Array): void {
    this.#socket?.sendText(text)
  }

  sendBinary(bytes: Uint8Array): void {
    this.#socket?.sendBinary(bytes)
  }

  sendHot(frame: HotFrame, payload: string): void {
    this.#socket?.sendHot(frame, payload)
  }

  ping(): void {
    this.#socket?.ping()
  }

  close(code?: number, reason?: string): void {
    if (this.#socket) this.#socket.close(code, reason)
    else this.terminate()
  }

  terminate(): void {
    if (this.#socket) return this.#socket.terminate()
    if (this.#isOver) return
    this.#release()
    process.nextTick(() => this.#listener.onClose(NO_CLOSE_FRAME, ''))
  }

  #begin(): void {
    const { url, headers, ca, handshake_timeout_ms, clock = systemClock } = this.#options
    const { protocol, hostname, port, pathname, search } = new URL(url)
    if (protocol !== 'ws:' && protocol !== 'wss:') throw new TypeError(`${protocol} is not an address of a WebSocket.`)
    const isSecure = protocol === 'wss:'
    const request = (isSecure ? requestSecure : requestPlain)({
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      path: pathname + search,
      agent: isSecure ? agentTrusting(ca) : false,
      headers: {
        ...headers,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': VERSION,
        'Sec-WebSocket-Key': this.#key,
      },
    })
    this.#request = request
    this.#timer = clock.setTimeout(() => this.#fail(tooLate(handshake_timeout_ms)), handshake_timeout_ms)
    request.on('error', (error) => this.#fail(withWords(error)))
    request.on('response', ({ statusCode = 0 }) => this.#giveUp(() => this.#listener.onRefused(statusCode)))
    request.on('upgrade', (response, socket, head) => this.#take(response, socket, head))
    request.end()
  }

  #take(response: IncomingMessage, socket: Duplex, head: Buffer): void {
    const objection = objectionTo(response, this.#key)
    if (objection) return this.#fail(new Error(objection))
    this.#timer?.cancel()
    this.#request = null
    this.#socket = new FramedSocket(socket, head, 'client', this.#listener, this.#options)
    this.#listener.onOpen()
  }

  #fail(error: Error): void {
    this.#giveUp(() => this.#listener.onError(error))
  }

  #giveUp(tell: () => void): void {
    if (this.#isOver || this.#socket) return
    this.#release()
    tell()
    this.#listener.onClose(NO_CLOSE_FRAME, '')
  }

  /** Destroying the request destroys its connection, upgraded or not. */
  #release(): void {
    this.#isOver = true
    this.#timer?.cancel()
    this.#request?.destroy()
  }
}

/**
 * What was last trusted, by all connections: each would make it anew otherwise (10 KB). With it the sessions of TLS, so that
 * only the first connection to a host checks its certificates: the others open at half the cost, and hold 20 KB less.
 */
let trusted: { ca: string | undefined; agent: Agent } | null = null

/** @param ca the system's when there is none @throws for what is no certificate */
function agentTrusting(ca: string | undefined): Agent {
  if (trusted?.ca === ca && trusted) return trusted.agent
  const secureContext = createSecureContext(ca === undefined ? {} : { ca })
  trusted = { ca, agent: new Agent({ keepAlive: false, secureContext }) }
  return trusted.agent
}

/**
 * Of a host with several addresses, Node's error is a list of errors with no words of its own.
 * @returns an error whose message says what happened
 * @source ours
 */
export function withWords(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error
  return new Error(error.errors.map((one: Error) => one.message).join(', '), { cause: error })
}

function tooLate(handshake_timeout_ms: number): Error {
  return new Error(`The server did not open the connection within ${handshake_timeout_ms} ms.`)
}

/** Source: RFC 6455, 4.1, the list of what a client must check. We asked for no subprotocol and no extension. */
function objectionTo({ headers }: IncomingMessage, key: string): string | null {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'The server upgraded to something else than a WebSocket.'
  if (headers['sec-websocket-accept'] !== acceptKey(key)) return 'The server accepted another key than ours.'
  if (headers['sec-websocket-protocol'] !== undefined) return 'The server chose a subprotocol nobody asked for.'
  if (headers['sec-websocket-extensions'] !== undefined) return 'The server chose an extension nobody asked for.'
  return null
}
