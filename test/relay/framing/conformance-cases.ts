// What the public conformance list of WebSocket implementations asks for (Autobahn's sections 1 to 10, without
// compression), written again in our own words as data. It is not that suite and does not replace running it. Where we
// differ from it on purpose stands in relay/framing/SPEC.md.
import { closePayload, type RawFrame } from './frame-bytes.ts'
import { BROKEN_TEXTS, VALID_TEXTS } from './utf8-cases.ts'

type Payload = Buffer | string
export interface ConformanceCase {
  /** Of the section in the public list. */
  id: string
  rule: string
  frames: RawFrame[]
  /** How the bytes are written: all together, frame by frame, or in pieces of so many bytes. */
  pieces: 'together' | 'frames' | number
  /** What must be said in answer, in this order; 'close' is the last. */
  answers: [kind: 'text' | 'binary' | 'pong' | 'close', what: Payload | number][]
}

const text = (payload: Payload = '', more: Partial<RawFrame> = {}): RawFrame => ({ opcode: 1, payload, ...more })
const binary = (payload: Payload): RawFrame => ({ opcode: 2, payload })
const more = (payload: Payload, fin = false): RawFrame => ({ opcode: 0, payload, fin })
const ping = (payload: Payload = ''): RawFrame => ({ opcode: 9, payload })
const pong = (payload: Payload = ''): RawFrame => ({ opcode: 10, payload })
const close = (payload: Payload = closePayload(1000)): RawFrame => ({ opcode: 8, payload })
const open = (payload: Payload): RawFrame => text(payload, { fin: false })

type Answers = ConformanceCase['answers']
type Pieces = ConformanceCase['pieces']
const GOOD: Answers = [['close', 1000]]
const BAD: Answers = [['close', 1002]]
const NOT_TEXT: Answers = [['close', 1007]]

/** The same in every way of cutting. @param frames a normal close is added, unless there is one */
function ask(
  id: string,
  rule: string,
  frames: RawFrame[],
  answers: Answers,
  pieces: Pieces = 'together',
): ConformanceCase {
  const closes = frames.some(({ opcode }) => opcode === 8)
  return { id, rule, frames: closes ? frames : [...frames, close()], pieces, answers }
}
const inWays = (id: string, rule: string, frames: RawFrame[], answers: Answers): ConformanceCase[] =>
  (['together', 'frames', 1] as const).map((pieces) => ask(id, `${rule}, ${sent(pieces)}`, frames, answers, pieces))
const sent = (pieces: Pieces) =>
  typeof pieces === 'number' ? `in pieces of ${pieces}` : pieces === 'frames' ? 'frame by frame' : 'in one write'

const cutUp = (payload: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(payload.length / size) }, (_, i) => payload.subarray(i * size, (i + 1) * size))
const inFragments = (payload: Buffer, size: number, opcode = 1): RawFrame[] =>
  cutUp(payload, size).map((part, i, all) => ({
    opcode: i === 0 ? opcode : 0,
    payload: part,
    fin: i === all.length - 1,
  }))

const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536]
const framing = SIZES.flatMap((size) => [
  ask('1.1', `a text of ${size} bytes comes back`, [text('*'.repeat(size))], [['text', '*'.repeat(size)], ...GOOD]),
  ask(
    '1.2',
    `a binary message of ${size} bytes comes back`,
    [binary(Buffer.alloc(size, 0xfe))],
    [['binary', Buffer.alloc(size, 0xfe)], ...GOOD],
  ),
]).concat(
  ask(
    '1.1.8',
    'a text of 65536 bytes in pieces of 997 comes back',
    [text('*'.repeat(65_536))],
    [['text', '*'.repeat(65_536)], ...GOOD],
    997,
  ),
  ask(
    '1.2.8',
    'a binary message in pieces of 997 comes back',
    [binary(Buffer.alloc(65_536, 1))],
    [['binary', Buffer.alloc(65_536, 1)], ...GOOD],
    997,
  ),
)

