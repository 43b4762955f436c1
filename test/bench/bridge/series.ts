// Many runs: every system in turn and in changing order, so that a machine that gets slower hurts all; disturbed runs
// again; and of all runs the medians. Ratios are of runs of the same round.
import { median as medianOf } from '../figures.ts'
import type { Cores } from './machine.ts'
import { KEPT_UP, type Result, type Run, run, type Wish } from './run.ts'
import type { Prepared, SystemName } from './systems.ts'

export interface Bench {
  cores: Cores
  prepared: Prepared
  retries: number
  workers: number
  isUrgent: boolean
  withTls: boolean
  say(line: string): void
}

/** What a system that could not do it at all leaves behind. */
export interface Failure {
  system: SystemName
  calls: number
  why: string
}
export interface Series {
  rounds: { round: number; results: Result[] }[]
  failures: Failure[]
}

const TOO_MANY = 'The cores of the load generate no more calls than that.'

export interface SeriesWish extends Omit<Wish, 'system' | 'calls'> {
  systems: SystemName[]
  calls: number[]
  rounds: number
}

export async function runSeries(bench: Bench, { systems, calls, rounds, ...wish }: SeriesWish): Promise<Series> {
  const series: Series = { rounds: [], failures: [] }
  for (let round = 0; round < rounds; round++) {
    const results: Result[] = []
    for (const count of calls)
      for (const system of turned(systems, round)) {
        // What could not carry so many calls once is not asked again.
        if (series.failures.some((failure) => failure.system === system && failure.calls <= count)) continue
        try {
          const { result } = await runClean(bench, { ...wish, system, calls: count })
          results.push(result)
          if (result.noise.load_kept_up < KEPT_UP) series.failures.push({ system, calls: count + 1, why: TOO_MANY })
        } catch (error) {
          series.failures.push({ system, calls: count, why: String(error) })
          bench.say(`  ${system}, ${count} calls: failed. ${String(error)}`)
        }
      }
    series.rounds.push({ round, results })
  }
  return series
}

const turned = <T>(all: T[], by: number): T[] => all.map((_, index) => all[(index + by) % all.length]!)

/** Again while it is disturbed, as often as is allowed. @returns the last one if all were */
export async function runClean(bench: Bench, wish: Wish): Promise<Run> {
  for (let tries = 0; ; tries++) {
    const { workers, isUrgent, withTls } = bench
    const done = await run({ workers, isUrgent, withTls, ...wish }, bench.cores, bench.prepared)
    bench.say(`  ${lineOf(done.result)}`)
    if (!done.result.disturbed || tries >= bench.retries) return done
  }
}

function lineOf(result: Result): string {
  const { system, calls, cpu_ms_per_call_s, core_share, up, clear, disturbed } = result
  const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(2))
  return (
    `${system.padEnd(10)} ${String(calls).padStart(5)} calls  ${cpu_ms_per_call_s.toFixed(2)} ms CPU per call-s` +
    `  core ${Math.round(core_share * 100)} %  up p50 ${ms(up.p50_ms)} p99 ${ms(up.p99_ms)} ms` +
    `  clear p99 ${ms(clear.p99_ms)} ms  ${faultWords([result])}${disturbed ? `  [disturbed: ${disturbed}]` : ''}`
  )
}

/**
 * What went wrong, in words; nothing when all is well. What is lost of the caller before the model is open, and what is lost
 * later, are two different faults.
 */
export function faultsOf(results: Result[]): string[] {
  const sum = (of: (result: Result) => number): number => results.reduce((total, result) => total + of(result), 0)
  const both = (of: keyof Result['frames']): number => sum(({ frames, pieces }) => frames[of] + pieces[of])
  const at_start = sum(({ frames }) => frames.lost_at_start)
  const found: [number, string][] = [
    [at_start, 'lost at the start'],
    [sum(({ frames }) => frames.lost) - at_start, 'of the caller lost'],
    [sum(({ pieces }) => pieces.lost), 'of the agent lost'],
    [both('doubled'), 'came twice'],
    [both('disordered'), 'out of order'],
    [both('crossed'), 'in another call'],
    [sum(({ clears_missing }) => clears_missing), 'interruptions without a clear'],
    [sum(({ refused }) => refused), 'calls refused'],
  ]
  return found.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
}

