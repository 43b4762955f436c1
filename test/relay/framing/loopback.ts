// Servers and clients on real sockets of this machine, ours and those of `ws`, that can stand for each other.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createRawServer,
  type Server as RawServer,
  type Socket,
} from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { Framed, FramedListener, FramedOptions } from '../../../relay/framing/framed.ts'
import type { OpeningListener, OpenOptions } from '../../../relay/framing/open-framed.ts'
import { WIRES, type WireName } from '../../../relay/framing/wire.ts'
import { selfSigned } from './certificate.ts'

/** Of fragments as many as when nothing is said. */
export const LIMITS = { max_message_bytes: 64 * 1024 * 1024, checks_utf8: true }

/** What was opened in a test and is to be closed after it, the last first. */
export class Stage {
  #closers: (() => Promise<void> | void)[] = []

  closing<T>(thing: T, close: (thing: T) => Promise<void> | void): T {
    this.#closers.push(() => close(thing))
    return thing
  }

  async end(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}

export type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void
export interface Listening {
  url: string
  port: number
  server: Server
  /** Trusts the certificate, on a secure server. */
  ca?: string
}

interface Deferred<T> {
  promise: Promise<T>
  resolve(value: T): void
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

let certificate: { key: string; cert: string } | null = null
export const theCertificate = () => {
  certificate ??= selfSigned()
  return certificate
}

/** An HTTP server whose upgrades go to `onUpgrade`. */
export async function listen(stage: Stage, onUpgrade: OnUpgrade, isSecure = false): Promise<Listening> {
  const { key, cert } = isSecure ? theCertificate() : { key: '', cert: '' }
  const server = isSecure ? createSecureServer({ key, cert }) : createServer()
  server.on('upgrade', onUpgrade)
  const sockets = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => sockets.add(socket))
  const port = await listening(server)
  stage.closing(server, () => closed(server, sockets))
  return {
    url: `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}/stream?a=1`,
    port,
    server,
    ...(isSecure && { ca: cert }),
  }
}

/** A server of bare TCP. */
export async function listenRaw(stage: Stage, onConnection: (socket: Socket) => void): Promise<{ url: string }> {
  const sockets = new Set<Duplex>()
  const server = createRawServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  const port = await listening(server)
  stage.closing(server, () => closed(server, sockets))
  return { url: `ws://127.0.0.1:${port}/` }
}

const listening = (server: RawServer | Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))

const closed = (server: RawServer | Server, sockets: Set<Duplex>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })

/**
 * A wire that a test can cut, between a client and the server of `port`.
 * @param onWire given the end of each connection that the client has
 */
export async function wireTo(stage: Stage, port: number, onWire: (wire: Socket) => void): Promise<{ url: string }> {
  return listenRaw(stage, (wire) => {
    const server = connect({ port, host: '127.0.0.1' })
    stage.closing(server, () => void server.destroy())
    server.on('error', () => wire.resetAndDestroy())
    wire.on('error', () => server.resetAndDestroy())
    wire.on('close', () => server.resetAndDestroy())
    wire.pipe(server).pipe(wire)
    onWire(wire)
  })
}

/** Bare TCP to a server. */
export function connectRaw(stage: Stage, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => resolve(socket))
    socket.once('error', reject)
    socket.on('error', () => {})
    stage.closing(socket, () => void socket.destroy())
  })
}

/** Hears everything and does nothing. */
export const silent: FramedListener = { onText() {}, onBinary() {}, onPong() {}, onError() {}, onClose() {} }

/** Answers every message with itself, by ours or by what a setting falls back to. `meet` is given each connection. */
export function echoByOurs(
  meet: (framed: Framed) => void = () => {},
  options: Partial<FramedOptions> = {},
  own: Partial<FramedListener> = {},
  wire = WIRES.own,
): OnUpgrade {
  return (request, socket, head) => {
    const listener: FramedListener = {
      ...silent,
      onText: (payload) => framed?.sendText(payload),
      onBinary: (payload) => framed?.sendBinary(payload),
      ...own,
    }
    const framed = wire.accept(request, socket, head, listener, { ...LIMITS, ...options })
    if (framed) meet(framed)
  }
}

export const echoBy = (framing: WireName): OnUpgrade => echoByOurs(() => {}, {}, {}, WIRES[framing])

/** The same by `ws` itself. */
export function echoByWs(meet: (socket: WebSocket) => void = () => {}, checks_utf8 = true): OnUpgrade {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.max_message_bytes,
    skipUTF8Validation: !checks_utf8,
  })
  return (request, socket, head) =>
    server.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('message', (data: Buffer, isBinary) => accepted.send(data, { binary: isBinary }))
      accepted.on('error', () => {})
      meet(accepted)
    })
}

export interface Opened {
  framed: Framed
  heard: string[]
  messages: Buffer[]
  opened: Promise<void>
  closed: Promise<string>
}

/** A client, of ours or of what a setting falls back to, that writes down what it hears. */
export function openOurs(
  stage: Stage,
  url: string,
  options: Partial<OpenOptions> = {},
  own: Partial<OpeningListener> = {},
  wire = WIRES.own,
): Opened {
  const heard: string[] = []
  const messages: Buffer[] = []
  const opened = deferred<void>()
  const closed = deferred<string>()
  const say = (what: string) => void heard.push(what)
  const framed = wire.open(
    { url, headers: {}, handshake_timeout_ms: 5_000, ...LIMITS, ...options },
    {
      onOpen: () => {
        say('open')
        opened.resolve()
      },
      onRefused: (status) => say(`refused ${status}`),
      onText: (payload) => void messages.push(Buffer.from(payload)),
      onBinary: (payload) => void messages.push(Buffer.from(payload)),
      onPong: () => say('pong'),
      onError: (error) => say(`error ${error.message}`),
      onClose: (code, reason) => {
        say(`close ${code} ${reason}`.trim())
        closed.resolve(`${code} ${reason}`.trim())
      },
      ...own,
    },
  )
  stage.closing(framed, () => framed.terminate())
  return { framed, heard, messages, opened: opened.promise, closed: closed.promise }
}

export interface OpenedWs {
  socket: WebSocket
  messages: Buffer[]
  closed: Promise<string>
}

/** A client of `ws`, open. */
export function openWs(stage: Stage, url: string, ca?: string): Promise<OpenedWs> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...(ca !== undefined && { ca }) })
  const messages: Buffer[] = []
  const closed = new Promise<string>((told) => socket.on('close', (code, reason) => told(`${code} ${reason}`.trim())))
  socket.on('message', (data: Buffer) => void messages.push(data))
  stage.closing(socket, () => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, messages, closed }))
    socket.on('error', reject)
  })
}
