// The least of WebSocket that a generator of load needs, on bare sockets: no checks, no copies that can be spared. It is
// apart from the product's own framing on purpose: a fault there must not be answered by the same fault here.
import { createHash, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export const TEXT = 1
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** All four bytes of a mask are this one: unmasking costs the bridge the same, and writing into a masked frame is easy. */
export const MASK = 0x37
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** @returns one whole frame */
export function frameOf(opcode: number, payload: Buffer | string, masked: boolean): Buffer {
  const body = Buffer.from(payload)
  const head = body.length < 126 ? Buffer.alloc(2) : Buffer.alloc(body.length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  if (head.length === 2) head[1] = body.length
  if (head.length === 4) head.writeUInt16BE(body.length, 2)
  if (head.length === 10) head.writeUInt32BE(body.length, 6)
  if (head.length > 2) head[1] = head.length === 4 ? 126 : 127
  if (!masked) return Buffer.concat([head, body])
  head[1] = head[1]! | 0x80
  for (let i = 0; i < body.length; i++) body[i] = body[i]! ^ MASK
  return Buffer.concat([head, Buffer.alloc(4, MASK), body])
}

export type OnFrame = (opcode: number, payload: Buffer) => void

/** Cuts what comes in into frames. A payload is a view that is over when the call returns. */
export class FrameCutter {
  #rest: Buffer | null = null

  push(chunk: Buffer, onFrame: OnFrame): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = 0
    for (;;) {
      const frame = this.#headAt(bytes, at)
      if (!frame || frame.end > bytes.length) break
      const payload = bytes.subarray(frame.begin, frame.end)
      if (frame.mask_at > 0) unmask(payload, bytes, frame.mask_at)
      onFrame(bytes[at]! & 15, payload)
      at = frame.end
    }
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null
  }

  #headAt(bytes: Buffer, at: number): { mask_at: number; begin: number; end: number } | null {
    if (bytes.length < at + 2) return null
    const short = bytes[at + 1]! & 127
    const isMasked = (bytes[at + 1]! & 128) !== 0
    const after_length = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    const begin = after_length + (isMasked ? 4 : 0)
    if (bytes.length < begin) return null
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readUInt32BE(at + 6)
    return { mask_at: isMasked ? after_length : 0, begin, end: begin + length }
  }
}

function unmask(payload: Buffer, bytes: Buffer, mask_at: number): void {
  const [a, b, c, d] = [bytes[mask_at]!, bytes[mask_at + 1]!, bytes[mask_at + 2]!, bytes[mask_at + 3]!]
  const whole = payload.length & ~3
  for (let i = 0; i < whole; i += 4) {
    payload[i] = payload[i]! ^ a
    payload[i + 1] = payload[i + 1]! ^ b
    payload[i + 2] = payload[i + 2]! ^ c
    payload[i + 3] = payload[i + 3]! ^ d
  }
  for (let i = whole; i < payload.length; i++) payload[i] = payload[i]! ^ bytes[mask_at + (i & 3)]!
}

/** Collects what comes until the empty line, then says what it was and what followed. */
function untilHead(socket: Socket, onHead: (head: string, rest: Buffer) => void): void {
  let bytes = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return
    socket.off('data', read)
    onHead(bytes.toString('latin1', 0, end), bytes.subarray(end + 4))
  }
  socket.on('data', read)
}

/** Connects as a client. @throws (rejects) with the first line of an answer that is no upgrade */
export function openSocket(url: string, headers: Record<string, string>): Promise<{ socket: Socket; rest: Buffer }> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('The socket was closed before it was upgraded.')))
    untilHead(socket, (head, rest) => {
      if (/^HTTP\/1\.1 101 /.test(head)) resolve({ socket, rest })
      else reject(new Error(`The upgrade was answered with ${head.split('\r\n')[0]}.`))
    })
  })
}

/** Answers an upgrade as a server. */
export function acceptSocket(socket: Socket, onOpen: (rest: Buffer) => void): void {
  socket.setNoDelay(true)
  untilHead(socket, (head, rest) => {
    const key = /^sec-websocket-key:\s*(\S+)/im.exec(head)?.[1] ?? ''
    const accept = createHash('sha1')
      .update(key + GUID)
      .digest('base64')
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'))
    onOpen(rest)
  })
}
