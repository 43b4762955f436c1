// The API: the relay on MongoDB and Redis over express and the driver on the same database. One client, one server at a
// time on a core of its own; rounds in turned order, one ratio a round.
import { pickCores, pin } from '../bridge/machine.ts'
import { buildRelay } from '../bridge/systems.ts'
import { type Delays, delaysOf, keep } from '../figures.ts'
import { signIn } from '../shipped-relay.ts'
import { type Asked, load } from './api-load.ts'
import { compareAnswers, type Stage, SYSTEMS, type SystemName, setStage } from './api-stage.ts'
import { apiTable } from './api-table.ts'
import { AMOUNTS, agentId, newAgent } from './documents.ts'
import type { Options } from './options.ts'
import { startServers } from './servers.ts'

const ROUNDS = 5
const SECONDS = 4
/** Of this the first half is not looked at: code is compiled, connections are opened. */
const TRIAL_SECONDS = 4

/** `paced`: the same number of requests a second to both. `full`: each as fast as it can. */
export type Pace = 'paced' | 'full'
export interface Route {
  name: string
  next: (n: number) => Asked
}
const ROUTES: Route[] = [
  { name: 'GET /api/agents', next: () => ({ method: 'GET', path: '/api/agents' }) },
  { name: 'GET /api/agents/:id', next: (n) => ({ method: 'GET', path: `/api/agents/${agentId(n % AMOUNTS.agents)}` }) },
  { name: 'GET /api/calls?limit=50', next: () => ({ method: 'GET', path: '/api/calls?limit=50' }) },
  { name: 'POST /api/agents', next: (n) => ({ method: 'POST', path: '/api/agents', body: newAgent(`New ${n}`) }) },
]

export interface Result extends Delays {
  route: string
  pace: Pace
  round: number
  system: SystemName
  /** Asked for; null at full speed. */
  rate: number | null
  per_second: number
  /** Of the server. */
  cpu_ms_per_request: number
  delays_ms: number[]
}

export async function measureApi(options: Options, say: (line: string) => void): Promise<void> {
  const cores = pickCores()
  pin(process.pid, cores.others)
  if (!options.relay) say('Building the relay …')
  const main = options.relay ?? buildRelay()
  const servers = await startServers()
  const stage = await setStage(main, cores, servers.env())
  try {
    say(`API: ${servers.mongodb.name}, ${servers.redis.name}; ${options.connections} connections`)
    const routes = ROUTES.filter(({ name }) => name.includes(options.only ?? ''))
    const rates = new Map<Route, number>()
    for (const route of routes) {
      await compareAnswers(route, stage)
      rates.set(route, options.rate ?? (await halfOf(route, stage, options)))
    }
    const results: Result[] = []
    for (let round = 0; round < (options.rounds ?? ROUNDS); round++) {
      // An access token is good for ten minutes.
      stage.signed_in = await signIn(stage.systems.relay.url)
      const order = round % 2 === 0 ? SYSTEMS : [...SYSTEMS].reverse()
      for (const route of routes)
        for (const rate of [rates.get(route)!, null])
          for (const system of order) {
            // A paced run has fewer requests a second, and p99 needs many.
            const seconds = (options.seconds ?? SECONDS) * (rate === null ? 1 : 2)
            const done = await run(stage, options, { route, system, rate, seconds })
            results.push({ ...done, round })
            say(`  ${round + 1} ${lineOf(done)}`)
          }
    }
    say(`\n${apiTable(results)}`)
    const { connections } = options
    say(keep('bench-services-api', { server: servers.mongodb.name, redis: servers.redis.name, connections, results }))
  } finally {
    await stage.close()
    await servers.close()
  }
}

/** @returns requests a second: half of what the slower one can do */
async function halfOf(route: Route, stage: Stage, options: Options): Promise<number> {
  const speeds: number[] = []
  for (const system of SYSTEMS) {
    const trial = { route, system, rate: null, seconds: TRIAL_SECONDS / 2 }
    await run(stage, options, trial)
    speeds.push((await run(stage, options, trial)).per_second)
  }
  return Math.max(1, Math.floor(Math.min(...speeds) / 2))
}

let n = 0

async function run(
  { systems, signed_in, cpuMs, clear }: Stage,
  { connections }: Options,
  { route, system, rate, seconds }: { route: Route; system: SystemName; rate: number | null; seconds: number },
): Promise<Omit<Result, 'round'>> {
  const cpu_before_ms = cpuMs(system)
  const { url } = systems[system]
  const token = signed_in.access_token
  const done = await load({ url, token, connections, seconds, rate, next: () => route.next(++n) })
  const cpu_ms = cpuMs(system) - cpu_before_ms
  if (route.name.startsWith('POST')) await clear()
  const { delays_ms } = done
  return {
    route: route.name,
    pace: rate === null ? 'full' : 'paced',
    system,
    rate,
    ...delaysOf(delays_ms),
    per_second: delays_ms.length / done.seconds,
    cpu_ms_per_request: cpu_ms / delays_ms.length,
    delays_ms: delays_ms.map((ms) => Math.round(ms * 100) / 100),
  }
}

function lineOf({ route, pace, system, p50_ms, p99_ms, count, cpu_ms_per_request }: Omit<Result, 'round'>): string {
  const times = `p50 ${p50_ms.toFixed(1)}, p99 ${p99_ms.toFixed(1)} ms of ${count}`
  return `${route}, ${pace}, ${system}: ${times}, ${cpu_ms_per_request.toFixed(2)} ms CPU each`
}
