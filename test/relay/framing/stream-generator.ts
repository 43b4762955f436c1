// Streams of frames by the seed: valid ones, ones broken in one place, and noise. A stream can be made again from its
// seed and number alone, so a failure needs no file.
import type { Role } from '../../../relay/framing/frame-rules.ts'
import { closePayload, frameBytes, type RawFrame } from './frame-bytes.ts'
import type { Limits } from './readings.ts'

export interface Chance {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number
  /** True in so many of a hundred cases. */
  percent(of: number): boolean
  pick<T>(from: readonly T[]): T
  bytes(count: number): Buffer
}

/** Mulberry32. Streams of neighbouring numbers share nothing. */
export function chance(seed: number, stream: number): Chance {
  let state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(stream + 1, 0x85eb_ca6b)) | 0
  const next = () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (below: number) => next() % below
  return {
    int,
    percent: (of) => int(100) < of,
    pick: (from) => from[int(from.length)]!,
    bytes: (count) => {
      const bytes = Buffer.allocUnsafe(count)
      for (let at = 0; at < count; at++) bytes[at] = next() >>> 24
      return bytes
    },
  }
}

export interface Stream {
  role: Role
  limits: Limits
  bytes: Buffer
}

/** Valid text, and every way in which UTF-8 goes wrong: cut, overlong, surrogate, beyond the last character. */
const TEXTS = [
  '',
  'a',
  'hello',
  'κόσμε',
  '🎧 sound',
  'é'.repeat(30),
  '\u{10ffff}',
  '\ufeff\u0000',
  'x'.repeat(200),
].map((text) => Buffer.from(text))
const NOT_TEXTS = [
  '80',
  'c0af',
  'c3',
  'e0809f',
  'eda080',
  'f4908080',
  'f8888080',
  'fe',
  'e282',
  '61f09f8e',
  'cebae1bdb9cf83edb080',
].map((hex) => Buffer.from(hex, 'hex'))
const EDGE_SIZES = [0, 1, 2, 3, 4, 5, 23, 24, 25, 124, 125, 126, 127, 128, 255, 256, 257, 258, 259, 300, 430]
const LARGE_SIZES = [4_096, 65_534, 65_535, 65_536, 65_537, 70_001]
const CLOSE_CODES = [
  0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1011, 1012, 1014, 1015, 1016, 1100, 2999,
].concat([3000, 3999, 4000, 4999, 5000, 65_535])
const LONG_LENGTHS = [2n ** 31n, 2n ** 32n + 5n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]

export function makeStream(seed: number, number: number): Stream {
  const from = chance(seed, number)
  const role = from.pick(['server', 'client'] as const)
  const limits = {
    checks_utf8: from.percent(75),
    max_message_bytes: from.pick([130, 300, 2_000, 66_000, 1_000_000]),
    max_fragments: from.pick([2, 3, 6, 16_384]),
  }
  if (from.percent(2)) return { role, limits, bytes: from.bytes(from.int(40)) }
  const bytes = Buffer.concat(makeFrames(from, role).map(frameBytes))
  if (from.percent(4) && bytes.length > 0) bytes[from.int(Math.min(bytes.length, 40))]! ^= 1 << from.int(8)
  return { role, limits, bytes: from.percent(8) ? bytes.subarray(0, from.int(bytes.length + 1)) : bytes }
}

function makeFrames(from: Chance, role: Role): RawFrame[] {
  const frames: RawFrame[] = []
  const wanted = 1 + from.int(8)
  let isInside = false
  while (frames.length < wanted) {
    const isControl = from.percent(25)
    const frame: RawFrame = isControl ? controlFrame(from) : dataFrame(from, isInside)
    if (!isControl) isInside = !frame.fin
    frames.push({ ...frame, mask: maskOf(from, role === 'server') })
  }
  if (from.percent(40)) breakOne(from, frames)
  return frames
}

function dataFrame(from: Chance, isInside: boolean): RawFrame {
  const kind = from.pick([1, 1, 2])
  const payload = kind === 1 && from.percent(97) ? someText(from) : from.bytes(someSize(from))
  const length_bits = from.percent(6) ? from.pick([16, 64] as const) : undefined
  const fits = length_bits !== 16 || payload.length < 65_536
  return { opcode: isInside ? 0 : kind, fin: from.percent(60), payload, ...(fits && length_bits && { length_bits }) }
}

function someText(from: Chance): Buffer {
  const parts = [from.percent(97) ? from.pick(TEXTS) : from.pick(NOT_TEXTS)]
  if (from.percent(30)) parts.push(Buffer.alloc(from.pick(EDGE_SIZES), 'text'))
  const text = Buffer.concat(parts)
  return from.percent(4) ? text.subarray(from.int(text.length + 1)) : text
}

const someSize = (from: Chance): number => (from.int(400) === 0 ? from.pick(LARGE_SIZES) : from.pick(EDGE_SIZES))

function controlFrame(from: Chance): RawFrame {
  const opcode = from.pick([9, 9, 9, 10, 10, 10, 8])
  if (opcode !== 8) return { opcode, payload: from.bytes(from.pick([0, 1, 4, 30, 124, 125])) }
  if (from.percent(20)) return { opcode }
  const reason = from.percent(85) ? from.pick(TEXTS) : from.pick(NOT_TEXTS)
  const code = from.percent(80) ? from.pick(CLOSE_CODES) : from.int(65_536)
  return { opcode, payload: closePayload(code, reason.subarray(0, 123)) }
}

const maskOf = (from: Chance, isMasked: boolean): Buffer | null =>
  isMasked ? from.pick([from.bytes(4), from.bytes(4), Buffer.alloc(4)]) : null

/** One thing a peer may not do, in one of the frames; or one frame is missing. */
function breakOne(from: Chance, frames: RawFrame[]): void {
  if (from.percent(10)) return void frames.splice(from.int(frames.length), 1)
  const frame = from.pick(frames)
  const breaks: (() => Partial<RawFrame>)[] = [
    () => ({ rsv: 1 + from.int(7) }),
    () => ({ opcode: from.int(16) }),
    () => ({ opcode: from.pick([0, 1, 2]) }),
    () => ({ fin: !frame.fin }),
    () => ({ mask: maskOf(from, frame.mask === null) }),
    () => ({ length_bits: from.pick([7, 16, 64] as const) }),
    () => ({ length_bits: 64, says_bytes: from.pick(LONG_LENGTHS) }),
    () => ({ opcode: from.pick([8, 9, 10]), payload: from.bytes(from.pick([1, 126, 127, 200])) }),
    () => ({ opcode: 8, payload: closePayload(from.int(65_536), from.pick(NOT_TEXTS)) }),
    () => ({ opcode: 8, payload: from.bytes(1) }),
    () => ({ says_bytes: from.int(400) }),
  ]
  Object.assign(frame, from.pick(breaks)())
}
