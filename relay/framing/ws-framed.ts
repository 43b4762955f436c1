// The same connection by the library `ws`: what a setting falls back to, and what the bench compares with.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../platform/clock.ts'
import { FrameCount } from './frame-count.ts'
import { FrameRefusal } from './frame-rules.ts'
import type { HotFrame } from './frame-writer.ts'
import type { Framed, FramedListener, FramedOptions } from './framed.ts'
import type { UpgradeRequest } from './handshake.ts'
import type { OpeningListener, OpenOptions } from './open-framed.ts'

/** @throws never */
export function acceptByLibrary(
  request: UpgradeRequest,
  socket: Duplex,
  head: Buffer,
  listener: FramedListener,
  options: FramedOptions,
): Framed | null {
  let framed: Framed | null = null
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.max_message_bytes,
    skipUTF8Validation: options.checks_utf8 === false,
  })
  // Of the request it reads what an upgrade request has wherever it came in; it calls back at once, or not at all.
  server.handleUpgrade(request as IncomingMessage, socket, head, (ws) => {
    framed = tell(ws, listener, options)
  })
  return framed
}

/** @throws never; what is wrong with the address or the headers comes as `onError` too */
export function openByLibrary(options: OpenOptions, listener: OpeningListener): Framed {
  try {
    const ws = new WebSocket(options.url, {
      headers: options.headers,
      perMessageDeflate: false,
      maxPayload: options.max_message_bytes,
      handshakeTimeout: options.handshake_timeout_ms,
      skipUTF8Validation: options.checks_utf8 === false,
      ...(options.ca ? { ca: options.ca } : {}),
    })
    ws.on('open', () => listener.onOpen())
    let isRefused = false
    ws.on('unexpected-response', (_request, response) => {
      isRefused = true
      response.resume()
      listener.onRefused(response.statusCode ?? 0)
      ws.terminate()
    })
    return tell(ws, { ...pick(listener), onError: (error) => isRefused || listener.onError(error) }, options)
  } catch (error) {
    process.nextTick(() => {
      listener.onError(error as Error)
      listener.onClose(1006, '')
    })
    return NEVER_OPEN
  }
}

const pick = (listener: FramedListener): FramedListener => ({
  onText: (payload) => listener.onText(payload),
  onBinary: (payload) => listener.onBinary(payload),
  onPong: (payload) => listener.onPong(payload),
  onError: (error) => listener.onError(error),
  onClose: (code, reason) => listener.onClose(code, reason),
})

function tell(ws: WebSocket, listener: FramedListener, { rate, clock = systemClock }: FramedOptions): Framed {
  const count = rate ? new FrameCount(rate, clock) : null
  let isTooMuch = false
  /** The library does not say how many fragments a message had: they are bounded for each message, by itself. */
  const takes = (): boolean => {
    if (isTooMuch || count?.takes() !== false) return !isTooMuch
    isTooMuch = true
    const refusal = new FrameRefusal('too_many_frames')
    ws.close(refusal.close_code)
    ws.emit('error', refusal)
    return false
  }
  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (takes()) isBinary ? listener.onBinary(data) : listener.onText(data)
  })
  ws.on('ping', takes)
  ws.on('pong', (data: Buffer) => takes() && listener.onPong(data))
  ws.on('error', (error) => {
    listener.onError(error)
    ws.terminate()
  })
  ws.on('close', (code, reason) => listener.onClose(code, reason.toString()))
  const isOpen = (): boolean => ws.readyState === WebSocket.OPEN
  return {
    get isOpen() {
      return isOpen()
    },
    get bufferedBytes() {
      return ws.bufferedAmount
    },
    sendText: (text) => void (isOpen() && ws.send(text, { binary: false })),
    sendBinary: (bytes) => void (isOpen() && ws.send(bytes, { binary: true })),
    sendHot: (frame: HotFrame, payload) => {
      if (isOpen()) ws.send(Buffer.concat([frame.head, Buffer.from(payload), frame.tail]), { binary: false })
    },
    ping: () => void (isOpen() && ws.ping()),
    close(code, reason) {
      if (ws.readyState === WebSocket.CONNECTING) ws.terminate()
      else ws.close(code, reason)
    },
    terminate: () => ws.terminate(),
  }
}

const NEVER_OPEN: Framed = {
  isOpen: false,
  bufferedBytes: 0,
  sendText: () => {},
  sendBinary: () => {},
  sendHot: () => {},
  ping: () => {},
  close: () => {},
  terminate: () => {},
}
