// The store on MongoDB as a whole: where documents lie, and the indexes that come before them.
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CollectionSpec, Doc, DocStore, StoreError } from '../../../relay/store/doc-store.ts'
import { type MongoStoreOptions, openMongoStore } from '../../../relay/store/mongo-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { freshName } from '../../support/fresh-name.ts'
import {
  describeWithMongo,
  dropDatabases,
  type MongoServer,
  mongoIsAvailable,
  startMongo,
} from '../../support/mongo-server.ts'

// Servers start here, which a loaded machine does slowly.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const LABELS = {
  name: 'labels',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, label: 1 }, unique: true }, { keys: { tenant_id: 1, at: -1 } }],
} as const satisfies CollectionSpec

/** Not where there is the server of MONGODB_TEST_URL alone. */
const canStartAnother = await mongoIsAvailable({ own: true })

await describeWithMongo('the store on MongoDB', {}, () => {
  let server: MongoServer
  let client: MongoClient
  let database: string
  let opened: DocStore[]
  beforeAll(async () => {
    server = await startMongo()
    client = new MongoClient(server.url)
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  beforeEach(() => {
    database = `t_${freshName()}`
    opened = []
  })
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()))
    await dropDatabases(server, database)
  })

  async function open(options: Partial<MongoStoreOptions> = {}): Promise<DocStore> {
    const store = await openMongoStore({
      url: server.url,
      database,
      pool_size: 5,
      max_idle_ms: 30_000,
      isolation_level: 'database',
      deadline_ms: 20_000,
      ...options,
    })
    opened.push(store)
    return store
  }
  const labels = (store: DocStore, tenant_id = 'tn_one', spec: typeof LABELS = LABELS) =>
    store.forTenant(tenantScope(tenant_id, 'relay')).collection<Doc>(spec)
  const label = (_id: string, fields: object = {}) => ({ _id, tenant_id: 'tn_one', label: _id, ...fields })
  const namesIn = async (name: string): Promise<string[]> =>
    (await client.db(name).listCollections().toArray()).map((collection) => collection.name).sort()
  const databases = async (): Promise<string[]> =>
    (await client.db('admin').admin().listDatabases({ nameOnly: true })).databases
      .map(({ name }) => name)
      .filter((name) => name.startsWith(database))
      .sort()
  const refusal = (attempt: Promise<unknown>): Promise<StoreError> =>
    attempt.then(
      () => expect.unreachable('it was not refused'),
      (error) => error,
    )

  describe('places', () => {
    test('two tenants lie in two databases, and none in that of the installation', async () => {
      const store = await open()
      await labels(store).insertOne(label('a'))
      await labels(store, 'tn_two').insertOne({ ...label('b'), tenant_id: 'tn_two' })
      expect(await databases()).toEqual([database, `${database}_t_tn_one`, `${database}_t_tn_two`])
      const of = (tenant_id: string) => client.db(`${database}_t_${tenant_id}`).collection('labels').find().toArray()
      expect(await of('tn_one')).toMatchObject([{ _id: 'a', tenant_id: 'tn_one' }])
      expect(await of('tn_two')).toMatchObject([{ _id: 'b', tenant_id: 'tn_two' }])
      expect(await namesIn(database)).toEqual(['meta'])
    })

    test('at level schema tenants share a database and have collections of their own', async () => {
      const store = await open({ isolation_level: 'schema' })
      await labels(store).insertOne(label('a'))
      await labels(store, 'tn_two').insertOne({ ...label('a'), tenant_id: 'tn_two' })
      expect(await databases()).toEqual([database])
      expect(await namesIn(database)).toEqual(['meta', 't_tn_one__labels', 't_tn_two__labels'])
    })

    test('a tenant’s own level goes before that of the installation', async () => {
      const levelOf = (tenant_id: string) => (tenant_id === 'tn_two' ? 'database' : undefined)
      const store = await open({ isolation_level: 'schema', levelOf })
      await labels(store, 'tn_two').insertOne({ ...label('a'), tenant_id: 'tn_two' })
      expect(await databases()).toEqual([database, `${database}_t_tn_two`])
    })

    test.skipIf(!canStartAnother)(
      'at level cluster a tenant lies on the server of its own, or in its own database where it has none',
      async () => {
        const cluster = await startMongo({ own: true })
        const there = new MongoClient(cluster.url)
        try {
          const clusterUrlOf = (tenant_id: string) => (tenant_id === 'tn_one' ? cluster.url : null)
          const store = await open({ isolation_level: 'cluster', clusterUrlOf })
          await labels(store).insertOne(label('a'))
          await labels(store, 'tn_two').insertOne({ ...label('b'), tenant_id: 'tn_two' })
          expect(await there.db(`${database}_t_tn_one`).collection('labels').countDocuments()).toBe(1)
          expect(await databases()).toEqual([database, `${database}_t_tn_two`])
          await store.close()
          expect((await refusal(labels(store).find({}))).code).toBe('UNAVAILABLE')
        } finally {
          await there.close()
          await cluster.stop()
        }
      },
    )

    test('an address of a cluster that is none is refused for that tenant alone, without its password', async () => {
      const clusterUrlOf = (tenant_id: string) => (tenant_id === 'tn_one' ? 'mongodb://me:hid/den@one' : null)
      const store = await open({ isolation_level: 'cluster', clusterUrlOf })
      expect(() => labels(store)).toThrow('The cluster of tn_one has an @ or / inside its user or password')
      await labels(store, 'tn_two').insertOne({ ...label('b'), tenant_id: 'tn_two' })
    })

    test('reading what is not there makes nothing', async () => {
      const store = await open()
      expect(await labels(store).find({})).toEqual([])
      expect(await labels(store).count({})).toBe(0)
      expect(await labels(store).aggregate([{ $group: { _id: null } }])).toEqual([])
      expect(await labels(store).deleteMany({})).toBe(0)
      expect(await databases()).toEqual([database])
    })

    test('a tenant whose database could not be named is refused', async () => {
      const store = await open({ database: database.padEnd(31, 'x') })
      const attempt = () => labels(store, `tn_${'x'.repeat(40)}`)
      expect(attempt).toThrow(expect.objectContaining({ code: 'NOT_ALLOWED' }))
    })
  })

  describe('indexes', () => {
    test('are there before the first document, also when two relays write at once', async () => {
      const stores = [await open(), await open()]
      const attempts = Array.from({ length: 20 }, (_, nth) =>
        labels(stores[nth % 2]!).insertOne(label(`d${nth}`, { label: 'same' })),
      )
      const done = await Promise.allSettled(attempts)
      expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await labels(stores[0]!).count({})).toBe(1)
    })

    test('that serve a sort end in _id, so that a page is read in order', async () => {
      await labels(await open()).insertOne(label('a'))
      const keys = (await client.db(`${database}_t_tn_one`).collection('labels').listIndexes().toArray()).map(
        (index) => index.key,
      )
      expect(keys).toContainEqual({ tenant_id: 1, at: -1, _id: -1 })
      expect(keys).toContainEqual({ tenant_id: 1, label: 1 })
    })

    test('that differ stop writes with one sentence, until someone has dropped them', async () => {
      const there = client.db(`${database}_t_tn_one`).collection('labels')
      await there.createIndex({ tenant_id: 1, label: 1 })
      const store = await open()
      const { code, message } = await refusal(labels(store).insertOne(label('a')))
      expect(code).toBe('UNAVAILABLE')
      expect(message).toBe(
        `The index {tenant_id: 1, label: 1} of "labels" in the database "${database}_t_tn_one" is not unique as it ` +
          'must be; drop it, and the relay makes it anew.',
      )
      await there.dropIndex('tenant_id_1_label_1')
      await labels(store).insertOne(label('a'))
      expect(await refusal(labels(store).insertOne(label('b', { label: 'a' })))).toMatchObject({
        code: 'DUPLICATE_KEY',
        keys: ['tenant_id', 'label'],
      })
    })

    test('that documents break are refused as duplicates', async () => {
      const there = client.db(`${database}_t_tn_one`).collection<Doc>('labels')
      await there.insertMany([label('a'), label('b', { label: 'a' })])
      const error = await refusal(labels(await open()).insertOne(label('c')))
      expect(error.code).toBe('DUPLICATE_KEY')
      expect(error.message).toContain('it cannot be made unique')
    })

    test('that came with a new description are made behind the first read', async () => {
      await client.db(`${database}_t_tn_one`).collection<Doc>('labels').insertOne(label('a'))
      const store = await open()
      expect(await labels(store).find({})).toHaveLength(1)
      const there = client.db(`${database}_t_tn_one`).collection('labels')
      await vi.waitFor(async () => expect(await there.listIndexes().toArray()).toHaveLength(3), 10_000)
    })

    test('that a reader meets and that differ are told to the log, and he is answered', async () => {
      const there = client.db(`${database}_t_tn_one`).collection<Doc>('labels')
      await there.insertOne(label('a'))
      await there.createIndex({ tenant_id: 1, at: -1, _id: -1 }, { expireAfterSeconds: 60 })
      const lines: string[] = []
      const note = (message: string) => void lines.push(message)
      const store = await open({ log: { info: note, warn: note, error: note } })
      expect(await labels(store).find({})).toHaveLength(1)
      expect(await labels(store).find({})).toHaveLength(1)
      await vi.waitFor(() => expect(lines).toEqual(['The indexes of a collection cannot be made']), 10_000)
    })
  })

  describe('documents', () => {
    test('come back as plain data: text ids, dates, bytes', async () => {
      const all = labels(await open())
      await all.insertOne(label('a', { at: new Date(5), bytes: new Uint8Array([1, 2]), large: 2 ** 40 }))
      const back = await all.findOne({ _id: 'a' })
      expect(back?.at).toEqual(new Date(5))
      expect(back?.bytes).toBeInstanceOf(Uint8Array)
      expect(back?.large).toBe(2 ** 40)
      await all.updateOne({ _id: 'a' }, { $inc: { large: 1, made: 2 ** 40 } })
      expect(await all.findOne({ _id: 'a' })).toMatchObject({ large: 2 ** 40 + 1, made: 2 ** 40 })
    })

    test('over 16 MiB are refused and nothing is wrong afterwards', async () => {
      const all = labels(await open())
      const size = 17 * 1024 * 1024
      expect((await refusal(all.insertOne(label('a', { text: 'x'.repeat(size) })))).code).toBe('NOT_ALLOWED')
      await all.insertOne(label('b'))
      expect(await all.count({})).toBe(1)
    })

    test('that make an expression fail are told as a refusal, without what is in them', async () => {
      const all = labels(await open())
      await all.insertOne(label('private'))
      const error = await refusal(all.aggregate([{ $project: { size: { $size: '$label' } } }]))
      expect(error.code).toBe('NOT_ALLOWED')
      expect(error.message).not.toContain('private')
    })

    test('of a page larger than one answer of the server all come', async () => {
      const all = labels(await open())
      await all.insertMany(Array.from({ length: 2_500 }, (_, nth) => label(`d${nth}`)))
      expect(await all.find({})).toHaveLength(2_500)
      expect(await all.find({}, { limit: 1_500 })).toHaveLength(1_500)
      expect(await all.insertMany([])).toEqual({ inserted: 0, duplicates: 0 })
    })
  })

  test('a closed store says so, and closing it twice is one', async () => {
    const store = await open()
    await store.close()
    await store.close()
    for (const attempt of [store.ping(), labels(store).find({}), labels(store).insertOne(label('a'))]) {
      expect(await refusal(attempt)).toMatchObject({ code: 'UNAVAILABLE', message: 'The store is closed.' })
    }
  })
})