export const faultWords = (results: Result[]): string => faultsOf(results).join(', ') || '0 lost'

/** @returns null of none */
export const median = (values: number[]): number | null => (values.length === 0 ? null : medianOf(values))

export interface Cell {
  system: SystemName
  calls: number
  runs: number
  /** False: no run of these was undisturbed, so all were taken. */
  is_clean: boolean
  cpu_ms_per_call_s: number
  helper_cpu_ms_per_call_s: number
  core_share: number
  rss_kb_per_call: number
  up_p50_ms: number | null
  up_p99_ms: number | null
  /** The longest of all runs taken. */
  up_max_ms: number | null
  down_p50_ms: number | null
  down_p99_ms: number | null
  down_max_ms: number | null
  clear_p99_ms: number | null
  /** Interruptions in one run. */
  clears: number
  /** Frames of the caller. */
  lost: number
  /** What went wrong in all runs. */
  faults: string
}

/** One line for each system and number of calls. What went wrong is the sum of all runs, disturbed or not. */
export function cellsOf(series: Series): Cell[] {
  const results = series.rounds.flatMap((round) => round.results)
  const keys = [...new Set(results.map(({ system, calls }) => `${calls} ${system}`))]
  return keys.map((key) => {
    const all = results.filter(({ system, calls }) => `${calls} ${system}` === key)
    const clean = all.filter(({ disturbed }) => disturbed === null)
    return cellOf(all, clean.length > 0 ? clean : all, clean.length > 0)
  })
}

function cellOf(all: Result[], taken: Result[], is_clean: boolean): Cell {
  const { system, calls } = all[0]!
  const middle = (of: (result: Result) => number | null): number | null =>
    median(taken.flatMap((result) => of(result) ?? []))
  const most = (of: (result: Result) => number | null): number | null =>
    taken.reduce<number | null>((max, result) => (of(result) === null ? max : Math.max(max ?? 0, of(result)!)), null)
  return {
    system,
    calls,
    runs: taken.length,
    is_clean,
    cpu_ms_per_call_s: middle((result) => result.cpu_ms_per_call_s) ?? 0,
    helper_cpu_ms_per_call_s: middle((result) => result.helper_cpu_ms_per_call_s) ?? 0,
    core_share: middle((result) => result.core_share) ?? 0,
    rss_kb_per_call: middle((result) => result.rss_kb_per_call) ?? 0,
    up_p50_ms: middle(({ up }) => up.p50_ms),
    up_p99_ms: middle(({ up }) => up.p99_ms),
    up_max_ms: most(({ up }) => up.max_ms),
    down_p50_ms: middle(({ down }) => down.p50_ms),
    down_p99_ms: middle(({ down }) => down.p99_ms),
    down_max_ms: most(({ down }) => down.max_ms),
    clear_p99_ms: middle(({ clear }) => clear.p99_ms),
    clears: Math.round(middle(({ clear }) => clear.count) ?? 0),
    lost: all.reduce((total, { frames }) => total + frames.lost, 0),
    faults: faultWords(all),
  }
}

/**
 * CPU of one system over that of another, at one number of calls.
 * @returns each round's in which neither was disturbed; of all rounds where there is none
 */
export function cpuRatios(series: Series, of: SystemName, over: SystemName, calls: number): number[] {
  const pairs = series.rounds.flatMap(({ results }) => {
    const find = (name: SystemName) => results.find(({ system, ...one }) => system === name && one.calls === calls)
    const [a, b] = [find(of), find(over)]
    return a && b ? [{ ratio: a.cpu_ms_per_call_s / b.cpu_ms_per_call_s, is_clean: !a.disturbed && !b.disturbed }] : []
  })
  const clean = pairs.filter(({ is_clean }) => is_clean)
  return (clean.length > 0 ? clean : pairs).map(({ ratio }) => ratio)
}
