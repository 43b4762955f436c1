// One turn more of a call that has many: what it costs the embedded store to put it at the end of the record, beside the
// same with the record read whole and written anew, which a list that is cut takes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CollectionSpec, DocCollection, Update } from '../../../relay/store/doc-store.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { markdown } from '../bridge/table.ts'
import { keep, median, withSpread } from '../figures.ts'
import type { Options } from './options.ts'

const ROUNDS = 5
const UPDATES = 60
/** A caller and an agent who take turns: 15 in a minute. */
const CALLS = [
  { turns: 15, name: '1 minute' },
  { turns: 225, name: '15 minutes' },
  { turns: 900, name: '1 hour' },
]
const SESSIONS = {
  name: 'call_sessions',
  scope: 'platform',
  indexes: [{ keys: { started_at: -1 } }],
} as const satisfies CollectionSpec

interface Session {
  _id: string
  [field: string]: unknown
}
interface Round {
  turns: number
  appended_ms: number
  whole_ms: number
}

export async function measureLongCalls(options: Options, say: (line: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-'))
  const store = await openEmbeddedStore({ data_dir: folder, isolation_level: 'database', deadline_ms: 20_000 })
  try {
    const sessions = store.platform.collection<Session>(SESSIONS)
    const rounds: Round[] = []
    for (let round = 0; round < (options.rounds ?? ROUNDS); round++)
      for (const { turns } of CALLS) {
        const appended_ms = await oneAfterTheOther(sessions, turns, (turn) => ({ $push: { transcript: turn } }))
        const whole_ms = await oneAfterTheOther(sessions, turns, (turn) => ({
          $push: { transcript: { $each: [turn], $slice: -100_000 } },
        }))
        rounds.push({ turns, appended_ms, whole_ms })
      }
    say(`\n${table(rounds)}`)
    say(keep('bench-services-long-call', { rounds }))
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns milliseconds of CPU for one turn, of the store's thread and of the one that asks */
async function oneAfterTheOther(sessions: DocCollection<Session>, turns: number, update: (turn: object) => Update) {
  const _id = 'CA1'
  await sessions.deleteMany({ _id })
  const transcript = Array.from({ length: turns }, (_, index) => turnOf(index))
  await sessions.insertOne({ _id, started_at: new Date(), facts_seq: 0, transcript })
  const before = process.cpuUsage()
  for (let n = 0; n < UPDATES; n++)
    await sessions.updateOne({ _id, facts_seq: { $lt: n + 1 } }, update(turnOf(turns + n)))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / UPDATES
}

const turnOf = (turn_index: number) => ({
  turn_id: `turn_${turn_index}`,
  turn_index,
  speaker: 'agent',
  text: 'Good morning, this is the front desk of the shop. How can I help you today?',
  started_at: new Date(),
  ended_at: new Date(),
  is_final: true,
  heard_text: null,
  audio_ms: 4_200,
})

function table(rounds: Round[]): string {
  const rows = CALLS.map(({ turns, name }) => {
    const own = rounds.filter((round) => round.turns === turns)
    return [
      name,
      String(turns),
      withSpread(own.map(({ appended_ms }) => appended_ms)),
      withSpread(own.map(({ whole_ms }) => whole_ms)),
      median(own.map(({ appended_ms, whole_ms }) => whole_ms / appended_ms)).toFixed(1),
    ]
  })
  return markdown(['call', 'turns', 'one more, ms CPU', 'read whole, ms CPU', 'times'], rows)
}
