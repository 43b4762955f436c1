// All generators of a run as one load: their calls, the door through which the bridge reaches the model, and what they
// have to report.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Histogram } from './histogram.ts'
import { comeFirst } from './machine.ts'
import type { Counts, Order, Report, Slice } from './orders.ts'
import { nowUs } from './stamp.ts'
import { clearDelays, type Losses, lossesOf } from './tally.ts'
import { callSidOf, type Entrance } from './webhook.ts'

/** What one Node process generates without being late itself. */
const CALLS_A_GENERATOR = 650
const STAND_WITHIN_MS = 90_000
const DRAINED_WITHIN_MS = 5_000

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

export interface Load {
  /** Where a bridge finds the model: a host and a port. */
  model: string
  pids: number[]
  call_sids: string[]
  /** @returns when every call stands @throws when they do not in time */
  open(entrance: Entrance): Promise<Counts>
  /** From now on durations are counted, for so long. @returns when that time is over */
  listen(seconds: number, slice_ms?: number): Promise<void>
  counts(): Promise<Counts>
  /** Everybody hangs up, and what was still on its way arrives. */
  finish(): Promise<Heard>
  end(): void
}

/** @param open_after_ms how long the model takes to open a session */
export async function startLoad(calls: number, open_after_ms: number, isUrgent: boolean): Promise<Load> {
  const count = Math.ceil(calls / CALLS_A_GENERATOR)
  const generators = await Promise.all(Array.from({ length: count }, startGenerator))
  if (isUrgent) for (const { pid } of generators) comeFirst(pid ?? 0)
  const run = randomBytes(8).toString('hex')
  let turn = 0
  const door = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const order: Order = { type: 'model', open_after_ms }
    generators[turn++ % count]!.send(order, socket, { keepOpen: false })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const tell = (order: Order): void => {
    for (const generator of generators) generator.send(order)
  }
  const counts = async () => (await Promise.all(generators.map((one) => ask<Counts>(one, 'count')))).reduce(addCounts)

  /** What has not arrived by then is lost, and reported as that. */
  const drained = (isTrue: (now: Counts) => boolean) => until(counts, isTrue, DRAINED_WITHIN_MS).catch(() => {})

  return {
    model: `127.0.0.1:${(door.address() as AddressInfo).port}`,
    pids: generators.map(({ pid }) => pid ?? 0),
    call_sids: Array.from({ length: calls }, (_, call) => callSidOf(run, call)),
    async open(entrance) {
      const common = { type: 'open', total: calls, run, entrance } as const
      for (const [index, generator] of generators.entries()) {
        const own = Array.from({ length: calls }, (_, call) => call).filter((call) => call % count === index)
        generator.send({ ...common, calls: own, epoch_us: nowUs() } satisfies Order)
      }
      return until(counts, ({ live, refused }) => live + refused >= calls, STAND_WITHIN_MS)
    },
    async listen(seconds, slice_ms) {
      const begin_us = nowUs()
      tell({ type: 'window', begin_us, end_us: begin_us + seconds * 1_000_000, slice_ms: slice_ms ?? null })
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
    },
    counts,
    async finish() {
      tell({ type: 'halt' })
      await drained((now) => now.pieces_arrived >= now.pieces_sent)
      tell({ type: 'hang_up' })
      await drained((now) => now.frames_arrived >= now.frames_sent)
      return heardBy(await Promise.all(generators.map((one) => ask<Report>(one, 'report'))))
    },
    end() {
      door.close()
      for (const generator of generators) generator.kill('SIGKILL')
    },
  }
}

async function startGenerator(): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./generator.ts', import.meta.url))
  const generator = fork(file, { execArgv: ['--import', 'tsx'], serialization: 'advanced' })
  await once(generator, 'message')
  return generator
}

/** One question at a time. */
async function ask<T>(generator: ChildProcess, type: 'count' | 'report'): Promise<T> {
  const answered = once(generator, 'message')
  generator.send({ type } satisfies Order)
  return ((await answered) as [T])[0]
}

async function until(counts: () => Promise<Counts>, isTrue: (now: Counts) => boolean, within_ms: number) {
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

function addCounts(a: Counts, b: Counts): Counts {
  return {
    opened: a.opened + b.opened,
    refused: a.refused + b.refused,
    live: a.live + b.live,
    frames_sent: a.frames_sent + b.frames_sent,
    frames_arrived: a.frames_arrived + b.frames_arrived,
    pieces_sent: a.pieces_sent + b.pieces_sent,
    pieces_arrived: a.pieces_arrived + b.pieces_arrived,
    failures: [...a.failures, ...b.failures],
  }
}

function heardBy(reports: Report[]): Heard {
  const merged = (of: 'up' | 'down' | 'late'): Histogram => {
    const all = new Histogram()
    for (const report of reports) all.addAll(report[of])
    return all
  }
  const { delays_us, missing } = clearDelays(
    reports.flatMap(({ speech_starts }) => speech_starts),
    reports.flatMap(({ clears }) => clears),
  )
  const clear = new Histogram()
  for (const delay of delays_us) clear.add(delay)
  const losses = (of: 'frames' | 'pieces'): Losses =>
    lossesOf(
      reports.flatMap((report) => report[of].sent),
      reports.flatMap((report) => report[of].arrivals),
    )
  return {
    up: merged('up'),
    down: merged('down'),
    late: merged('late'),
    clear,
    clears_missing: missing,
    frames: losses('frames'),
    kept: reports.reduce((sum, { frames }) => sum + frames.kept, 0),
    pieces: losses('pieces'),
    slices: slicesOf(reports.flatMap(({ slices }) => slices)),
  }
}

function slicesOf(slices: Slice[]): Heard['slices'] {
  const byIndex = new Map<number, Histogram>()
  for (const { index, up } of slices) {
    const whole = byIndex.get(index) ?? new Histogram()
    whole.addAll(up)
    byIndex.set(index, whole)
  }
  return [...byIndex].map(([index, up]) => ({ index, up })).sort((a, b) => a.index - b.index)
}
