// The store: each operation through the port over the same of the bare driver. Short blocks in pairs, the order turned
// each time, so that a machine that gets slower hurts both; one ratio a pair.
import { deepStrictEqual } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import type { DocStore, TenantStore } from '../../../relay/store/doc-store.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { CLIENT_OPTIONS } from '../../../relay/store/mongo-link.ts'
import { openMongoStore } from '../../../relay/store/mongo-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { markdown } from '../bridge/table.ts'
import { keep, median, withSpread } from '../figures.ts'
import { AMOUNTS, seed } from './documents.ts'
import type { Options } from './options.ts'
import { startServers } from './servers.ts'
import { type Operation, operationsOf } from './store-operations.ts'

const TENANT = 'tnt_bench0001'
const ISOLATION = 'database' as const
/** As config.ts has them. */
const POOL = { size: 50, idle_ms: 30_000 }
const PAIRS = 30
/** A slow server is not what is measured. */
const DEADLINE_MS = 5_000
/** How many are asked at a time: one after the other, and as on a busy relay. */
const AT_A_TIME = [1, 4]
/** What a block takes about. */
const BLOCK_MS = 60
const [LEAST, MOST] = [4, 200]
const WARM_UP_BLOCKS = 3

interface Block {
  /** Of one operation, from its question to its answer when one is asked at a time. */
  us: number
  /** Of this process, a millionth of a second of CPU an operation. */
  cpu_us: number
}
interface Pair {
  port: Block
  bare: Block
  embedded: Block
}
interface Row {
  operation: string
  at_a_time: number
  count: number
  pairs: Pair[]
}

export async function measureStore(options: Options, say: (line: string) => void): Promise<void> {
  const servers = await startServers()
  const folder = mkdtempSync(join(tmpdir(), 'phony-bench-'))
  const { MONGODB_URL: url = '', MONGODB_DATABASE: database = '' } = servers.env()
  const client = new MongoClient(url, {
    ...CLIENT_OPTIONS,
    serverSelectionTimeoutMS: 500,
    maxPoolSize: POOL.size,
    maxIdleTimeMS: POOL.idle_ms,
  })
  const stores: DocStore[] = []
  try {
    const placing = { isolation_level: ISOLATION, deadline_ms: DEADLINE_MS }
    stores.push(
      await openMongoStore({ url, database, pool_size: POOL.size, max_idle_ms: POOL.idle_ms, ...placing }),
      await openEmbeddedStore({ data_dir: folder, ...placing }),
    )
    const [mongo, embedded] = stores.map((store) => store.forTenant(tenantScope(TENANT, 'relay')))
    const sides: Sides = { port: mongo!, embedded: embedded!, bare: client.db(`${database}_t_${TENANT}`) }
    await seed(sides.port, AMOUNTS)
    await seed(sides.embedded, AMOUNTS)
    say(`Store: ${servers.mongodb.name}; ${AMOUNTS.agents} agents, ${AMOUNTS.calls} calls`)
    const rows: Row[] = []
    for (const operation of operationsOf(TENANT)) {
      if (options.only && !operation.name.includes(options.only)) continue
      await compareAnswers(operation, sides)
      for (const at_a_time of AT_A_TIME) {
        const row = await measure(operation, at_a_time, sides, options.rounds ?? PAIRS)
        rows.push(row)
        say(`  ${operation.name}, ${at_a_time} at a time: ${withSpread(ratios(row))}`)
      }
    }
    say(`\n${table(rows)}`)
    say(keep('bench-services-store', { server: servers.mongodb.name, rows }))
  } finally {
    for (const store of stores) await store.close()
    await client.close()
    await servers.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Sides {
  port: TenantStore
  embedded: TenantStore
  bare: Db
}

/** A read that answers less would look fast. */
async function compareAnswers(operation: Operation, { port, embedded, bare }: Sides): Promise<void> {
  if (!operation.isRead) return
  const answer = await operation.bare(bare, 0)
  deepStrictEqual(stripped(await operation.port(port, 0)), stripped(answer), `${operation.name}: the port`)
  deepStrictEqual(stripped(await operation.port(embedded, 0)), stripped(answer), `${operation.name}: embedded`)
}

/** The port leaves out the tenant where only some fields are asked; dates and numbers count, not their classes. */
const stripped = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer), (key, value: unknown) => (key === 'tenant_id' ? undefined : value))

let n = 0

async function measure(operation: Operation, at_a_time: number, sides: Sides, rounds: number): Promise<Row> {
  const ask = {
    port: () => operation.port(sides.port, ++n),
    bare: () => operation.bare(sides.bare, ++n),
    embedded: () => operation.port(sides.embedded, ++n),
  }
  // Whoever comes first finds code that was never run and connections that are not open.
  const tried = await block(ask.bare, LEAST * at_a_time, at_a_time)
  const count = Math.round(Math.min(MOST, Math.max(LEAST * at_a_time, (BLOCK_MS * 1_000) / tried.us)))
  for (let warm = 0; warm < WARM_UP_BLOCKS; warm++)
    for (const one of Object.values(ask)) await block(one, count, at_a_time)
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['port', 'bare'] as const) : (['bare', 'port'] as const)
    const pair: Partial<Pair> = {}
    for (const side of order) pair[side] = await block(ask[side], count, at_a_time)
    pair.embedded = await block(ask.embedded, count, at_a_time)
    pairs.push(pair as Pair)
  }
  return { operation: operation.name, at_a_time, count, pairs }
}

async function block(ask: () => Promise<unknown>, count: number, at_a_time: number): Promise<Block> {
  let left = count
  const cpu = process.cpuUsage()
  const began_ms = performance.now()
  await Promise.all(
    Array.from({ length: at_a_time }, async () => {
      while (left-- > 0) await ask()
    }),
  )
  const us = ((performance.now() - began_ms) * 1_000) / count
  const { user, system } = process.cpuUsage(cpu)
  return { us, cpu_us: (user + system) / count }
}

const ratios = ({ pairs }: Row): number[] => pairs.map(({ port, bare }) => port.us / bare.us)

function table(rows: Row[]): string {
  const ms = (values: number[]): string => (median(values) / 1_000).toFixed(2)
  const lines = rows.map((row) => {
    const { pairs } = row
    return [
      row.operation,
      String(row.at_a_time),
      ms(pairs.map(({ bare }) => bare.us)),
      ms(pairs.map(({ port }) => port.us)),
      withSpread(ratios(row)),
      median(pairs.map(({ port, bare }) => port.us - bare.us)).toFixed(0),
      `${median(pairs.map(({ bare }) => bare.cpu_us)).toFixed(0)} / ${median(pairs.map(({ port }) => port.cpu_us)).toFixed(0)}`,
      ms(pairs.map(({ embedded }) => embedded.us)),
    ]
  })
  const head = ['operation', 'at a time', 'driver ms', 'port ms', 'port / driver (10 to 90 %)', 'more µs']
  return markdown([...head, 'CPU µs driver / port', 'embedded ms'], lines)
}
