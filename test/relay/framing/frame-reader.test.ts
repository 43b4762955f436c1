// The rules of reading, one by one. `differential.test.ts` holds the same reader against another one.
import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../../relay/framing/frame-reader.ts'
import type { Role } from '../../../relay/framing/frame-rules.ts'
import { closePayload, cut, cutEvery, frameBytes, MASK, type RawFrame } from './frame-bytes.ts'
import { collectingSink, type Limits, type Reading } from './readings.ts'

const LIMITS: Limits = { max_message_bytes: 100_000, max_fragments: 100, checks_utf8: true }

function read(frames: (RawFrame | Buffer)[], role: Role = 'client', limits: Partial<Limits> = {}): string[] {
  const seen: Reading[] = []
  const reader = new FrameReader(role, { ...LIMITS, ...limits }, collectingSink(seen))
  for (const frame of frames) reader.push(Buffer.isBuffer(frame) ? frame : frameBytes(frame))
  return seen.map(said)
}

function said({ kind, code, bytes }: Reading): string {
  return [kind, code || '', kind === 'binary' ? bytes.toString('hex') : bytes.toString()].filter(Boolean).join(' ')
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('the examples of RFC 6455, 5.7', () => {
  it.each<[string, Role, string, string[]]>([
    ['an unmasked text', 'client', '81 05 48 65 6c 6c 6f', ['text Hello']],
    ['a masked text', 'server', '81 85 37 fa 21 3d 7f 9f 4d 51 58', ['text Hello']],
    ['a text in fragments', 'client', '01 03 48 65 6c 80 02 6c 6f', ['text Hello']],
    ['a ping', 'client', '89 05 48 65 6c 6c 6f', ['ping Hello']],
    ['a masked pong', 'server', '8a 85 37 fa 21 3d 7f 9f 4d 51 58', ['pong Hello']],
  ])('reads %s', (_name, role, bytes, expected) => expect(read([hex(bytes)], role)).toEqual(expected))

  it.each([
    ['256 bytes', 256, '82 7e 01 00'],
    ['64 KiB', 65_536, '82 7f 00 00 00 00 00 01 00 00'],
  ])('reads a binary message of %s', (_name, length, head) => {
    const payload = Buffer.alloc(length, 7)
    expect(read([Buffer.concat([hex(head), payload])])).toEqual([`binary ${payload.toString('hex')}`])
  })
})

describe('pieces', () => {
  const bytes = Buffer.concat(
    [
      { opcode: 1, fin: false, payload: 'one ' },
      { opcode: 9, payload: 'still there?' },
      { opcode: 0, payload: 'message' },
      { opcode: 2, payload: Buffer.alloc(300, 1) },
      { opcode: 8, payload: closePayload(1000, 'bye') },
    ].map((frame) => frameBytes({ ...frame, mask: MASK })),
  )
  const expected = ['ping still there?', 'text one message', `binary ${'01'.repeat(300)}`, 'close 1000 bye']

  it('[F1] [F3] one byte at a time says the same, and a ping goes before the message it came into', () => {
    expect(read(cutEvery(bytes, 1), 'server')).toEqual(expected)
  })

  it('[F1] two pieces cut at any place say the same', () => {
    for (let at = 0; at <= bytes.length; at++) expect(read(cut(bytes, [at]), 'server')).toEqual(expected)
  })

  it('[F2] a message that lies whole in a chunk is a view of it, one that does not is not', () => {
    const seen: Reading[] = []
    const reader = new FrameReader('client', LIMITS, collectingSink(seen))
    const whole = frameBytes({ opcode: 1, payload: 'x'.repeat(9_000) })
    reader.push(whole)
    expect(seen[0]!.bytes.buffer).toBe(whole.buffer)
    const pieces = cut(whole, [5_000])
    for (const piece of pieces) reader.push(piece)
    for (const piece of pieces) expect(seen[1]!.bytes.buffer).not.toBe(piece.buffer)
  })

  it('[F10] a reader that is stopped in the middle of a chunk says nothing more', () => {
    const seen: Reading[] = []
    const reader = new FrameReader('server', LIMITS, {
      ...collectingSink(seen),
      onPing: () => reader.stop(),
    })
    reader.push(bytes)
    reader.push(Buffer.from(bytes))
    expect(seen).toEqual([])
  })

  it('lets an exception of the sink pass', () => {
    const reader = new FrameReader('client', LIMITS, {
      ...collectingSink([]),
      onText: () => {
        throw new Error('of the listener')
      },
    })
    expect(() => reader.push(frameBytes({ opcode: 1, payload: 'a' }))).toThrow('of the listener')
  })
})

describe('refusals', () => {
  const text: RawFrame = { opcode: 1, payload: 'a' }
  it.each<[string, RawFrame[], string]>([
    ['[F4] the first reserved bit', [{ ...text, rsv: 4 }], 'refused 1002'],
    ['[F4] the second reserved bit', [{ ...text, rsv: 2 }], 'refused 1002'],
    ['[F4] the third reserved bit', [{ ...text, rsv: 1 }], 'refused 1002'],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, RawFrame[], string] => [
      `[F4] the opcode ${opcode}`,
      [{ ...text, opcode }],
      'refused 1002',
    ]),
    ['[F4] a continuation of nothing', [{ opcode: 0, payload: 'a' }], 'refused 1002'],
    ['[F4] a message inside a message', [{ ...text, fin: false }, text], 'refused 1002'],
    ['[F3] a ping that is a fragment', [{ opcode: 9, fin: false }], 'refused 1002'],
    ['[F3] a pong of 126 bytes', [{ opcode: 10, payload: 'a'.repeat(126) }], 'refused 1002'],
    ['[F5] a masked frame from a server', [{ ...text, mask: MASK }], 'refused 1002'],
    ['[F6] text that is not UTF-8', [{ opcode: 1, payload: hex('ce ba e1 bd') }], 'refused 1007'],
    ['[F6] a reason that is not UTF-8', [{ opcode: 8, payload: closePayload(1000, hex('c0 af')) }], 'refused 1007'],
    ['[F7] a message above the limit', [{ opcode: 2, payload: Buffer.alloc(100_001) }], 'refused 1009'],
    ['[F7] a length no number holds', [{ ...text, length_bits: 64, says_bytes: 2n ** 53n }], 'refused 1009'],
    ['[F9] a close frame of one byte', [{ opcode: 8, payload: 'a' }], 'refused 1002'],
  ])('%s', (_name, frames, expected) => expect(read([...frames, text])).toEqual([expected]))

  it('[F5] an unmasked frame from a client', () => expect(read([text], 'server')).toEqual(['refused 1002']))

  it('[F6] text that nobody wants checked is handed on as it is', () => {
    const bytes = hex('61 c0 af')
    expect(read([{ opcode: 1, payload: bytes }], 'client', { checks_utf8: false })).toEqual([`text ${bytes}`])
  })

  it('[F6] characters may be cut by fragments', () => {
    const [head, tail] = cut(Buffer.from('κόσμε'), [3])
    const frames = [
      { opcode: 1, fin: false, payload: head! },
      { opcode: 0, payload: tail! },
    ]
    expect(read(frames)).toEqual(['text κόσμε'])
  })

  it('[F7] a message of exactly the limit passes; its fragments count together', () => {
    const limits = { max_message_bytes: 4 }
    const fragments = (last: string) => [
      { opcode: 1, fin: false, payload: 'ab' },
      { opcode: 0, payload: last },
    ]
    expect(read(fragments('cd'), 'client', limits)).toEqual(['text abcd'])
    expect(read(fragments('cde'), 'client', limits)).toEqual(['refused 1009'])
  })

  it('[F7] is told by the length alone, before any byte of the message', () => {
    expect(read([frameBytes({ opcode: 1, says_bytes: 100_001 })])).toEqual(['refused 1009'])
  })

  it('[F8] counts fragments, empty ones too', () => {
    const empty = { opcode: 0, fin: false }
    const frames = [{ opcode: 1, fin: false }, ...Array<RawFrame>(3).fill(empty), { opcode: 0 }]
    expect(read(frames, 'client', { max_fragments: 5 })).toEqual(['text'])
    expect(read(frames, 'client', { max_fragments: 4 })).toEqual(['refused 1008'])
  })

  const sendable = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
  it.each(sendable)('[F9] the code %i may be sent', (code) =>
    expect(read([{ opcode: 8, payload: closePayload(code, 'why') }])).toEqual([`close ${code} why`]),
  )

  const unsendable = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
  it.each(unsendable)('[F9] the code %i may not be sent', (code) =>
    expect(read([{ opcode: 8, payload: closePayload(code) }])).toEqual(['refused 1002']),
  )

  it('[F9] a close frame without a code is 1005', () => expect(read([{ opcode: 8 }])).toEqual(['close 1005']))

  it('[F10] nothing is read after a close frame', () => {
    expect(read([{ opcode: 8 }, text, { opcode: 3 }])).toEqual(['close 1005'])
    expect(read([Buffer.concat([frameBytes({ opcode: 8 }), frameBytes(text)])])).toEqual(['close 1005'])
  })
})

