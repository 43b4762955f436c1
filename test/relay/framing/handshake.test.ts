// Opening a connection: what a server of ours answers, held against the one of `ws`, and what a client of ours accepts.
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { acceptKey, acceptUpgrade } from '../../../relay/framing/handshake.ts'
import { frameBytes } from './frame-bytes.ts'
import {
  connectRaw,
  deferred,
  echoByOurs,
  echoByWs,
  LIMITS,
  listen,
  type OnUpgrade,
  openWs,
  Stage,
  silent,
} from './loopback.ts'
import { ScriptedSocket } from './scripted-socket.ts'

const stage = new Stage()
afterEach(() => stage.end())

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

it('[F19] the answer to a key is the one of RFC 6455, 1.3', () => expect(acceptKey(KEY)).toBe(ACCEPT))

describe('a server', () => {
  const proper = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
  }
  interface Answer {
    status: number
    headers: Record<string, string>
  }

  /** Sends a request by hand. @returns the status and the headers of the answer */
  async function ask(onUpgrade: OnUpgrade, headers: Record<string, string | null>, method = 'GET'): Promise<Answer> {
    const { port } = await listen(stage, onUpgrade)
    const socket = await connectRaw(stage, port)
    const lines = Object.entries({ ...proper, ...headers }).filter(([, value]) => value !== null)
    socket.write(`${method} / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    const head = await headOf(socket)
    return {
      status: Number(head[0]!.split(' ')[1]),
      headers: Object.fromEntries(head.slice(1).map((line) => line.toLowerCase().split(': ') as [string, string])),
    }
  }

  const headOf = (socket: Socket): Promise<string[]> =>
    new Promise((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
        if (text.includes('\r\n\r\n')) resolve(text.split('\r\n\r\n')[0]!.split('\r\n'))
      })
    })

  const cases: [string, Record<string, string | null>, number, string?][] = [
    ['a proper request', {}, 101],
    ['another spelling of the upgrade', { Upgrade: 'WebSocket' }, 101],
    ['more than one connection option', { Connection: 'keep-alive, Upgrade' }, 101],
    [
      'an extension it does not know',
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
      101,
    ],
    ['a list of subprotocols', { 'Sec-WebSocket-Protocol': 'a, b ,c' }, 101],
    ['another method', {}, 405, 'POST'],
    ['another upgrade', { Upgrade: 'h2c' }, 400],
    ['no key', { 'Sec-WebSocket-Key': null }, 400],
    ['a key that is too short', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400],
    ['a key that is too long', { 'Sec-WebSocket-Key': `${KEY.slice(0, -2)}AA==` }, 400],
    ['a key that is no base64', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j*Q==' }, 400],
    ['no version', { 'Sec-WebSocket-Version': null }, 400],
    ['a version that does not exist', { 'Sec-WebSocket-Version': '14' }, 400],
    ['an empty list of subprotocols', { 'Sec-WebSocket-Protocol': '' }, 400],
    ['a hole in the list of subprotocols', { 'Sec-WebSocket-Protocol': 'a,,b' }, 400],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, b, a' }, 400],
    ['a subprotocol with a blank', { 'Sec-WebSocket-Protocol': 'a b' }, 400],
  ]

  it.each(cases)('[F19] asked with %s answers as ws does', async (_name, headers, status, method) => {
    const ours = await ask(echoByOurs(), headers, method)
    const theirs = await ask(echoByWs(), headers, method)
    expect(ours.status).toBe(status)
    expect(theirs.status).toBe(status)
    expect(ours.headers['sec-websocket-accept']).toBe(theirs.headers['sec-websocket-accept'])
    expect(ours.headers['content-length']).toBe(theirs.headers['content-length'])
    expect(ours.headers.connection).toBe(theirs.headers.connection)
    expect(ours.headers['sec-websocket-extensions']).toBeUndefined()
  })

  it('[F19] knows one version only, and names it', async () => {
    const { status, headers } = await ask(echoByOurs(), { 'Sec-WebSocket-Version': '8' })
    expect([status, headers['sec-websocket-version']]).toEqual([400, '13'])
  })

  it('[F19] chooses no subprotocol', async () => {
    const { headers } = await ask(echoByOurs(), { 'Sec-WebSocket-Protocol': 'a, b' })
    expect(headers['sec-websocket-protocol']).toBeUndefined()
  })

  it('[F19] opens nothing on a refusal, and closes the socket, whether the other side ends or not', async () => {
    let accepted: unknown = 'not asked'
    const gone = deferred<void>()
    const { port } = await listen(stage, (request, socket, head) => {
      socket.on('close', () => gone.resolve())
      accepted = acceptUpgrade(request, socket, head, silent, LIMITS)
    })
    const socket = await connectRaw(stage, port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await gone.promise
    expect(accepted).toBeNull()
  })

  it('[F19] opens nothing on a socket whose other side has gone already', () => {
    const socket = new ScriptedSocket()
    socket.end()
    const headers = { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' }
    expect(acceptUpgrade({ method: 'GET', headers }, socket, Buffer.alloc(0), silent, LIMITS)).toBeNull()
    expect([socket.destroyed, socket.written.length]).toEqual([true, 0])
  })

  it('hears a message that comes in one packet with the request', async () => {
    const { port } = await listen(stage, echoByOurs())
    const socket = await connectRaw(stage, port)
    const lines = Object.entries(proper).map(([name, value]) => `${name}: ${value}\r\n`)
    const early = frameBytes({ opcode: 1, payload: 'early', mask: Buffer.alloc(4) })
    socket.write(Buffer.concat([Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`), early]))
    const echo = frameBytes({ opcode: 1, payload: 'early' })
    let came = Buffer.alloc(0)
    for await (const chunk of socket) {
      came = Buffer.concat([came, chunk as Buffer])
      if (came.includes(echo)) break
    }
    expect(came.subarray(-echo.length).equals(echo)).toBe(true)
  })

  it('a client of ws opens to a server of ours, and offers what nobody takes', async () => {
    const { url } = await listen(stage, echoByOurs())
    const { socket } = await openWs(stage, url)
    expect([socket.protocol, socket.extensions]).toEqual(['', ''])
  })
})
