// MongoDB that is lost and comes back: errors in time, a return that is noticed, nothing acknowledged that is gone.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type Doc, type DocCollection, type DocStore, StoreError } from '../../../relay/store/doc-store.ts'
import { openMongoStore } from '../../../relay/store/mongo-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { type FaultMode, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts'
import { freshName } from '../../support/fresh-name.ts'
import { describeWithMongo, type MongoServer, startMongo } from '../../support/mongo-server.ts'
import { FACTS } from './facts.ts'

// Servers start here, which a loaded machine does slowly.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** What the API allows itself. */
const ANSWER_MS = 500
const RETURN_MS = 2_000

await describeWithMongo('a MongoDB that is lost', { own: true }, () => {
  let server: MongoServer
  let proxy: FaultProxy
  let store: DocStore
  let facts: DocCollection<Doc & { tenant_id: string }>
  let lines: string[]
  let next = 0
  const lag = monitorEventLoopDelay({ resolution: 10 })
  lag.enable()
  beforeAll(async () => {
    server = await startMongo({ own: true })
    proxy = await startFaultProxy(server.port)
  })
  afterAll(async () => {
    lag.disable()
    await proxy.close()
    await server.stop()
  })
  beforeEach(() => begin(proxy.port))
  /** @param port where MongoDB, or the proxy before it, listens */
  async function begin(port: number): Promise<void> {
    lines = []
    const note = (message: string) => void lines.push(message)
    store = await openMongoStore({
      // The proxy alone: the server would name its own port to a client that asks for its replica set.
      url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
      database: `t_${freshName()}`,
      pool_size: 20,
      max_idle_ms: 30_000,
      isolation_level: 'database',
      log: { info: note, warn: note, error: note },
    })
    facts = store.forTenant(tenantScope('tn_facts', 'relay')).collection<Doc>(FACTS)
    // Upserted until it is there: the deadline is the real one, and a busy machine may miss it.
    await answered(() => facts.updateOne({ _id: 'first' }, { $set: { call_sid: 'first', n: -1 } }, { upsert: true }))
  }
  afterEach(async () => {
    await proxy.set({ kind: 'pass' })
    await store.close()
  })
  const fact = (_id: string) => ({ _id, tenant_id: 'tn_facts', call_sid: _id, n: next++ })

  interface Try {
    code: string | null
    took_ms: number
  }
  const calls: (() => Promise<unknown>)[] = [
    () => facts.findOne({ _id: 'first' }),
    () => facts.insertOne(fact(`f${next}`)),
    () => facts.updateOne({ _id: 'first' }, { $inc: { k: 1 } }),
    () => facts.find({}, { limit: 5 }),
    () => facts.count({}),
    () => facts.findOneAndUpdate({ _id: 'first' }, { $inc: { k: 1 } }),
    () => facts.insertMany([fact(`f${next}`)]),
    () => facts.deleteMany({ _id: 'nothing' }),
    () => facts.aggregate([{ $group: { _id: null, n: { $sum: 1 } } }]),
    () => store.ping(),
  ]
  async function tried(call: () => Promise<unknown>): Promise<Try> {
    const start_ms = performance.now()
    const code = await call().then(
      () => null,
      (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
    )
    return { code, took_ms: performance.now() - start_ms }
  }
  /** One call each 20 ms, for so long; on a busy machine fewer. */
  async function load(ms: number, kinds = calls): Promise<Try[]> {
    const tries: Promise<Try>[] = []
    lag.reset()
    for (const end_ms = performance.now() + ms; performance.now() < end_ms; await sleep(20)) {
      tries.push(tried(kinds[tries.length % kinds.length]!))
    }
    return Promise.all(tries)
  }
  const answered = async (call: () => Promise<unknown>): Promise<void> => {
    while ((await tried(call)).code !== null) await sleep(10)
  }
  /** From now until a call is answered; those of every kind are, in the end. */
  async function msUntilBack(): Promise<number> {
    const start_ms = performance.now()
    await answered(calls[0]!)
    const back_ms = performance.now() - start_ms
    for (const call of calls) await answered(call)
    return back_ms
  }
  /** What a busy machine itself was late by is not the store's. */
  function expectInTime(tries: Try[]): void {
    const late_ms = lag.max / 1e6
    for (const { took_ms } of tries) expect(took_ms).toBeLessThan(ANSWER_MS + late_ms)
  }
  const OUTAGE = /^(UNAVAILABLE|DEADLINE_EXCEEDED)$/

  test.each<[string, FaultMode, number]>([
    ['black hole, short', { kind: 'blackhole' }, 600],
    ['black hole', { kind: 'blackhole' }, 3_500],
    ['refused connections', { kind: 'refuse' }, 2_000],
    ['reset connections', { kind: 'reset' }, 2_000],
    ['half a second of latency', { kind: 'latency', ms: 500 }, 2_000],
  ])('%s: every error comes in time, and the return is noticed in time', async (_, mode, lasts_ms) => {
    await proxy.set(mode)
    const tries = await load(lasts_ms)
    expect(tries.length).toBeGreaterThan(lasts_ms / 100)
    for (const { code } of tries) expect(code).toMatch(OUTAGE)
    expectInTime(tries)
    await proxy.set({ kind: 'pass' })
    expect(await msUntilBack()).toBeLessThan(RETURN_MS)
  })

  test('once it is known to be away calls fail at once, and the log says it once', async () => {
    await proxy.set({ kind: 'blackhole' })
    await load(1_000)
    const tries = await Promise.all(calls.map(tried))
    for (const { code, took_ms } of tries) {
      expect(code).toBe('UNAVAILABLE')
      expect(took_ms).toBeLessThan(50)
    }
    await proxy.set({ kind: 'pass' })
    await msUntilBack()
    expect(lines).toEqual(['MongoDB does not answer', 'MongoDB answers again'])
  })

  test('after a return nothing fails any more, also where old connections hang half open', async () => {
    await proxy.set({ kind: 'blackhole' })
    await load(500)
    await proxy.set({ kind: 'pass' })
    await msUntilBack()
    // Long enough for the driver to find out that its own watch on the server hangs. It then cuts what is in flight, and
    // repeats what can be repeated, as a read.
    const tries = await load(4_000, calls.slice(0, 1))
    expect(tries.filter(({ code }) => code !== null)).toEqual([])
  })

  test('a first write to a tenant fails in time too, and works after the return', async () => {
    await proxy.set({ kind: 'blackhole' })
    const others = store.forTenant(tenantScope('tn_other', 'relay')).collection<Doc>(FACTS)
    const doc = { ...fact('other'), tenant_id: 'tn_other' }
    expectInTime([await tried(() => others.insertOne(doc))])
    await proxy.set({ kind: 'pass' })
    await msUntilBack()
    await others.insertOne(doc)
  })

  test('a store can be closed while its server hangs', async () => {
    await proxy.set({ kind: 'blackhole' })
    const { took_ms } = await tried(() => store.close())
    expect(took_ms).toBeLessThan(1_500)
  })

  test('killed and started again: what was acknowledged is there, and the relay goes on by itself', async () => {
    const durable = await startMongo({ durable: true })
    onTestFinished(() => durable.stop())
    await store.close()
    await begin(durable.port)
    const acknowledged: string[] = []
    let isOver = false
    const write = async (writer: number): Promise<void> => {
      for (let nth = 0; !isOver; nth++) {
        const _id = `w${writer}-${nth}`
        try {
          await facts.insertOne(fact(_id))
          acknowledged.push(_id)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(OUTAGE) })
          await sleep(10)
        }
      }
    }
    const writers = [0, 1, 2, 3].map(write)
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(50), 10_000)
    await durable.kill9()
    const before = acknowledged.length
    expectInTime(await load(600))
    await durable.restart()
    expect(await msUntilBack()).toBeLessThan(RETURN_MS)
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before), 10_000)
    isOver = true
    await Promise.all(writers)
    const there = new Set((await facts.find({}, { fields: ['n'] })).map((doc) => doc._id))
    expect(acknowledged.filter((_id) => !there.has(_id))).toEqual([])
  })
})
