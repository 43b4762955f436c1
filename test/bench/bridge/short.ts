// The form for CI: a few minutes, on a machine that may be busy. It asserts losses, and ratios to what runs in the same
// rounds; never a time.
import { busyMs } from './machine.ts'
import { checkBench } from './own-check.ts'
import type { Result } from './run.ts'
import { type Bench, cellsOf, cpuRatios, faultsOf, median, runSeries } from './series.ts'
import { cellTable } from './table.ts'

/** With fewer calls, what a worker does however many it has weighs more. */
const FULL = 200
/** What the product may cost beside those two, with the room that noise needs. Its aim is 0.8 and 0.95. */
const mostOver = (calls: number) => (calls >= FULL ? { naive: 1.35, 'ws-raw': 1.9 } : { naive: 1.5, 'ws-raw': 2.2 })

const ROUNDS = 3
const SECONDS = 4

/** Fewer calls where others leave little of the machine. */
async function callsFor({ cores }: Bench): Promise<number> {
  const all = [cores.bridge, ...cores.others.slice(0, 1)]
  const before = busyMs(all)
  const WATCHED_MS = 1_000
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS))
  const busy = (busyMs(all) - before) / WATCHED_MS / all.length
  return busy < 0.3 ? FULL : busy < 0.7 ? 100 : 50
}

/** @returns what is wrong, in sentences; none when all is well */
export async function runShort(bench: Bench, calls: number | null): Promise<{ wrong: string[]; results: Result[] }> {
  bench.say('A bridge with known faults')
  const wrong = await checkBench(bench)
  const count = calls ?? (await callsFor(bench))
  bench.say(`${count} calls, ${ROUNDS} rounds of ws-raw, naive and phony, ${SECONDS} s each`)
  const series = await runSeries(
    { ...bench, retries: 0 },
    { systems: ['ws-raw', 'naive', 'phony'], calls: [count], rounds: ROUNDS, seconds: SECONDS },
  )
  bench.say(`\n${cellTable(cellsOf(series))}\n`)
  const results = series.rounds.flatMap((round) => round.results)
  wrong.push(...series.failures.map(({ why }) => why))
  for (const result of results.filter(({ system }) => system === 'phony'))
    wrong.push(...faultsOf([result]).map((fault) => `${fault}.`))
  const most_over = mostOver(count)
  for (const over of ['naive', 'ws-raw'] as const) {
    const most = most_over[over]
    const ratio = median(cpuRatios(series, 'phony', over, count))
    if (ratio === null) wrong.push(`There is no round with both phony and ${over}.`)
    else bench.say(`CPU of phony over ${over}: ${ratio.toFixed(2)} (at most ${most})`)
    if (ratio !== null && ratio > most) wrong.push(`It costs ${ratio.toFixed(2)} times the CPU of ${over}.`)
  }
  return { wrong, results }
}
