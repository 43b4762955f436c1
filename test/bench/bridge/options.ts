// The command line of the bench.
import { parseArgs } from 'node:util'
import { wholeNumber } from '../command-line.ts'
import { SYSTEM_NAMES, type SystemName } from './systems.ts'

export const SCENARIOS = ['ladder', 'first-words', 'memory', 'stall', 'listener', 'overload', 'short'] as const
export type Scenario = (typeof SCENARIOS)[number]

export interface Options {
  scenario: Scenario
  /** Null: the scenario's own. */
  calls: number[] | null
  seconds: number | null
  rounds: number | null
  only: SystemName[] | null
  /** A disturbed run is repeated so often. */
  retries: number
  workers: number
  isUrgent: boolean
  withTls: boolean
  /** A relay that is built already. */
  relay: string | null
  /** The file of the ladder's picture. */
  plot: string | null
  /** Of a MongoDB that stands still for a while. */
  mongodb: string | null
}

export const USAGE = `node --import tsx test/bench/bridge.ts [scenario] [options]

Without a scenario: a ladder of calls, CPU and added latency of every system at each step.
  --first-words   what is lost of the caller while the model opens in 0, 400 and 2,000 ms
  --memory        memory of one call, after a forced collection
  --stall         the bridge stands still for 500 ms: how long until it has caught up, and what is lost
  --listener      what a listener and a hundred consoles cost, and what one does that stops reading
  --overload      1.3 times the calls of --calls
  --short         for CI: ratios and losses, never times; ends with a verdict and exit code 0 or 1

  --calls 10,50   how many calls, in steps        --only phony,naive  which systems: ${SYSTEM_NAMES.join(', ')}
  --seconds 5     how long each run is measured   --retries 2         how often a disturbed run is repeated
  --rounds 3      how often everything is run     --workers 1         call workers of the product
  --relay FILE    a built relay/main.js instead of building it
  --plot FILE     the picture of the ladder (docs/pictures/bridge-p99.svg)
  --mongodb URL   with --listener: the product on this MongoDB, and what it does to the calls when it stands still
  --tls           the way to the model is TLS, as it is to the real one (the product only)
  --urgent        comes before everything else on this machine (needs the right to): for machines that others use too
`

/** @throws with one sentence about what cannot be understood */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(SCENARIOS.map((name) => [name, { type: 'boolean' as const }])),
      calls: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      retries: { type: 'string', default: '2' },
      workers: { type: 'string', default: '1' },
      relay: { type: 'string' },
      plot: { type: 'string' },
      mongodb: { type: 'string' },
      urgent: { type: 'boolean', default: false },
      tls: { type: 'boolean', default: false },
    },
  })
  const flags = values as Record<string, string | boolean | undefined>
  const asked = SCENARIOS.filter((name) => flags[name] === true)
  if (asked.length > 1) throw new Error(`One scenario at a time: ${asked.join(' or ')}.`)
  const number = (name: 'seconds' | 'rounds'): number | null =>
    values[name] === undefined ? null : wholeNumber(name, values[name])
  return {
    scenario: asked[0] ?? 'ladder',
    calls: values.calls?.split(',').map((text) => wholeNumber('calls', text)) ?? null,
    seconds: number('seconds'),
    rounds: number('rounds'),
    only: values.only?.split(',').map(systemNamed) ?? null,
    retries: wholeNumber('retries', values.retries, 0),
    workers: wholeNumber('workers', values.workers),
    isUrgent: values.urgent,
    withTls: values.tls,
    relay: values.relay ?? null,
    plot: values.plot ?? null,
    mongodb: values.mongodb ?? null,
  }
}

function systemNamed(name: string): SystemName {
  const found = SYSTEM_NAMES.find((known) => known === name)
  if (!found) throw new Error(`There is no system "${name}": ${SYSTEM_NAMES.join(', ')}.`)
  return found
}