const RAW = Buffer.from('00fffefdfcfb00ff', 'hex')
const FULL = Buffer.alloc(125, 0xfe)
const TEN = Array.from({ length: 10 }, (_, i) => `payload-${i}`)
const tenPongs: Answers = TEN.map((payload) => ['pong', payload])
const pings = [
  ask('2.1', 'a ping without payload is answered', [ping()], [['pong', ''], ...GOOD]),
  ask('2.2', 'a ping with a text is answered with it', [ping('Hello, world!')], [['pong', 'Hello, world!'], ...GOOD]),
  ask('2.3', 'a ping with bytes that are no text is answered with them', [ping(RAW)], [['pong', RAW], ...GOOD]),
  ask('2.4', 'a ping of 125 bytes is answered', [ping(FULL)], [['pong', FULL], ...GOOD]),
  ask('2.5', 'a ping of 126 bytes is refused', [ping(Buffer.alloc(126, 0xfe))], BAD),
  ask('2.6', 'a ping of 125 bytes, byte by byte, is answered', [ping(FULL)], [['pong', FULL], ...GOOD], 1),
  ask('2.7', 'a pong nobody asked for is no matter', [pong()], GOOD),
  ask('2.8', 'nor is one with a payload', [pong('unsolicited')], GOOD),
  ask('2.9', 'and the ping after it is answered', [pong('unsolicited'), ping('ping')], [['pong', 'ping'], ...GOOD]),
  ask('2.10', 'ten pings are answered in their order', TEN.map(ping), [...tenPongs, ...GOOD]),
  ask('2.11', 'ten pings, byte by byte, too', TEN.map(ping), [...tenPongs, ...GOOD], 1),
]

const hello = text('Hello, world!')
const HELLO: Answers = [['text', 'Hello, world!']]
const reserved = [
  ask('3.1', 'a text with RSV 1 is refused', [{ ...hello, rsv: 1 }], BAD),
  ...[2, 3, 4].flatMap((rsv) =>
    inWays(
      `3.${rsv}`,
      `a text with RSV ${rsv} after a good one is refused`,
      [hello, { ...hello, rsv }, ping()],
      [...HELLO, ...BAD],
    ),
  ),
  ask('3.5', 'a binary message with RSV 5 is refused', [{ ...binary(RAW), rsv: 5 }], BAD),
  ask('3.6', 'a ping with RSV 6 is refused', [{ ...ping('a'), rsv: 6 }], BAD),
  ask('3.7', 'a close with RSV 7 is refused', [{ ...close(), rsv: 7 }], BAD),
]

const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => {
  const id = opcode < 8 ? `4.1.${opcode - 2}` : `4.2.${opcode - 10}`
  return [
    ask(id, `the opcode ${opcode} is refused`, [{ opcode }], BAD),
    ask(id, `the opcode ${opcode} with a payload is refused`, [{ opcode, payload: 'reserved' }], BAD),
    ...inWays(id, `the opcode ${opcode} after a good text is refused`, [hello, { opcode }, ping()], [...HELLO, ...BAD]),
  ]
})

const parts = [open('fragment1'), more('fragment2', true)]
const WHOLE: Answers = [['text', 'fragment1fragment2']]
const five = [
  open('fragment1'),
  more('fragment2'),
  ping('pongme 1!'),
  more('fragment3'),
  more('fragment4'),
  ping('pongme 2!'),
]
const FIVE: Answers = [
  ['pong', 'pongme 1!'],
  ['pong', 'pongme 2!'],
  ['text', 'fragment1fragment2fragment3fragment4fragment5'],
]
const fragments = [
  ask('5.1', 'a ping in two fragments is refused', [{ ...ping('a'), fin: false }, more('b', true)], BAD),
  ask('5.2', 'a pong in two fragments is refused', [{ ...pong('a'), fin: false }, more('b', true)], BAD),
  ...inWays('5.3-5', 'a text in two fragments comes back whole', parts, [...WHOLE, ...GOOD]),
  ...inWays(
    '5.6-8',
    'a ping between two fragments is answered first',
    [parts[0]!, ping('ping'), parts[1]!],
    [['pong', 'ping'], ...WHOLE, ...GOOD],
  ),
  ...inWays('5.9-11', 'a last continuation of nothing is refused', [more('non-continuation', true), hello], BAD),
  ...inWays('5.12-14', 'a continuation of nothing is refused', [more('non-continuation'), hello], BAD),
  ...inWays(
    '5.15',
    'a continuation of nothing after a text in two fragments is refused',
    [...parts, more('c'), hello],
    [...WHOLE, ...BAD],
  ),
  ask('5.16', 'a continuation before its message is refused', [more('a'), open('b'), more('c', true)], BAD),
  ask('5.17', 'a last continuation before its message is refused', [more('a', true), open('b'), more('c', true)], BAD),
  ask('5.18', 'a text inside a text is refused', [open('fragment1'), text('fragment2')], BAD),
  ...inWays(
    '5.19-20',
    'pings among five fragments are answered before the text is whole',
    [...five, more('fragment5', true)],
    [...FIVE, ...GOOD],
  ),
]

