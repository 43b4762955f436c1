// Events: from the moment the model sends the final transcript of what a caller said, to the moment a console has it on
// its socket. Real calls through relays as processes; the transcript is on the relay's disk before anyone is told, and
// that is within the time.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ScriptedSession } from '../../support/scripted-model.ts'
import { pickCores } from '../bridge/machine.ts'
import { buildRelay } from '../bridge/systems.ts'
import { markdown } from '../bridge/table.ts'
import { type Delays, delaysOf, keep, median } from '../figures.ts'
import { NUMBER, type Scene, setScene } from './event-scene.ts'
import type { Options } from './options.ts'
import { startServers } from './servers.ts'

const ROUNDS = 3
const SECONDS = 20
/** Each call's caller says so often something. */
const SENTENCE_EVERY_MS = 500
const CALLS_WITHIN_MS = 20_000
const QUIET_MS = 1_000
const LATE_MS = 2_000

/** Where the console is, and what tells it. */
const WAYS = ['at another relay, through Redis', 'at the same relay, through Redis', 'one relay, in process'] as const
type Way = (typeof WAYS)[number]

interface Result extends Delays {
  way: Way
  round: number
  /** Transcripts that the console was never told. */
  lost: number
  /** 99 of 100 waits for this process, which is phone, model and console, were shorter. */
  own_delay_p99_ms: number
  delays_ms: number[]
}

export async function measureEvents(options: Options, say: (line: string) => void): Promise<void> {
  const { bridge, others } = pickCores()
  const cores = [bridge, ...others]
  if (!options.relay) say('Building the relay …')
  const main = options.relay ?? buildRelay()
  const servers = await startServers()
  const scenes: Scene[] = []
  try {
    const shared = await setScene(main, cores, 2, servers.env())
    scenes.push(shared)
    const { REDIS_URL: _url, REDIS_KEY_PREFIX: _prefix, ...store_alone } = servers.env()
    const alone = await setScene(main, cores, 1, store_alone)
    scenes.push(alone)
    say(`Events: ${servers.mongodb.name}, ${servers.redis.name}; ${options.calls} calls`)
    const takes: Take[] = [
      { scene: shared, consoles: { [WAYS[0]]: 1, [WAYS[1]]: 0 } },
      { scene: alone, consoles: { [WAYS[2]]: 0 } },
    ]
    const results: Result[] = []
    for (let round = 0; round < (options.rounds ?? ROUNDS); round++)
      for (const take of round % 2 === 0 ? takes : [...takes].reverse())
        for (const result of await run(take, options)) {
          results.push({ ...result, round })
          const { way, count, lost, p50_ms, p99_ms } = result
          say(`  ${round + 1} ${way}: p50 ${p50_ms.toFixed(1)}, p99 ${p99_ms.toFixed(1)} ms of ${count}, ${lost} lost`)
        }
    say(`\n${table(results)}`)
    const { calls } = options
    say(keep('bench-services-events', { server: servers.mongodb.name, redis: servers.redis.name, calls, results }))
  } finally {
    for (const scene of scenes) await scene.close()
    await servers.close()
  }
}

interface Take {
  scene: Scene
  /** Consoles at the same time, each at the relay of this number. */
  consoles: Partial<Record<Way, number>>
}

async function run({ scene, consoles }: Take, { calls, seconds }: Options): Promise<Omit<Result, 'round'>[]> {
  const sent = new Map<string, number>()
  const delays = new Map<Way, number[]>()
  const sockets = await Promise.all(
    (Object.entries(consoles) as [Way, number][]).map(([way, relay]) => {
      const own: number[] = []
      delays.set(way, own)
      return scene.watch(relay, (text) => {
        const sent_ms = sent.get(text)
        if (sent_ms !== undefined) own.push(performance.now() - sent_ms)
      })
    }),
  )
  const { sessions, hangUp } = await placeCalls(scene, calls)
  await sleep(QUIET_MS)
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  await talk(sessions, seconds ?? SECONDS, sent)
  loop.disable()
  await sleep(LATE_MS)
  await hangUp()
  for (const socket of sockets) socket.terminate()
  return [...delays].map(([way, delays_ms]) => ({
    way,
    ...delaysOf(delays_ms),
    lost: sent.size - delays_ms.length,
    own_delay_p99_ms: Math.max(0, loop.percentile(99) / 1e6 - 1),
    delays_ms: delays_ms.map((ms) => Math.round(ms * 100) / 100),
  }))
}

/** @returns the model's side of each call, and what ends them */
async function placeCalls({ network, model }: Scene, count: number) {
  const from = model.sessions.length
  const calls = Array.from({ length: count }, () => network.placeCall({ from: '+14155550142', to: NUMBER }))
  const end_ms = performance.now() + CALLS_WITHIN_MS
  const talking = () =>
    model.sessions.slice(from).filter(({ received }) => received.some(({ type }) => type === 'response.create'))
  while (talking().length < count) {
    if (performance.now() > end_ms) throw new Error(`Only ${talking().length} of ${count} calls reached the model.`)
    await sleep(50)
  }
  return {
    sessions: talking(),
    async hangUp() {
      for (const call of calls) call.hangUp()
      await Promise.all(calls.map(({ ended }) => ended))
    },
  }
}

let spoken = 0

/** The callers say something in turn, evenly spread. */
async function talk(sessions: ScriptedSession[], seconds: number, sent: Map<string, number>): Promise<void> {
  const every_ms = SENTENCE_EVERY_MS / sessions.length
  const count = Math.floor((seconds * 1_000) / every_ms)
  const began_ms = performance.now()
  for (let n = 0; n < count; n++) {
    const wait_ms = began_ms + n * every_ms - performance.now()
    if (wait_ms > 0) await sleep(wait_ms)
    const session = sessions[n % sessions.length]!
    const [item_id, text] = [`item_${++spoken}`, `Sentence ${spoken}: when will my order arrive?`]
    const audio_start_ms = Math.round(performance.now() - began_ms)
    session.send({ type: 'input_audio_buffer.speech_started', item_id, audio_start_ms })
    sent.set(text, performance.now())
    session.send({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id,
      content_index: 0,
      transcript: text,
    })
  }
}

function table(results: Result[]): string {
  const rows = WAYS.map((way) => {
    const own = results.filter((result) => result.way === way)
    const middle = (of: (result: Result) => number): string => median(own.map(of)).toFixed(1)
    return [
      way,
      middle(({ p50_ms }) => p50_ms),
      middle(({ p95_ms }) => p95_ms),
      middle(({ p99_ms }) => p99_ms),
      Math.max(...own.map(({ max_ms }) => max_ms)).toFixed(1),
      String(own.reduce((sum, { count }) => sum + count, 0)),
      String(own.reduce((sum, { lost }) => sum + lost, 0)),
      middle(({ own_delay_p99_ms }) => own_delay_p99_ms),
    ]
  })
  return markdown(
    ['console', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'transcripts', 'lost', "bench's own p99 ms"],
    rows,
  )
}
