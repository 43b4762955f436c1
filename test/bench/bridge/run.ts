// One run: one system, so many calls, so many seconds. Fresh processes each time, so that no run inherits from another.
import type { Histogram } from './histogram.ts'
import { type Heard, type Load, type Standing, startLoad } from './load.ts'
import { busyMs, type Cores, cpuMs, residentKb, total, waitedMs } from './machine.ts'
import { openCollector } from './memory.ts'
import { FRAME_MS } from './orders.ts'
import { type Prepared, type Running, type SystemName, startSystem } from './systems.ts'
import { openTlsDoor, type TlsDoor } from './tls-door.ts'

export interface Durations {
  count: number
  p50_ms: number | null
  p99_ms: number | null
  max_ms: number | null
}

export interface Result {
  system: SystemName
  /** That came. What is said of one call is of those that were not refused. */
  calls: number
  seconds: number
  open_after_ms: number
  /** Milliseconds of CPU for one second of one call. */
  cpu_ms_per_call_s: number
  /** The same of processes beside the bridge's own, which are on other cores. */
  helper_cpu_ms_per_call_s: number
  /** Of the bridge's core. */
  core_share: number
  rss_kb_per_call: number
  up: Durations
  down: Durations
  clear: Durations
  clears_missing: number
  frames: Heard['frames']
  kept: number
  pieces: Heard['pieces']
  refused: number
  /**
   * What may have disturbed the run: how long the bridge waited for its core, how busy everything else kept the cores,
   * and how late the load was.
   */
  noise: Noise
  /** Why the figures of this run should not be believed; null for a clean one. */
  disturbed: string | null
}

export interface Noise {
  waited: number
  bridge_core: number
  load_cores: number
  load_share: number
  load_cpu_ms_per_call_s: number
  /** Of the frames that were due, how many the load sent in time to be counted. */
  load_kept_up: number
  late_p99_ms: number | null
}

export interface Wish {
  system: SystemName
  calls: number
  seconds: number
  open_after_ms?: number
  slice_ms?: number
  workers?: number
  isUrgent?: boolean
  /** To the model. */
  withTls?: boolean
  /** Memory is read after a forced collection. */
  collects?: boolean
  /** Done when all calls stand and before anything is counted. @returns what undoes it */
  before?: (running: Running, load: Load) => Promise<() => void>
  /** Done while it is listened to. */
  meanwhile?: (running: Running, load: Load) => Promise<void>
}

/**
 * What runs often has been compiled by then, and no longer during the measurement: so many frames of callers, if that takes
 * neither less nor longer than these milliseconds.
 */
const SETTLED_AFTER_FRAMES = 100_000
const [SETTLED_LEAST_MS, SETTLED_MOST_MS] = [5_000, 20_000]
const settlingMs = (calls: number): number =>
  Math.min(SETTLED_MOST_MS, Math.max(SETTLED_LEAST_MS, (SETTLED_AFTER_FRAMES * FRAME_MS) / calls))
/** A bridge that waits so long for a core that others use, or a load that sends its frames so late, spoils a run. */
const WAITED_SHARE = 0.02
const LATE_MS = 4
export const KEPT_UP = 0.97

export const durations = (histogram: Histogram): Durations => {
  const ms = (us: number | null): number | null => (us === null ? null : us / 1_000)
  return {
    count: histogram.count,
    p50_ms: ms(histogram.at(0.5)),
    p99_ms: ms(histogram.at(0.99)),
    max_ms: histogram.count > 0 ? histogram.max / 1_000 : null,
  }
}

export interface Run {
  result: Result
  slices: Heard['slices']
}

