// The command line of the bench of the services.
import { parseArgs } from 'node:util'
import { wholeNumber } from '../command-line.ts'

export const PARTS = ['store', 'long-call', 'events', 'start', 'api'] as const
export type Part = (typeof PARTS)[number]

export interface Options {
  part: Part | 'all'
  /** Null: the part's own. */
  rounds: number | null
  seconds: number | null
  /** Requests a second of the paced runs; null: half of what the slower of the two can do. */
  rate: number | null
  /** Connections of the API's client. */
  connections: number
  /** Calls in progress while events are measured. */
  calls: number
  /** Only what has this in its name. */
  only: string | null
  /** A relay that is built already. */
  relay: string | null
}

export const USAGE = `node --import tsx test/bench/services.ts [store|long-call|api|events|start|all] [options]

  store      each operation of the store's port on MongoDB over the bare driver's on the same server; the embedded store beside
  long-call  one turn more of a call that has many, in the embedded store
  api        requests to the relay on MongoDB and Redis over the same to express and the driver alone
  events     from the model's final transcript at one relay to a console's socket at another, through Redis, and without
  start      from the start of the process to "ready", and to /health/ready
  all        one after the other (the default)

  --rounds N        pairs of blocks (store: 30), rounds (long-call and api: 5, events: 3), starts of each kind (start: 5)
  --seconds N       of each run in a round (api: 4; paced ones twice as long; events: 20)
  --rate N          api: requests a second in paced runs (half of what the slower of the two can do)
  --connections N   api: connections of the client (4)
  --calls N         events: calls in progress (20)
  --only TEXT       only operations, routes or kinds with this in their name
  --relay FILE      a built relay/main.js instead of building it

It starts a MongoDB and a Redis of its own, or uses the server of MONGODB_TEST_URL. What came of it: docs/performance-services.md.
Figures go to test-results/bench-services-*.json.
`

/** @throws with one sentence about what cannot be understood */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      connections: { type: 'string', default: '4' },
      calls: { type: 'string', default: '20' },
      only: { type: 'string' },
      relay: { type: 'string' },
    },
  })
  const [part = 'all', ...more] = positionals
  if (more.length > 0 || !isPart(part)) throw new Error(`One part at a time: ${PARTS.join(', ')} or all.`)
  const number = (name: 'rounds' | 'seconds' | 'rate'): number | null =>
    values[name] === undefined ? null : wholeNumber(name, values[name])
  return {
    part,
    rounds: number('rounds'),
    seconds: number('seconds'),
    rate: number('rate'),
    connections: wholeNumber('connections', values.connections),
    calls: wholeNumber('calls', values.calls),
    only: values.only ?? null,
    relay: values.relay ?? null,
  }
}

const isPart = (name: string): name is Part | 'all' => name === 'all' || PARTS.some((part) => part === name)