describe('memory', () => {
  const ROOM = 64 * 1024
  const roomy = { ...LIMITS, max_message_bytes: 2 ** 30, max_fragments: 100_000 }

  it('[F11] a length that is only announced takes no memory', () => {
    const reader = new FrameReader('client', roomy, collectingSink([]))
    reader.push(frameBytes({ opcode: 2, says_bytes: 2 ** 30, payload: 'the first bytes' }))
    expect(reader.heldBytes).toBeLessThanOrEqual(ROOM)
  })

  it('[F11] grows with what came, to no more than the frame, and is given back', () => {
    const seen: Reading[] = []
    const reader = new FrameReader('client', roomy, collectingSink(seen))
    const bytes = frameBytes({ opcode: 2, payload: Buffer.alloc(300_000, 5) })
    let came = 0
    for (const piece of cutEvery(bytes, 7_000)) {
      reader.push(piece)
      came += piece.length
      expect(reader.heldBytes).toBeLessThanOrEqual(Math.min(2 * came + ROOM, bytes.length))
    }
    expect(seen[0]!.bytes.equals(Buffer.alloc(300_000, 5))).toBe(true)
    expect(reader.heldBytes).toBe(0)
  })

  it('[F11] a small fragment does not keep the chunk it came in', () => {
    const reader = new FrameReader('client', roomy, collectingSink([]))
    const fragment = frameBytes({ opcode: 1, fin: false, payload: 'a' })
    reader.push(
      Buffer.concat([fragment, ...Array<Buffer>(500).fill(frameBytes({ opcode: 9, payload: 'b'.repeat(100) }))]),
    )
    expect(reader.heldBytes).toBeLessThanOrEqual(1024)
  })

  it('[F11] gives back what it holds when it refuses', () => {
    const reader = new FrameReader('client', roomy, collectingSink([]))
    reader.push(frameBytes({ opcode: 1, fin: false, payload: 'a'.repeat(5_000) }))
    expect(reader.heldBytes).toBeGreaterThan(0)
    reader.push(frameBytes({ opcode: 3 }))
    expect(reader.heldBytes).toBe(0)
  })
})