/** @throws when the calls do not stand in time, with what the system wrote */
export async function run(wish: Wish, cores: Cores, prepared: Prepared): Promise<Run> {
  const load = await startLoad(wish.calls, wish.open_after_ms ?? 0, wish.isUrgent ?? false)
  let tls: TlsDoor | null = null
  try {
    if (wish.withTls) tls = await openTlsDoor(load.model)
    const model = tls ?? { address: load.model, certificate: null }
    const running = await startSystem(wish.system, model, cores, prepared, wish.workers)
    try {
      return await measure(wish, cores, load, running)
    } catch (error) {
      throw new Error(`${wish.system}, ${wish.calls} calls: ${String(error)} ${running.output().slice(-600)}`, {
        cause: error,
      })
    } finally {
      await running.end()
    }
  } finally {
    tls?.close()
    load.end()
  }
}

async function measure(wish: Wish, cores: Cores, load: Load, running: Running): Promise<Run> {
  const collector = wish.collects ? await openCollector(running) : null
  await collector?.collect()
  const rss_before = total(residentKb, running.pids)
  const standing = await load.open(running.entrance)
  const undo = await wish.before?.(running, load)
  await new Promise((resolve) => setTimeout(resolve, settlingMs(wish.calls)))

  const read = () => ({
    at_ms: performance.now(),
    bridge: total(cpuMs, running.pids),
    helpers: total(cpuMs, running.helpers),
    waited: total(waitedMs, running.pids),
    load: total(cpuMs, [...load.pids, process.pid]),
    bridge_core: busyMs([cores.bridge]),
    load_cores: busyMs(cores.others),
  })
  const before = read()
  await Promise.all([load.listen(wish.seconds, wish.slice_ms), wish.meanwhile?.(running, load)])
  const after = read()
  await collector?.collect()
  collector?.close()
  const rss_after = total(residentKb, running.pids)
  undo?.()
  const heard = await load.finish()

  const ms = after.at_ms - before.at_ms
  const used = (of: Exclude<keyof typeof before, 'at_ms'>): number => after[of] - before[of]
  const carried = Math.max(1, wish.calls - standing.refused)
  const per_call_s = (cpu: number): number => cpu / (ms / 1_000) / carried
  const noise: Noise = {
    waited: used('waited') / ms / running.pids.length,
    bridge_core: Math.max(0, used('bridge_core') - used('bridge')) / ms,
    load_cores: Math.max(0, used('load_cores') - used('load') - used('helpers')) / ms,
    load_share: (used('load') + used('helpers')) / ms / cores.others.length,
    load_cpu_ms_per_call_s: per_call_s(used('load')),
    load_kept_up: heard.late.count / ((wish.seconds * 1_000) / FRAME_MS) / carried,
    late_p99_ms: durations(heard.late).p99_ms,
  }
  const result: Result = {
    system: wish.system,
    calls: wish.calls,
    seconds: wish.seconds,
    open_after_ms: wish.open_after_ms ?? 0,
    cpu_ms_per_call_s: per_call_s(used('bridge')),
    helper_cpu_ms_per_call_s: per_call_s(used('helpers')),
    core_share: used('bridge') / ms,
    rss_kb_per_call: (rss_after - rss_before) / carried,
    up: durations(heard.up),
    down: durations(heard.down),
    clear: durations(heard.clear),
    clears_missing: heard.clears_missing,
    frames: heard.frames,
    kept: heard.kept,
    pieces: heard.pieces,
    refused: standing.refused,
    noise,
    disturbed: disturbance(noise, standing),
  }
  return { result, slices: heard.slices }
}

/** Looks at the machine and at the load, never at the bridge. */
function disturbance(noise: Noise, { failures }: Standing): string | null {
  if (failures.length > 0) return failures.join(' ')
  if (noise.load_kept_up < KEPT_UP) return `the load sent ${percent(noise.load_kept_up)} of its frames`
  if (noise.waited > WAITED_SHARE) return `the bridge waited for its core for ${percent(noise.waited)} of the time`
  if ((noise.late_p99_ms ?? 0) > LATE_MS) return `the load was ${noise.late_p99_ms?.toFixed(1)} ms late (p99)`
  return null
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`
