// The rules of writing: the bytes of the RFC's examples, and that another reader understands every frame.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMask } from '../../../relay/framing/frame-mask.ts'
import type { Role } from '../../../relay/framing/frame-rules.ts'
import { closeBody, FrameWriter, HotFrame } from '../../../relay/framing/frame-writer.ts'
import { Room } from '../../../relay/framing/room.ts'
import { type Limits, type Reading, readByOurs, readByWs } from './readings.ts'

const LIMITS: Limits = { max_message_bytes: 2 ** 20, max_fragments: 10, checks_utf8: true }
const server = new FrameWriter('server')
const client = new FrameWriter('client')
const other = (role: Role): Role => (role === 'server' ? 'client' : 'server')

/** What the other side reads, by the reader of `ws`. */
const heard = (frame: Buffer, writer: Role): Reading[] => readByWs([Buffer.from(frame)], other(writer), LIMITS)

describe('frames of a server', () => {
  it.each([
    ['a text', server.text('Hello'), '810548656c6c6f'],
    ['a text of bytes', server.text(Buffer.from('Hello')), '810548656c6c6f'],
    ['a pong', server.pong(Buffer.from('Hello')), '8a0548656c6c6f'],
    ['a ping', server.ping(), '8900'],
    ['a close without a code', server.close(closeBody()), '8800'],
    ['a close with a reason', server.close(closeBody(1001, 'bye')), '880503e9627965'],
  ])('[F12] %s is the bytes of RFC 6455', (_name, frame, hex) => expect(frame.toString('hex')).toBe(hex))

  it.each([
    [125, '827d'],
    [126, '827e007e'],
    [65_535, '827effff'],
    [65_536, '827f0000000000010000'],
  ])('a payload of %i bytes begins with the shortest length that fits', (length, head) => {
    const frame = server.binary(Buffer.alloc(length, 1))
    expect(frame.subarray(0, head.length / 2).toString('hex')).toBe(head)
    expect(frame.length).toBe(head.length / 2 + length)
  })
})

describe('hot frames', () => {
  const hot = new HotFrame('{"event":"media","streamSid":"MZ→1","media":{"payload":"', '"}}')
  const payloads = ['', 'AA==', Buffer.alloc(160, 0x7f).toString('base64'), 'A'.repeat(70_000)]

  it.each(payloads)('[F12] are one buffer that reads as head, payload and tail', (payload) => {
    const whole = `{"event":"media","streamSid":"MZ→1","media":{"payload":"${payload}"}}`
    expect(server.hot(hot, payload).equals(server.text(whole))).toBe(true)
    for (const role of ['server', 'client'] as const) {
      const frame = new FrameWriter(role).hot(hot, payload)
      expect(heard(frame, role).map(({ kind, bytes }) => `${kind} ${bytes}`)).toEqual([`text ${whole}`])
    }
  })

  it('are the same in a room that is used again, also one they are too long for', () => {
    const room = new Room(512)
    for (let length = 0; length < 600; length++) {
      const payload = 'AbC/'.repeat(150).slice(0, length)
      for (const role of ['server', 'client'] as const) {
        const [reading] = heard(new FrameWriter(role).hot(hot, payload, room), role)
        expect(`${reading!.bytes}`).toBe(`{"event":"media","streamSid":"MZ→1","media":{"payload":"${payload}"}}`)
      }
    }
  })
})

describe('masks', () => {
  const mask = (frame: Buffer) => frame.readUInt32BE(2)

  it('[F13] a client masks every frame anew, and the same text never looks the same', () => {
    const frames = Array.from({ length: 1_000 }, () => client.text('hello'))
    expect(new Set(frames.map(mask)).size).toBeGreaterThan(990)
    for (const frame of frames) expect(frame[1]! & 0x80).toBe(0x80)
  })

  it('[F13] two clients do not share masks', () => {
    const masks = (writer: FrameWriter) => Array.from({ length: 300 }, () => mask(writer.text('a')))
    const first = new Set(masks(new FrameWriter('client')))
    expect(masks(new FrameWriter('client')).filter((value) => first.has(value)).length).toBeLessThan(3)
  })

  it('[F13] a server never masks', () => expect(server.text('hello')[1]! & 0x80).toBe(0))

  it('are laid over every byte and no other, at any place in memory and of any length', () => {
    for (const length of [...Array(70).keys(), 255, 256, 257, 258, 259, 260, 430, 1_001]) {
      for (let place = 0; place < 8; place++) {
        const frame = Buffer.alloc(place + 4 + length + 3, 'some bytes').subarray(place)
        const expected = Buffer.from(frame)
        for (let i = 0; i < length; i++) expected[4 + i]! ^= frame[i & 3]!
        applyMask(frame, 4, 4 + length)
        expect(frame.equals(expected)).toBe(true)
      }
    }
  })
})

describe('close bodies', () => {
  it('cut a reason that is too long at the end of a character', () => {
    const body = closeBody(1011, 'é'.repeat(100))
    expect(body.length).toBe(2 + 122)
    expect(body.subarray(2).toString()).toBe('é'.repeat(61))
  })

  it.each([999, 1004, 1005, 1006, 1015, 2000, 5000])('refuse the code %i in one sentence', (code) =>
    expect(() => closeBody(code)).toThrow(new RangeError(`A connection cannot be closed with the code ${code}.`)),
  )
})

describe('either way', () => {
  const roles = fc.constantFrom<Role>('server', 'client')
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536))

  it('[F12] [F13] the reader of ws reads every frame of ours', () =>
    fc.assert(
      fc.property(
        roles,
        fc.string({ unit: 'binary' }),
        sizes,
        fc.uint8Array({ maxLength: 125 }),
        (role, text, size, small) => {
          const writer = new FrameWriter(role)
          const binary = Buffer.alloc(size, text || 'x')
          const bytes = [
            writer.text(text),
            writer.pong(small),
            writer.ping(),
            writer.binary(binary),
            writer.close(closeBody(1000, 'é')),
          ]
          const said = heard(Buffer.concat(bytes), role).map(({ kind, code, bytes: of }) => [
            kind,
            code,
            of.toString('hex'),
          ])
          expect(said).toEqual([
            ['text', 0, Buffer.from(text).toString('hex')],
            ['pong', 0, Buffer.from(small).toString('hex')],
            ['ping', 0, ''],
            ['binary', 0, binary.toString('hex')],
            ['close', 1000, Buffer.from('é').toString('hex')],
          ])
        },
      ),
    ))

  const require = createRequire(import.meta.url)
  const Sender = require(join(dirname(require.resolve('ws/package.json')), 'lib', 'sender.js')) as {
    frame(data: Buffer, options: Record<string, unknown>): Buffer[]
  }

  it('[F1] our reader reads every frame of ws', () =>
    fc.assert(
      fc.property(roles, fc.string({ unit: 'binary' }), sizes, (role, text, size) => {
        const options = { fin: true, mask: role === 'client', readOnly: true }
        const messages = [Buffer.from(text), Buffer.alloc(size, 'é')]
        const frames = messages.flatMap((data, i) => Sender.frame(data, { ...options, opcode: i + 1 }))
        const said = readByOurs([Buffer.concat(frames)], other(role), LIMITS)
        expect(said.map(({ kind, bytes }) => [kind, bytes.toString('hex')])).toEqual([
          ['text', messages[0]!.toString('hex')],
          ['binary', messages[1]!.toString('hex')],
        ])
      }),
    ))
})