const KOSMOS = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!')
const CUT = Buffer.from('κόσμε')
const BROKEN = Buffer.concat([CUT, Buffer.from('eda080', 'hex'), Buffer.from('edited')])
/** Broken from its 13th byte on. */
const BEYOND = Buffer.concat([CUT, Buffer.from('f4908080', 'hex'), Buffer.from('edited')])
const inThree = (one: number, two: number): RawFrame[] => [
  open(BEYOND.subarray(0, one)),
  more(BEYOND.subarray(one, two)),
  ping('still there?'),
  more(BEYOND.subarray(two), true),
]
/** The list would rather see it refused at the byte that breaks it. A reader that waits for the whole is allowed. */
const NO_SOONER: Answers = [['pong', 'still there?'], ...NOT_TEXT]
const utf8 = [
  ask('6.1.1', 'an empty text comes back', [text()], [['text', ''], ...GOOD]),
  ask(
    '6.1.2',
    'three empty fragments are an empty text',
    [open(''), more(''), more('', true)],
    [['text', ''], ...GOOD],
  ),
  ask(
    '6.1.3',
    'empty fragments around one change nothing',
    [open(''), more('middle'), more('', true)],
    [['text', 'middle'], ...GOOD],
  ),
  ask('6.2.1', 'text beyond ASCII comes back', [text(KOSMOS)], [['text', KOSMOS], ...GOOD]),
  ask(
    '6.2.2',
    'two fragments cut between characters come back whole',
    inFragments(KOSMOS, Buffer.byteLength('Hello-µ@ßöä')),
    [['text', KOSMOS], ...GOOD],
  ),
  ask('6.2.3', 'characters may be cut by fragments', inFragments(KOSMOS, 1), [['text', KOSMOS], ...GOOD]),
  ask('6.2.4', 'long ones too', inFragments(CUT, 1), [['text', CUT], ...GOOD]),
  ask('6.3.1', 'text with a broken middle is refused', [text(BROKEN)], NOT_TEXT),
  ask('6.3.2', 'in fragments of one byte too', inFragments(BROKEN, 1), NOT_TEXT),
  ask(
    '6.4.1',
    'text whose second of three fragments breaks it is refused when it is whole',
    inThree(11, 15),
    NO_SOONER,
  ),
  ask('6.4.2', 'also when that fragment ends with the byte that breaks it', inThree(12, 13), NO_SOONER),
  ask('6.4.3', 'in pieces of one frame, at the latest when it is whole', [text(BEYOND)], NOT_TEXT, 8),
  ask('6.4.4', 'also when a piece ends with the byte that breaks it', [text(BEYOND)], NOT_TEXT, 1),
  ...VALID_TEXTS.map(([id, rule, bytes]) => ask(id, `${rule} come back`, [text(bytes)], [['text', bytes], ...GOOD])),
  ...BROKEN_TEXTS.map(([id, rule, bytes]) => ask(id, `${rule} are refused`, [text(bytes)], NOT_TEXT)),
]

