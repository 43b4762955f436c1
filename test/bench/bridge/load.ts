// The load of a run: its calls, which the generator makes once the bridge has said where they go; the door through which
// the bridge reaches the model; and what there is to report of both.
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { type Generator, startGenerator } from './generator.ts'
import { Histogram } from './histogram.ts'
import { comeFirst } from './machine.ts'
import type { Counts, Report } from './orders.ts'
import { clearDelays, type Losses, lossesOf } from './tally.ts'
import { callSidOf, type Entrance, enter } from './webhook.ts'

const OPENING_AT_ONCE = 8
const STAND_WITHIN_MS = 90_000
const DRAINED_WITHIN_MS = 5_000
const KEPT_FAILURES = 5

export interface Heard {
  up: Histogram
  down: Histogram
  late: Histogram
  /** From the model's `speech_started` to the carrier's `clear`. */
  clear: Histogram
  clears_missing: number
  frames: Losses
  /** Frames that had waited for the model, and came in one message. */
  kept: number
  pieces: Losses
  slices: { index: number; up: Histogram }[]
}

export interface Standing extends Counts {
  refused: number
}

export interface Load {
  /** Where a bridge finds the model: a host and a port. */
  model: string
  pids: number[]
  call_sids: string[]
  /** @returns when every call stands @throws when they do not in time */
  open(entrance: Entrance): Promise<Standing>
  /** From now on durations are counted, for so long. @returns when that time is over */
  listen(seconds: number, slice_ms?: number): Promise<void>
  /** Everybody hangs up, and what was still on its way arrives. */
  finish(): Promise<Heard>
  end(): void
}

/** @param open_after_ms how long the model takes to open a session */
export async function startLoad(calls: number, open_after_ms: number, isUrgent: boolean): Promise<Load> {
  const generator = await startGenerator(calls, open_after_ms, isUrgent)
  if (isUrgent) comeFirst(generator.pid)
  const run = randomBytes(8).toString('hex')
  const call_sids = Array.from({ length: calls }, (_, call) => callSidOf(run, call))
  const counts = (): Promise<Counts> => generator.ask('count')

  /** What has not arrived by then is lost, and reported as that. */
  const drained = (isTrue: (now: Counts) => boolean) => until(counts, isTrue, DRAINED_WITHIN_MS).catch(() => {})

  return {
    model: `127.0.0.1:${generator.port}`,
    pids: [generator.pid],
    call_sids,
    async open(entrance) {
      const opening = openCalls(generator, entrance, call_sids)
      const standing = async () => {
        const now = await counts()
        return { ...now, refused: opening.refused, failures: [...now.failures, ...opening.failures] }
      }
      return until(standing, ({ live, refused }) => live + refused >= calls, STAND_WITHIN_MS)
    },
    async listen(seconds, slice_ms) {
      generator.tell('window', seconds * 1_000, slice_ms ?? 0)
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    },
    async finish() {
      generator.tell('halt')
      await drained((now) => now.pieces_arrived >= now.pieces_sent)
      generator.tell('hang_up')
      await drained((now) => now.frames_arrived >= now.frames_sent)
      return heardIn(await generator.ask('report'))
    },
    end: generator.end,
  }
}

/** Some at once, as the carrier brings them. @returns at once what becomes of them */
function openCalls(generator: Generator, entrance: Entrance, call_sids: string[]) {
  const opening = { refused: 0, failures: [] as string[] }
  const waiting = [...call_sids.entries()]
  const openOne = async (call: number, call_sid: string): Promise<void> => {
    const stream = await enter(entrance, call_sid)
    if (!stream) return void opening.refused++
    const { address } = await lookup(new URL(stream.url).hostname, { family: 4 })
    await generator.open(call, call_sid, stream, address)
  }
  const openOnes = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [call, call_sid] = next
      await openOne(call, call_sid).catch((error: unknown) => {
        if (opening.failures.length < KEPT_FAILURES) opening.failures.push(`Call ${call}: ${String(error)}`)
      })
    }
  }
  for (let n = 0; n < OPENING_AT_ONCE; n++) void openOnes()
  return opening
}

async function until<T extends Counts>(counts: () => Promise<T>, isTrue: (now: T) => boolean, within_ms: number) {
  const end = Date.now() + within_ms
  for (;;) {
    const now = await counts()
    if (isTrue(now)) return now
    if (Date.now() > end)
      throw new Error(
        `${now.opened} calls opened and ${now.live} heard within ${within_ms / 1_000} s. ${now.failures.join(' ')}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function heardIn({ up, down, late, frames, pieces, speech_starts, clears, slices }: Report): Heard {
  const { delays_us, missing } = clearDelays(speech_starts, clears)
  const clear = new Histogram()
  for (const delay of delays_us) clear.add(delay)
  return {
    up: new Histogram(up),
    down: new Histogram(down),
    late: new Histogram(late),
    clear,
    clears_missing: missing,
    frames: lossesOf(frames.sent, frames.arrivals),
    kept: frames.kept,
    pieces: lossesOf(pieces.sent, pieces.arrivals),
    slices: slices.map(({ index, up: of }) => ({ index, up: new Histogram(of) })),
  }
}
