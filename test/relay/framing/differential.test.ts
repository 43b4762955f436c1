// Our reader against the one of `ws`: the same bytes in, cut at random and at every place that matters, the same words out.
// Longer runs by PHONY_FUZZ_STREAMS, others by PHONY_FUZZ_SEED (see SPEC.md); a failure names the seed and the number of
// its stream.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAME_RULES } from '../../../relay/framing/frame-rules.ts'
import { cut } from './frame-bytes.ts'
import { difference, NAMES_IN_WS, type Reading, readByOurs, readByWs, readInRoom } from './readings.ts'
import { type Chance, chance, makeStream, type Stream } from './stream-generator.ts'

const STREAMS = Number(process.env.PHONY_FUZZ_STREAMS ?? 12_000)
const SEED = Number(process.env.PHONY_FUZZ_SEED ?? 6455)
/** Up to here also byte by byte, and in two at every place. */
const SHORT_BYTES = 80
/** Into the payload: a mask has four bytes. */
const AFTER_HEAD = 5
/** A longer payload is noise, or one letter. */
const LONGEST_TEXT_BYTES = 1_000

/**
 * Where a reader could be caught in the middle: next to and within the head of a frame, at the first bytes of its payload
 * and before its last, and within characters. Elsewhere a cut only changes how much is there.
 * @param bytes that are read as frames for as long as they are some
 * @returns the places of each frame
 */
function seams(bytes: Buffer): number[][] {
  const frames: number[][] = []
  let isText = false
  for (let at = 0; at + 1 < bytes.length; ) {
    const { opcode, head, mask, length } = headAt(bytes, at)
    if (opcode === 1 || opcode === 2) isText = opcode === 1
    const start = at + head
    const end = Math.min(start + length, bytes.length)
    const hasText = length <= LONGEST_TEXT_BYTES && (opcode === 8 || (isText && opcode < 2))
    const places: number[] = []
    for (let place = at + 1; place <= end && place < bytes.length; place++) {
      const isAtEdge = place <= start + AFTER_HEAD || place >= end - 1
      if (isAtEdge || (hasText && isContinuation(bytes, place, start, mask))) places.push(place)
    }
    frames.push(places)
    at = start + length
  }
  return frames
}

interface Head {
  opcode: number
  head: number
  mask: Buffer | null
  length: number
}

function headAt(bytes: Buffer, at: number): Head {
  const second = bytes[at + 1]!
  const short = second & 0x7f
  const more = short === 126 ? 2 : short === 127 ? 8 : 0
  const isMasked = second >= 0x80
  const start = at + 2 + more
  const isThere = start <= bytes.length
  const length =
    more === 0 || !isThere ? short : Number(more === 2 ? bytes.readUInt16BE(at + 2) : bytes.readBigUInt64BE(at + 2))
  const mask = isMasked ? bytes.subarray(start, start + 4) : null
  return { opcode: bytes[at]! & 0x0f, head: 2 + more + (isMasked ? 4 : 0), mask, length }
}

/** Of the second byte of a character on, in what could be text. */
function isContinuation(bytes: Buffer, at: number, start: number, mask: Buffer | null): boolean {
  const byte = bytes[at]! ^ (mask?.[(at - start) & 3] ?? 0)
  return (byte & 0xc0) === 0x80
}

/** Whole, in random pieces, and cut at every place that matters, once in each frame that has one more. */
function cuttings(bytes: Buffer, from: Chance): number[][] {
  const places = Array.from({ length: 1 + from.int(5) }, () => from.int(bytes.length + 1)).sort((a, b) => a - b)
  const frames = seams(bytes)
  const most = Math.max(0, ...frames.map((found) => found.length))
  const ways = [[], places]
  for (let nth = 0; nth < most; nth++) ways.push(frames.flatMap((found) => found[nth] ?? []))
  if (bytes.length > SHORT_BYTES) return ways
  const each = Array.from({ length: Math.max(bytes.length - 1, 0) }, (_, at) => at + 1)
  const size = 2 + from.int(20)
  return [...ways, each, each.filter((at) => at % size === 0), ...each.map((at) => [at])]
}

function compare(stream: Stream, from: Chance): { seen: Reading[]; ways: number; difference: string | null } {
  const { bytes, role, limits } = stream
  const ways = cuttings(bytes, from)
  const seen = readByWs(cut(bytes, from.pick(ways)), role, limits)
  for (const way of ways) {
    // Pieces in memory of their own, as with TLS, come to the same reader: they are tried in a quarter of the ways.
    const found =
      difference(readInRoom(cut(bytes, way), role, limits), seen) ??
      (from.percent(25) ? difference(readByOurs(cut(bytes, way), role, limits), seen) : null)
    if (found) return { seen, ways: ways.length, difference: `${found}; cut at ${way}` }
  }
  return { seen, ways: ways.length, difference: null }
}

describe('against the reader of ws', () => {
  // A refusal is an error: writing down where it was made took a quarter of the time.
  const { stackTraceLimit } = Error
  beforeAll(() => {
    Error.stackTraceLimit = 0
  })
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit
  })

  it(`[F1] ${STREAMS} streams of frames, right and wrong, say the same however they are cut (seed ${SEED})`, {
    timeout: 60_000 + STREAMS * 5,
  }, async () => {
    const counts = new Map<string, number>()
    const count = (what: string, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by)
    for (let number = 0; number < STREAMS; number++) {
      const stream = makeStream(SEED, number)
      const { seen, ways, difference } = compare(stream, chance(SEED + 1, number))
      const hex = stream.bytes.toString('hex').slice(0, 2_000)
      if (difference)
        expect.fail(
          `seed ${SEED}, stream ${number}, ${stream.role} ${JSON.stringify(stream.limits)}: ${difference}\n${hex}`,
        )
      count('ways', ways)
      for (const { kind, why } of seen) count(why || kind)
      if (number % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const figures = [...counts].map(([what, times]) => `${what} ${times}`).join(', ')
    if (process.env.PHONY_FUZZ_STREAMS) process.stdout.write(`${STREAMS} streams, seed ${SEED}: ${figures}\n`)
    const expected = [
      'text',
      'binary',
      'ping',
      'pong',
      'close',
      ...FRAME_RULES.flatMap((rule) => NAMES_IN_WS[rule].slice(0, 1)),
    ]
    expect(expected.filter((what) => (counts.get(what) ?? 0) < STREAMS / 2_000)).toEqual([])
  })
})
