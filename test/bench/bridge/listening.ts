// What those cost who watch: listeners on calls, listeners that stop reading, consoles on the events; and what a store does
// that stands still. They come and go while the same calls run on, so that each time with them stands beside a time without
// them in the same processes.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AudienceOrder, AudienceReport } from './audience.ts'
import { Histogram } from './histogram.ts'
import { cpuMs, total } from './machine.ts'
import type { Phony } from './phony.ts'
import { durations } from './run.ts'
import { type Bench, median, runClean } from './series.ts'
import { openStoreDoor, type StoreDoor } from './store-door.ts'
import { markdown, ms, withEdges } from './table.ts'

/** Between coming or going and being measured. */
const SETTLED_AFTER_MS = 1_000
const SLICE_MS = 100
/** Starting the sockets of an audience takes no longer. */
const GATHERED_WITHIN_MS = 4_000
const AUDIENCES = ['listeners', 'deaf listeners', 'one console', 'consoles', 'stalled store'] as const
type Audience = (typeof AUDIENCES)[number]
const WATCHERS: Record<Audience, number> = {
  listeners: 50,
  'deaf listeners': 50,
  'one console': 1,
  consoles: 100,
  'stalled store': 1,
}
const isOfEvents = (audience: Audience): boolean => audience === 'one console' || audience === 'consoles'

/** One stretch of time: milliseconds of CPU in a second, and what the calls felt. */
interface Stretch {
  worker_ms_per_s: number
  front_ms_per_s: number
  /** Of the tenant, each to every console. */
  events_per_s: number
  from_ms: number
  to_ms: number
}
interface Pair {
  without: Stretch
  with: Stretch
}
export interface Watched {
  audience: Audience
  watchers: number
  pairs: Pair[]
  /** Upstream, of all stretches together. */
  p99_without_ms: number | null
  p99_with_ms: number | null
  lost: number
}

export async function measureListening(bench: Bench, calls: number, seconds: number, pairs: number) {
  const done: Watched[] = []
  const door = bench.prepared.mongodb ? await openStoreDoor(bench.prepared.mongodb) : null
  const prepared = { ...bench.prepared, mongodb: door?.url ?? null }
  for (const audience of AUDIENCES) {
    if (audience === 'stalled store' && !door)
      bench.say('  A store that stands still is not measured: it needs --mongodb.')
    else done.push(await watched({ ...bench, prepared }, calls, seconds, pairs, audience, door))
  }
  door?.close()
  return done
}

async function watched(
  bench: Bench,
  calls: number,
  seconds: number,
  count: number,
  audience: Audience,
  door: StoreDoor | null,
) {
  const pairs: Pair[] = []
  bench.say(`  ${audience}:`)
  const pair_ms = 2 * (seconds * 1_000 + SETTLED_AFTER_MS) + GATHERED_WITHIN_MS
  const { result, slices } = await runClean(bench, {
    system: 'phony',
    calls,
    seconds: Math.ceil((count * pair_ms) / 1_000),
    slice_ms: SLICE_MS,
    async meanwhile(running, load) {
      const began_ms = performance.now()
      const phony = running as Phony
      pairs.length = 0
      while (pairs.length < count) {
        await settled()
        const without = await stretch(phony, seconds, began_ms)
        const go = audience === 'stalled store' ? door!.stop() : await gather(phony, load.call_sids, audience)
        try {
          await settled()
          pairs.push({ without, with: await stretch(phony, seconds, began_ms) })
        } finally {
          go()
        }
      }
    },
  })
  const p99_of = (which: keyof Pair): number | null => {
    const all = new Histogram()
    for (const { [which]: time } of pairs)
      for (const { index, up } of slices)
        if (index * SLICE_MS >= time.from_ms && (index + 1) * SLICE_MS <= time.to_ms) all.merge(up)
    return durations(all).p99_ms
  }
  return {
    audience,
    watchers: WATCHERS[audience],
    pairs,
    p99_without_ms: p99_of('without'),
    p99_with_ms: p99_of('with'),
    lost: result.frames.lost,
  } satisfies Watched
}

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLED_AFTER_MS))

async function stretch(phony: Phony, seconds: number, began_ms: number): Promise<Stretch> {
  const read = () => ({
    at_ms: performance.now(),
    worker: total(cpuMs, phony.pids),
    front: total(cpuMs, phony.helpers),
    events: phony.events(),
  })
  const before = read()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  const after = read()
  const per_s = (of: 'worker' | 'front' | 'events'): number =>
    (after[of] - before[of]) / ((after.at_ms - before.at_ms) / 1_000)
  return {
    worker_ms_per_s: per_s('worker'),
    front_ms_per_s: per_s('front'),
    events_per_s: per_s('events'),
    from_ms: before.at_ms - began_ms,
    to_ms: after.at_ms - began_ms,
  }
}

/** @returns what sends them away */
async function gather({ url, tenant_id, access_token }: Phony, call_sids: string[], audience: Audience) {
  const sockets = url.replace(/^http/, 'ws')
  const urls = isOfEvents(audience)
    ? Array.from({ length: WATCHERS[audience] }, () => `${sockets}/events/ws?tenant_id=${tenant_id}`)
    : call_sids.slice(0, WATCHERS[audience]).map((sid) => `${sockets}/calls/${sid}/listen`)
  const file = fileURLToPath(new URL('./audience.ts', import.meta.url))
  const child = fork(file, { execArgv: ['--import', 'tsx'] })
  child.send({ urls, token: access_token, reads: audience !== 'deaf listeners' } satisfies AudienceOrder)
  for (let tries = 0; (await ask(child)).open < urls.length; tries++) {
    if (tries > 100) throw new Error(`Of ${urls.length} sockets that watch, not all were let in.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return () => void child.kill('SIGKILL')
}

async function ask(child: ChildProcess): Promise<AudienceReport> {
  const answered = once(child, 'message')
  child.send('report')
  return ((await answered) as [AudienceReport])[0]
}

export function listeningTable(done: Watched[]): string {
  const rows = done.map((watched) => {
    const { audience, pairs, p99_without_ms, p99_with_ms, lost } = watched
    return [
      watched.watchers === 1 ? audience : `${watched.watchers} ${audience}`,
      ms(median(pairs.map(workerCost)), 1),
      ms(median(pairs.map(frontCost)), 1),
      eachCosts(watched),
      `${ms(p99_without_ms, 2)} / ${ms(p99_with_ms, 2)}`,
      String(lost),
    ]
  })
  const head = [
    'who watches',
    'worker, ms CPU per s',
    'front, ms CPU per s',
    'each',
    'up p99 ms without / with',
    'lost',
  ]
  return markdown(head, rows)
}

const workerCost = (pair: Pair): number => pair.with.worker_ms_per_s - pair.without.worker_ms_per_s
const frontCost = (pair: Pair): number => pair.with.front_ms_per_s - pair.without.front_ms_per_s

function eachCosts({ audience, watchers, pairs }: Watched): string {
  const isAllEvents = isOfEvents(audience)
  const costs = pairs.map((pair) => {
    const both = workerCost(pair) + frontCost(pair)
    return isAllEvents ? both / pair.with.events_per_s : both / watchers
  })
  return `${withEdges(costs)} ms ${isAllEvents ? 'an event to all' : 'per second'}`
}
