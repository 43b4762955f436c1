// Our reader against the one of `ws`: the same bytes in, cut at random and at every place, the same words out. Longer
// runs by PHONY_FUZZ_STREAMS, others by PHONY_FUZZ_SEED; a failure names the seed and the number of its stream.
import { describe, expect, it } from 'vitest'
import { FRAME_RULES } from '../../../relay/framing/frame-rules.ts'
import { cut, cutEvery } from './frame-bytes.ts'
import { difference, NAMES_IN_WS, type Reading, readByOurs, readByWs, readInRoom } from './readings.ts'
import { type Chance, chance, makeStream, type Stream } from './stream-generator.ts'

const STREAMS = Number(process.env.PHONY_FUZZ_STREAMS ?? 20_000)
const SEED = Number(process.env.PHONY_FUZZ_SEED ?? 6455)
/** Byte by byte, or at every place, is for streams of a few frames. */
const SHORT_BYTES = 200
const TINY_BYTES = 40

/** Whole, in random pieces, byte by byte, and once in two at every place. */
function cuttings(bytes: Buffer, from: Chance): Buffer[][] {
  const places = Array.from({ length: 1 + from.int(5) }, () => from.int(bytes.length + 1)).sort((a, b) => a - b)
  const ways = [cut(bytes, []), cut(bytes, places)]
  if (bytes.length <= SHORT_BYTES) ways.push(cutEvery(bytes, 1), cutEvery(bytes, 1 + from.int(20)))
  if (bytes.length <= TINY_BYTES) for (let at = 1; at < bytes.length; at++) ways.push(cut(bytes, [at]))
  return ways
}

function compare(stream: Stream, from: Chance): { seen: Reading[]; ways: number; difference: string | null } {
  const { bytes, role, limits } = stream
  const ways = cuttings(bytes, from)
  const oracle = ways[from.int(ways.length)]!.map((chunk) => Buffer.from(chunk))
  const seen = readByWs(oracle, role, limits)
  for (const way of ways) {
    const sizes = way.map((chunk) => chunk.length)
    // In the room first: the other reading takes the masks off in place.
    const found = difference(readInRoom(way, role, limits), seen) ?? difference(readByOurs(way, role, limits), seen)
    if (found) return { seen, ways: ways.length, difference: `${found}; in pieces of ${sizes}` }
  }
  return { seen, ways: ways.length, difference: null }
}

describe('against the reader of ws', () => {
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