const LARGE = '*'.repeat(256 * 1024)
const mayBeSent = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
const mayNotBeSent = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999]
/** The list leaves open what becomes of these. */
const unknown = [5000, 65_535]
const closing = [
  ask('7.1.1', 'a text before the close comes back', [hello, close()], [...HELLO, ...GOOD]),
  ask('7.1.2', 'a second close is not answered', [close(), close()], GOOD),
  ask('7.1.3', 'a ping after the close is not answered', [close(), ping()], GOOD),
  ask('7.1.4', 'a text after the close is not answered', [close(), hello], GOOD),
  ask('7.1.5', 'a message cut by the close is forgotten', [open('fragment1'), close(), more('fragment2', true)], GOOD),
  ask(
    '7.1.6',
    'a large message before the close comes back',
    [text(LARGE), hello, close(), ping()],
    [['text', LARGE], ...HELLO, ...GOOD],
  ),
  ask('7.3.1', 'a close without a payload is answered with one', [close('')], [['close', 1005]]),
  ask('7.3.2', 'a close of one byte is refused', [close('a')], BAD),
  ask('7.3.3', 'a close with a code is answered with it', [close()], GOOD),
  ask('7.3.4', 'and with a reason', [close(closePayload(1000, 'Hello World!'))], GOOD),
  ask('7.3.5', 'and with the longest reason', [close(closePayload(1000, '*'.repeat(123)))], GOOD),
  ask('7.3.6', 'a reason that is too long is refused', [close(closePayload(1000, '*'.repeat(124)))], BAD),
  ask('7.5.1', 'a reason that is no text is refused', [close(closePayload(1000, BROKEN))], NOT_TEXT),
  ...mayBeSent.map((code) =>
    ask('7.7', `the code ${code} is answered with itself`, [close(closePayload(code))], [['close', code]]),
  ),
  ...[...mayNotBeSent, ...unknown].flatMap((code) =>
    ['', 'why'].map((reason) =>
      ask(
        unknown.includes(code) ? '7.13' : '7.9',
        `the code ${code} with the reason '${reason}' is refused`,
        [close(closePayload(code, reason))],
        BAD,
      ),
    ),
  ),
]

const KIB = 1024
const MIB = 1024 * KIB
const LONGEST = Buffer.alloc(16 * MIB, 'BAsd7&jh23')
const large = (size: number) => LONGEST.subarray(0, size)
const inBoth = (
  ids: [text: string, binary: string],
  rule: string,
  size: number,
  frames: (payload: Buffer, opcode: 1 | 2) => RawFrame[],
  pieces: Pieces = 'together',
): ConformanceCase[] => [
  ask(ids[0], `a text of ${rule}`, frames(large(size), 1), [['text', large(size)], ...GOOD], pieces),
  ask(ids[1], `a binary message of ${rule}`, frames(large(size), 2), [['binary', large(size)], ...GOOD], pieces),
]
const asOne = (payload: Buffer, opcode: number): RawFrame[] => [{ opcode, payload }]
const TOO_MANY: Answers = [['close', 1008]]
const limits = [
  ...[64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].flatMap((size, i) =>
    inBoth([`9.1.${i + 1}`, `9.2.${i + 1}`], `${size / KIB} KiB comes back`, size, asOne),
  ),
  // Four times as many fragments as are taken, on purpose: SPEC F8.
  ask('9.3.1', 'a text of 4 MiB in fragments of 64 is refused', inFragments(large(4 * MIB), 64), TOO_MANY),
  ask('9.4.1', 'a binary message of 4 MiB in fragments of 64 is refused', inFragments(large(4 * MIB), 64, 2), TOO_MANY),
  ...[256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].flatMap((size, i) =>
    inBoth([`9.3.${i + 2}`, `9.4.${i + 2}`], `4 MiB in fragments of ${size} comes back`, 4 * MIB, (payload, opcode) =>
      inFragments(payload, size, opcode),
    ),
  ),
  ...[64, 128, 256, 512, 1024, 2048].flatMap((size, i) =>
    inBoth([`9.5.${i + 1}`, `9.6.${i + 1}`], `1 MiB in pieces of ${size} comes back`, MIB, asOne, size),
  ),
  // All at once, where the list waits for each: it measures time.
  ...[0, 16, 64, 256, 1024, 4096].flatMap((size, i) => {
    const thousand = <T>(one: T): T[] => Array<T>(1_000).fill(one)
    return [
      ask(`9.7.${i + 1}`, `a thousand texts of ${size} bytes come back`, thousand(text(large(size))), [
        ...thousand<Answers[0]>(['text', large(size)]),
        ...GOOD,
      ]),
      ask(`9.8.${i + 1}`, `a thousand binary messages of ${size} bytes come back`, thousand(binary(large(size))), [
        ...thousand<Answers[0]>(['binary', large(size)]),
        ...GOOD,
      ]),
    ]
  }),
  ask('10.1.1', 'a text of 64 KiB in fragments of 1300 comes back', inFragments(large(65_536), 1300), [
    ['text', large(65_536)],
    ...GOOD,
  ]),
]

export const CASES = [...framing, ...pings, ...reserved, ...opcodes, ...fragments, ...utf8, ...closing, ...limits]
