// What those cost who watch: listeners on calls, consoles on the events, and listeners that stop reading. Each is
// compared with the same calls and nobody watching, in the same round.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AudienceOrder, AudienceReport } from './audience.ts'
import type { Phony } from './phony.ts'
import type { Result, Wish } from './run.ts'
import { type Bench, median, runClean } from './series.ts'
import { markdown, ms } from './table.ts'

const LISTENERS = 50
const CONSOLES = 100

interface Watched {
  result: Result
  /** Events of the tenant in a second, each to every console. */
  events_per_s: number
  audience: AudienceReport | null
}
type Audience = 'nobody' | 'listeners' | 'deaf_listeners' | 'consoles'

export interface Listening {
  rounds: Record<Audience, Watched>[]
  listener_cpu_ms_per_s: number | null
  console_cpu_ms_per_event: number | null
  deaf_listener_adds_p99_ms: number | null
}

export async function measureListening(bench: Bench, calls: number, seconds: number, rounds: number) {
  const done: Listening['rounds'] = []
  for (let round = 0; round < rounds; round++) {
    const nobody = await watched(bench, calls, seconds, 'nobody')
    const listeners = await watched(bench, calls, seconds, 'listeners')
    const deaf_listeners = await watched(bench, calls, seconds, 'deaf_listeners')
    const consoles = await watched(bench, calls, seconds, 'consoles')
    done.push({ nobody, listeners, deaf_listeners, consoles })
  }
  const whole = ({ result }: Watched) => (result.cpu_ms_per_call_s + result.helper_cpu_ms_per_call_s) * calls
  const count = Math.min(LISTENERS, calls)
  return {
    rounds: done,
    listener_cpu_ms_per_s: median(done.map((of) => (whole(of.listeners) - whole(of.nobody)) / count)),
    console_cpu_ms_per_event: median(
      done.map((of) => (whole(of.consoles) - whole(of.nobody)) / of.consoles.events_per_s),
    ),
    deaf_listener_adds_p99_ms: median(
      done.map(({ deaf_listeners, nobody }) => (deaf_listeners.result.up.p99_ms ?? 0) - (nobody.result.up.p99_ms ?? 0)),
    ),
  } satisfies Listening
}

async function watched(bench: Bench, calls: number, seconds: number, audience: Audience): Promise<Watched> {
  let child: ChildProcess | null = null
  let events = 0
  let report: AudienceReport | null = null
  const wish: Wish = {
    system: 'phony',
    calls,
    seconds,
    async before(running, load) {
      const phony = running as Phony
      if (audience !== 'nobody') child = await gather(phony, load.call_sids, audience)
      return () => child?.kill('SIGKILL')
    },
    async meanwhile(running) {
      const phony = running as Phony
      const before = phony.events()
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
      events = phony.events() - before
      report = child && (await ask(child))
    },
  }
  bench.say(`  ${audience.replace('_', ' ')}:`)
  const { result } = await runClean(bench, wish)
  return { result, events_per_s: events / seconds, audience: report }
}

async function gather({ url, tenant_id, access_token }: Phony, call_sids: string[], audience: Audience) {
  const sockets = url.replace(/^http/, 'ws')
  const urls =
    audience === 'consoles'
      ? Array.from({ length: CONSOLES }, () => `${sockets}/events/ws?tenant_id=${tenant_id}`)
      : call_sids.slice(0, LISTENERS).map((sid) => `${sockets}/calls/${sid}/listen`)
  const file = fileURLToPath(new URL('./audience.ts', import.meta.url))
  const child = fork(file, { execArgv: ['--import', 'tsx'] })
  child.send({ urls, token: access_token, reads: audience !== 'deaf_listeners' } satisfies AudienceOrder)
  for (let tries = 0; (await ask(child)).open < urls.length; tries++) {
    if (tries > 100) throw new Error(`Of ${urls.length} sockets that watch, not all were let in.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return child
}

async function ask(child: ChildProcess): Promise<AudienceReport> {
  const answered = once(child, 'message')
  child.send('report')
  return ((await answered) as [AudienceReport])[0]
}

export function listeningTable({ rounds, ...figures }: Listening): string {
  const of = (audience: Audience, what: (watched: Watched) => number | null): string =>
    ms(median(rounds.flatMap((round) => what(round[audience]) ?? [])), 2)
  const rows = (['nobody', 'listeners', 'deaf_listeners', 'consoles'] as const).map((audience) => [
    audience.replace('_', ' '),
    of(audience, ({ result }) => result.cpu_ms_per_call_s),
    of(audience, ({ result }) => result.helper_cpu_ms_per_call_s),
    of(audience, ({ result }) => result.up.p50_ms),
    of(audience, ({ result }) => result.up.p99_ms),
    of(audience, ({ events_per_s }) => events_per_s),
    String(rounds.reduce((sum, round) => sum + round[audience].result.frames.lost, 0)),
  ])
  const head = ['who watches', 'ms CPU per call-s', 'beside', 'up p50 ms', 'up p99 ms', 'events per s', 'lost']
  return [
    markdown(head, rows),
    '',
    `One listener costs ${ms(figures.listener_cpu_ms_per_s, 2)} ms CPU per second (both voices, both processes).`,
    `One event to ${CONSOLES} consoles costs ${ms(figures.console_cpu_ms_per_event, 2)} ms CPU.`,
    `${LISTENERS} listeners that stop reading change the p99 by ${ms(figures.deaf_listener_adds_p99_ms, 2)} ms.`,
  ].join('\n')
}
