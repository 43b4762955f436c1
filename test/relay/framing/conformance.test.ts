// The conformance list (see conformance-cases.ts) on real sockets: a server and a client that echo, by both framings, must
// all say the same. The other side is bare TCP and speaks byte by byte.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '../../../relay/framing/frame-rules.ts'
import type { Framed } from '../../../relay/framing/framed.ts'
import { acceptKey } from '../../../relay/framing/handshake.ts'
import { WIRES, type WireName } from '../../../relay/framing/wire.ts'
import { CASES, type ConformanceCase } from './conformance-cases.ts'
import { cutEvery, frameBytes, MASK } from './frame-bytes.ts'
import { connectRaw, deferred, echoBy, LIMITS, listen, listenRaw, openOurs, Stage } from './loopback.ts'
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

const FRAMINGS: WireName[] = ['own', 'ws']

function agree(asked: ConformanceCase, [own, ws]: Answer[][]): void {
  expect(own!.map(({ words }) => words)).toEqual(expected(asked))
  expect(ws).toEqual(own)
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
  const said = readByWs([Buffer.concat(came)], reader, { ...LIMITS, max_fragments: 1, checks_utf8: false })
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
  const ports: number[] = []
  beforeAll(async () => {
    for (const framing of FRAMINGS) ports.push((await listen(whole, echoBy(framing))).port)
  })

  it.each(CASES)('[$id] $rule', async (asked) => {
    const said: Answer[][] = []
    for (const port of ports) {
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

  const connect = (framing: WireName): void => {
    const echoing: { framed: Framed } = openOurs(
      one,
      url,
      {},
      {
        onText: (payload) => echoing.framed.sendText(payload),
        onBinary: (payload) => echoing.framed.sendBinary(payload),
      },
      WIRES[framing],
    )
  }

  it.each(CASES)('[$id] $rule', async (asked) => {
    const said: Answer[][] = []
    for (const framing of FRAMINGS) {
      wires = deferred()
      connect(framing)
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
