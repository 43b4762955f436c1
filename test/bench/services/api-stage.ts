// The two that answer the API on one core, and the tenant they answer for.
import { deepStrictEqual } from 'node:assert'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { openMongoStore } from '../../../relay/store/mongo-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { type Cores, cpuMs } from '../bridge/machine.ts'
import { type Program, startProgram } from '../bridge/processes.ts'
import { type SignedIn, signIn, startRelay } from '../shipped-relay.ts'
import type { Route } from './api.ts'
import { AMOUNTS, seed } from './documents.ts'

const BARE = fileURLToPath(new URL('./bare-api.mjs', import.meta.url))
/** With a server that hangs. */
const PATIENCE_MS = 10_000
export const SYSTEMS = ['relay', 'bare'] as const
export type SystemName = (typeof SYSTEMS)[number]

export interface Stage {
  systems: Record<SystemName, Program>
  signed_in: SignedIn
  /** Milliseconds of CPU that it has used so far. */
  cpuMs(system: SystemName): number
  /** The agents of the tenant are the seeded ones again. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** @param env where the store and the shared state are */
export async function setStage(main: string, cores: Cores, env: Record<string, string>): Promise<Stage> {
  const relay = await startRelay(main, [cores.bridge], env)
  const signed_in = await signIn(relay.url)
  const { tenant_id } = signed_in
  const { MONGODB_URL: url = '', MONGODB_DATABASE: database = '' } = env
  await fill(url, database, tenant_id)
  const own = `${database}_t_${tenant_id}`
  const bare = await startProgram(BARE, [cores.bridge], { MONGODB_URL: url, DATABASE: own, TENANT: tenant_id })
  const systems = { relay, bare }
  const client = new MongoClient(url, { socketTimeoutMS: PATIENCE_MS })
  return {
    systems,
    signed_in,
    cpuMs: (system) => cpuMs(systems[system].pid),
    async clear() {
      await client
        .db(own)
        .collection('agents')
        .deleteMany({ name: { $regex: '^New ' } })
      await client.db(own).collection('agent_versions').deleteMany({})
    },
    async close() {
      await client.close()
      await bare.end()
      await relay.end()
    },
  }
}

async function fill(url: string, database: string, tenant_id: string): Promise<void> {
  const isolation_level = 'database' as const
  const store = await openMongoStore({
    url,
    database,
    isolation_level,
    pool_size: 10,
    max_idle_ms: 30_000,
    deadline_ms: PATIENCE_MS,
  })
  await seed(store.forTenant(tenantScope(tenant_id, 'relay')), AMOUNTS)
  await store.close()
}

/** Both must answer with the same, or one of them does less. @throws (rejects) with what differs */
export async function compareAnswers({ name, next }: Route, { systems, signed_in, clear }: Stage): Promise<void> {
  const [relay, bare] = await Promise.all(
    SYSTEMS.map(async (system) => {
      const { method, path, body } = next(0)
      const answer = await fetch(systems[system].url + path, {
        method,
        headers: { authorization: `Bearer ${signed_in.access_token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      const json = (await answer.json()) as Record<string, unknown>
      // Of what is made new, each has its own name and time.
      const own = method === 'POST' ? { id: null, created_at: null, updated_at: null } : {}
      return { status: answer.status, json: { ...json, ...own } }
    }),
  )
  deepStrictEqual(relay, bare, `${name}: the two do not answer alike`)
  await clear()
}
