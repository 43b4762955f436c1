// The bridge stands still for half a second, as when its machine is paused: how long until callers are heard in time
// again, and whether anything is lost.
import { type Bench, median, runClean } from './series.ts'
import type { SystemName } from './systems.ts'
import { markdown } from './table.ts'

const SECONDS = 6
const STALL_AFTER_MS = 1_500
const STALL_MS = 500
const SLICE_MS = 50
const LIMIT_US = 5_000

export interface Stalled {
  system: SystemName
  calls: number
  /** From the end of the stall to the first 100 ms whose frames were in time again; null: not while it was watched. */
  recovered_after_ms: number | null
  /** Later than at the start of the call. */
  lost: number
  disordered: number
}

export async function measureStalls(bench: Bench, systems: SystemName[], calls: number, rounds: number) {
  const stalls: Stalled[] = []
  for (let round = 0; round < rounds; round++)
    for (const system of systems) {
      const stalled = await stall(bench, system, calls)
      bench.say(`    in time again after ${stalled.recovered_after_ms ?? 'more than 4,000'} ms`)
      stalls.push(stalled)
    }
  return stalls
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function stall(bench: Bench, system: SystemName, calls: number): Promise<Stalled> {
  let went_on_ms = 0
  const { result, slices } = await runClean(bench, {
    system,
    calls,
    seconds: SECONDS,
    slice_ms: SLICE_MS,
    async meanwhile({ pids }) {
      const began = performance.now()
      await wait(STALL_AFTER_MS)
      for (const pid of pids) process.kill(pid, 'SIGSTOP')
      await wait(STALL_MS)
      for (const pid of pids) process.kill(pid, 'SIGCONT')
      went_on_ms = performance.now() - began
    },
  })
  const isInTime = (at: number): boolean => (slices[at]?.up.at(0.99) ?? Infinity) < LIMIT_US
  const first = slices.find(({ index }, at) => index * SLICE_MS >= went_on_ms && isInTime(at) && isInTime(at + 1))
  return {
    system,
    calls,
    recovered_after_ms: first ? Math.round(first.index * SLICE_MS - went_on_ms) : null,
    lost: result.frames.lost - result.frames.lost_at_start + result.pieces.lost,
    disordered: result.frames.disordered + result.pieces.disordered,
  }
}

export function stallTable(stalls: Stalled[]): string {
  const rows = [...new Set(stalls.map(({ system }) => system))].map((system) => {
    const own = stalls.filter((stalled) => stalled.system === system)
    const times = own.map(({ recovered_after_ms }) => recovered_after_ms ?? Number.POSITIVE_INFINITY)
    const sum = (of: (stalled: Stalled) => number) => String(own.reduce((total, stalled) => total + of(stalled), 0))
    return [
      system,
      String(own[0]?.calls),
      `${median(times)} (${Math.min(...times)} to ${Math.max(...times)})`,
      sum(({ lost }) => lost),
      sum(({ disordered }) => disordered),
    ]
  })
  return markdown(['system', 'calls', 'p99 < 5 ms again after ms', 'lost', 'out of order'], rows)
}
