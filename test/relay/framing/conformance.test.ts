// The conformance list (see conformance-cases.ts) on real sockets: a server and a client that echo, ours and those of
// `ws`, must all say the same. The other side is bare TCP and speaks byte by byte.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Role } from '../../../relay/framing/frame-rules.ts'
import type { Framed } from '../../../relay/framing/framed.ts'
import { acceptKey } from '../../../relay/framing/handshake.ts'
import { CASES, type ConformanceCase } from './conformance-cases.ts'
import { cutEvery, frameBytes, MASK } from './frame-bytes.ts'
import { connectRaw, deferred, echoByOurs, echoByWs, LIMITS, listen, listenRaw, openOurs, Stage } from './loopback.ts'
import { readByWs } from './readings.ts'

const whole = new Stage()
const one = new Stage()
afterEach(() => one.end())
afterAll(() => whole.end())

/** A long payload by its length and digest, so that a difference can be read. */
function inWords(kind: string, what: Buffer | string | number): string {
  if (typeof what === 'number') return `${kind} ${what}`
  const bytes = Buffer.from(what as Buffer)
  if (bytes.length <= 30) return `${kind} ${bytes.toString('latin1')}`
  return `${kind} of ${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex').slice(0, 8)}`
}

interface Answer {
  words: string
  /** Of a close frame: it comes back as it was. */
  reason: string
}

const expected = ({ answers }: ConformanceCase): string[] => answers.map(([kind, what]) => inWords(kind, what))

function agree(asked: ConformanceCase, [ours, theirs]: Answer[][]): void {
  expect(ours!.map(({ words }) => words)).toEqual(expected(asked))
  expect(ours).toEqual(theirs)
}

/** Says the case on an upgraded connection. @returns what the subject, of this role, said until it ended */
async function converse(
  wire: Socket,
  early: Buffer,
  { frames, pieces }: ConformanceCase,
  subject: Role,
): Promise<Answer[]> {
  const came = [early]
  wire.on('data', (chunk) => came.push(chunk))
  const ended = once(wire, 'end')
  const bytes = frames.map((frame) => frameBytes({ ...frame, mask: subject === 'server' ? MASK : null }))
  const all = Buffer.concat(bytes)
  for (const piece of pieces === 'together' ? [all] : pieces === 'frames' ? bytes : cutEvery(all, pieces)) {
    if (wire.readableEnded) break
    wire.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ended
  wire.end()
  const reader = subject === 'server' ? 'client' : 'server'
  const said = readByWs([Buffer.concat(came)], reader, { ...LIMITS, checks_utf8: false })
  return said.map(({ kind, code, bytes: payload }) =>
    kind === 'close'
      ? { words: inWords(kind, code), reason: `${payload}` }
      : { words: inWords(kind, payload), reason: '' },
  )
}

async function upgraded(port: number): Promise<[Socket, Buffer]> {
  const wire = await connectRaw(one, port)
  wire.setNoDelay()
  wire.write(
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
  )
  return [wire, (await untilHead(wire))[1]]
}

async function untilHead(wire: Socket): Promise<[string, Buffer]> {
  let came = Buffer.alloc(0)
  for (;;) {
    const [chunk] = (await once(wire, 'data')) as [Buffer]
    came = Buffer.concat([came, chunk])
    const end = came.indexOf('\r\n\r\n')
    if (end >= 0) return [came.subarray(0, end).toString(), came.subarray(end + 4)]
  }
}

describe('a server that echoes', () => {
  const ports = { ours: 0, ws: 0 }
  beforeAll(async () => {
    ports.ours = (await listen(whole, echoByOurs())).port
    ports.ws = (await listen(whole, echoByWs())).port
  })

  it.each(CASES)('[$id] $rule', async (asked) => {
    const said: Answer[][] = []
    for (const port of [ports.ours, ports.ws]) {
      const [wire, early] = await upgraded(port)
      said.push(await converse(wire, early, asked, 'server'))
    }
    agree(asked, said)
  })
})

describe('a client that echoes', () => {
  let wires = deferred<Socket>()
  let url = ''
  beforeAll(async () => {
    const listening = await listenRaw(whole, (wire) => {
      wire.setNoDelay()
      wires.resolve(wire)
    })
    url = listening.url
  })

  const connectOurs = () => {
    const echoing: { framed: Framed } = openOurs(
      one,
      url,
      {},
      {
        onText: (payload) => echoing.framed.sendText(payload),
        onBinary: (payload) => echoing.framed.sendBinary(payload),
      },
    )
  }
  const connectWs = () => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.on('message', (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }))
    socket.on('error', () => {})
    one.closing(socket, () => socket.terminate())
  }

  it.each(CASES)('[$id] $rule', async (asked) => {
    const said: Answer[][] = []
    for (const connect of [connectOurs, connectWs]) {
      wires = deferred()
      connect()
      const wire = await wires.promise
      const [head, early] = await untilHead(wire)
      const key = /^sec-websocket-key: (.*)$/im.exec(head)![1]!
      wire.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
      )
      said.push(await converse(wire, early, asked, 'client'))
    }
    agree(asked, said)
  })
})
