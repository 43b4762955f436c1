// What the bridge adds to a call and what it costs, beside other bridges on the same machine:
//
//   node --import tsx test/bench/bridge.ts --help
//
// Each system runs in a process of its own, alone on one core; the phone and the model are generators on the others.
// How it is measured and what came of it: docs/performance.md. Figures go to test-results/bridge-*.json.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { listeningTable, measureListening } from './bridge/listening.ts'
import { beUrgent, pickCores, pin } from './bridge/machine.ts'
import { type Options, readOptions, USAGE } from './bridge/options.ts'
import { type Bench, cellsOf, cpuRatios, runSeries, type Series } from './bridge/series.ts'
import { runShort } from './bridge/short.ts'
import { measureStalls, stallTable } from './bridge/stalling.ts'
import { buildRelay, installSdk, SYSTEM_NAMES, type SystemName } from './bridge/systems.ts'
import { callsBelow, cellTable, ladderTable, markdown, plot, withEdges } from './bridge/table.ts'
import { keep } from './figures.ts'

const LADDER = [10, 50, 100, 200, 400, 600, 800, 1_000]
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function ladder(bench: Bench, options: Options, systems: SystemName[], name: string): Promise<void> {
  const wish = { calls: options.calls ?? LADDER, rounds: options.rounds ?? 3, seconds: options.seconds ?? 5 }
  const series = await runSeries(bench, { systems, ...wish })
  const cells = cellsOf(series)
  say(`\n${cellTable(cells)}`)
  say(`\np99 of the added latency upstream in ms, and share of the core (~: no undisturbed run)\n`)
  say(ladderTable(cells, series.failures))
  for (const limit of [5, 20])
    say(`\nCalls at p99 < ${limit} ms: ${systems.map((one) => `${one} ${callsBelow(cells, one, limit)}`).join(', ')}`)
  sayRatios(series, systems, wish.calls)
  keep(`bridge-${name}`, { cells, series })
  if (options.plot) writeFileSync(options.plot, plot(cells))
}

function sayRatios(series: Series, systems: SystemName[], calls: number[]): void {
  const others = systems.filter((system) => system !== 'phony')
  if (!systems.includes('phony') || others.length === 0) return
  const rows = calls.map((count) => [
    String(count),
    ...others.map((other) => {
      const ratios = cpuRatios(series, 'phony', other, count)
      return ratios.length === 0 ? '-' : withEdges(ratios)
    }),
  ])
  say(`\nCPU of phony over that of the others, in the same round\n`)
  say(markdown(['calls', ...others], rows))
}

async function firstWords(bench: Bench, options: Options, systems: SystemName[]): Promise<void> {
  const calls = options.calls ?? [20]
  const rows: string[][] = []
  for (const open_after_ms of [0, 400, 2_000]) {
    say(`The model opens after ${open_after_ms} ms`)
    const series = await runSeries(bench, {
      systems,
      calls,
      open_after_ms,
      rounds: options.rounds ?? 1,
      seconds: options.seconds ?? 2,
    })
    for (const cell of cellsOf(series)) {
      const per_call = cell.lost / cell.calls / cell.runs
      const speech_ms = String(Math.round(per_call * 20))
      rows.push([String(open_after_ms), cell.system, String(cell.calls), per_call.toFixed(1), speech_ms, cell.faults])
    }
  }
  say(
    `\n${markdown(['model opens after ms', 'system', 'calls', 'frames lost per call', 'ms of speech', 'wrong'], rows)}`,
  )
  keep('bridge-first-words', { rows })
}

async function memory(bench: Bench, options: Options, systems: SystemName[]): Promise<void> {
  const wish = { calls: options.calls ?? [200], rounds: options.rounds ?? 3, seconds: options.seconds ?? 5 }
  const series = await runSeries({ ...bench, retries: 0 }, { systems, ...wish, collects: true })
  const cells = cellsOf(series)
  const rows = cells.map(({ system, calls, rss_kb_per_call }) => [system, String(calls), rss_kb_per_call.toFixed(0)])
  say(`\n${markdown(['system', 'calls', 'KB resident per call, after a collection'], rows)}`)
  keep('bridge-memory', { cells })
}

async function scenario(bench: Bench, options: Options): Promise<void> {
  const without_sdk = SYSTEM_NAMES.filter((name) => name !== 'agents-sdk' || bench.prepared.sdk)
  const wanted = options.withTls ? ['phony'] : options.only
  const systems = without_sdk.filter((name) => wanted?.includes(name) ?? name !== 'own')
  const calls = options.calls?.[0] ?? 200
  switch (options.scenario) {
    case 'ladder':
      return ladder(bench, options, systems, 'ladder')
    case 'overload': {
      const steps = [calls, Math.round(calls * 1.3)]
      return ladder(bench, { ...options, calls: steps }, options.only ?? ['phony'], 'overload')
    }
    case 'first-words':
      return firstWords(bench, options, systems)
    case 'memory':
      return memory(bench, options, systems)
    case 'stall': {
      const stalls = await measureStalls(bench, systems, calls, options.rounds ?? 3)
      say(`\n${stallTable(stalls)}`)
      keep('bridge-stall', { stalls })
      return
    }
    case 'listener': {
      const calls = options.calls?.[0] ?? 100
      const watched = await measureListening(bench, calls, options.seconds ?? 8, options.rounds ?? 5)
      say(`\n${listeningTable(watched)}`)
      keep('bridge-listener', { watched })
      return
    }
    case 'short': {
      const { wrong, results } = await runShort(bench, options.calls?.[0] ?? null)
      keep('bridge-short', { wrong, results })
      say(wrong.length === 0 ? 'The bridge is well.' : `The bridge is not well: ${[...new Set(wrong)].join(' ')}`)
      process.exitCode = wrong.length === 0 ? 0 : 1
      return
    }
    default:
      return options.scenario satisfies never
  }
}

/** The same command again, where it can be weighed apart from the shell it came from. */
async function inOwnSession(): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: 'inherit',
    env: { ...process.env, BENCH_IS_URGENT: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 1
}

async function main(args: string[]): Promise<void> {
  if (args.includes('--help')) return say(USAGE)
  const options = readOptions(args)
  if (options.isUrgent && !process.env.BENCH_IS_URGENT) return inOwnSession()
  if (options.isUrgent) beUrgent()
  const cores = pickCores()
  pin(process.pid, cores.others)
  const needs = (name: SystemName): boolean => options.only?.includes(name) ?? options.scenario !== 'short'
  const sdk = needs('agents-sdk') && options.scenario !== 'listener' ? installSdk(say) : null
  if (!options.relay) say('Building the relay …')
  const prepared = { main: options.relay ?? buildRelay(), sdk, mongodb: options.mongodb }
  const { retries, workers, isUrgent, withTls } = options
  await scenario({ cores, prepared, retries, workers, isUrgent, withTls, say }, options)
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
