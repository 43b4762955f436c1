// Isolation by the wrapper alone: both tenants lie in one table, and hostile arguments try to cross over.
import { serialize } from 'bson'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../relay/platform/logger.ts'
import type { CollectionSpec, Doc, DocCollection, Filter, Update } from '../../../relay/store/doc-store.ts'
import { StoreError } from '../../../relay/store/doc-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { type RawStore, scopedStore } from '../../../relay/store/tenant-store.ts'
import { sharedTableStore } from '../../support/in-process-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const OWN = 'tn_own'
const FOREIGN = 'tn_foreign'
const SPEC = {
  name: 'secrets',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, n: 1 } }, { keys: { n: 1 } }],
} as const satisfies CollectionSpec

let folder: ReturnType<typeof temporaryFolder>
let raw: RawStore
let own: DocCollection<Doc & { tenant_id: string }>
let foreignBefore: string
beforeAll(async () => {
  folder = temporaryFolder()
  const opened = await sharedTableStore(folder.path)
  raw = opened.raw
  own = opened.store.forTenant(tenantScope(OWN, 'token')).collection(SPEC)
  const foreign = opened.store.forTenant(tenantScope(FOREIGN, 'token')).collection<Doc>(SPEC)
  for (let n = 0; n < 5; n++) {
    await foreign.insertOne({
      _id: `f${n}`,
      tenant_id: FOREIGN,
      n,
      secret: `secret ${n}`,
      list: [n],
      deep: { n },
    })
  }
  foreignBefore = await foreignBytes()
})
afterAll(async () => {
  await raw.close()
  folder.remove()
})
beforeEach(refill)

/** Past the wrapper, as it lies in the file. */
async function foreignBytes(): Promise<string> {
  const docs = await raw.collection(SPEC, FOREIGN).find({ tenant_id: FOREIGN }, { sort: { _id: 1 } })
  return docs.map((doc) => Buffer.from(serialize(doc)).toString('hex')).join()
}
async function refill(): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await own.updateOne({ _id: `o${n}` }, { $set: { n, list: [n], deep: { n } } }, { upsert: true })
  }
}

const value = fc.constantFrom<unknown>(
  OWN,
  FOREIGN,
  null,
  undefined,
  0,
  1,
  2,
  'f0',
  'o0',
  true,
  /.*/,
  new Date(0),
  Number.NaN,
  ['f0'],
  { $gt: '' },
)
const path = fc.constantFrom(
  'tenant_id',
  '_id',
  'n',
  'secret',
  'list',
  'deep.n',
  'deep',
  '$where',
  '__proto__',
  'constructor.prototype',
  '',
  'a..b',
  '$$ROOT',
)
const operator = fc.constantFrom(
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$not',
  '$regex',
  '$expr',
  '$elemMatch',
  '$where',
)
const test_ = fc.oneof(
  value,
  fc
    .tuple(operator, fc.oneof(value, fc.array(value, { maxLength: 3 }), fc.boolean()))
    .map(([op, operand]) => ({ [op]: operand })),
)
const leaf = fc.oneof(
  fc.tuple(path, test_).map(([field, given]) => own_({ [field]: given })),
  fc.constantFrom<Record<string, unknown>>(
    {},
    { tenant_id: FOREIGN },
    { tenant_id: { $ne: OWN } },
    { tenant_id: { $ne: null } },
    { tenant_id: { $in: [OWN, FOREIGN] } },
    { $where: 'true' },
    { $expr: { $eq: ['$tenant_id', FOREIGN] } },
    { $comment: 'x' },
    { $jsonSchema: {} },
    JSON.parse('{"__proto__": {"tenant_id": "tn_foreign"}}'),
  ),
)
/** Also `__proto__` as a field of its own. */
function own_(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields))
}
const hostileFilter = fc.letrec<{ filter: unknown }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' },
    leaf,
    fc.tuple(leaf, leaf).map(([one, two]) => ({ ...one, ...two })),
    fc
      .tuple(fc.constantFrom('$or', '$and', '$nor'), fc.array(tie('filter'), { maxLength: 3 }))
      .map(([op, branches]) => ({ [op]: branches })),
  ),
})).filter

const hostileUpdate = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        '$set',
        '$unset',
        '$inc',
        '$min',
        '$max',
        '$push',
        '$pull',
        '$addToSet',
        '$setOnInsert',
        '$rename',
        '$currentDate',
      ),
      fc.constantFrom('tenant_id', 'tenant_id.x', '_id', 'n', 'list', 'deep.n', 'secret', '__proto__.x', 'list.0'),
      value,
    )
    .map(([op, field, given]) => ({ [op]: { [field]: given } })),
  fc.constantFrom<unknown>({}, { tenant_id: FOREIGN }, [{ $set: { tenant_id: FOREIGN } }], {
    $set: { n: 1 },
    $rename: { n: 'tenant_id' },
  }),
)
const hostileStage = fc.oneof(
  hostileFilter.map(($match) => ({ $match })),
  fc.constantFrom<Record<string, unknown>>(
    { $unionWith: 'secrets' },
    { $lookup: { from: 'secrets', localField: 'n', foreignField: 'n', as: 'all' } },
    {
      $graphLookup: {
        from: 'secrets',
        startWith: '$n',
        connectFromField: 'n',
        connectToField: 'n',
        as: 'all',
      },
    },
    { $facet: { all: [{ $match: {} }] } },
    { $out: 'secrets' },
    { $merge: 'secrets' },
    { $documents: [{ tenant_id: FOREIGN }] },
    { $group: { _id: '$tenant_id', secrets: { $push: '$$ROOT' } } },
    { $project: { secret: 1, tenant_id: 1 } },
    { $unwind: '$list' },
    { $sort: { n: 1 } },
    { $limit: 10 },
    { $match: {}, $unionWith: 'secrets' },
  ),
)

describe('a tenant’s collection', () => {
  test('3,000 hostile filters, updates, deletes and pipelines: 0 breaches, foreign data byte-identical', async () => {
    const refused = new Set<string>()
    let answered = 0
    const attempt = async (run: () => Promise<unknown>): Promise<void> => {
      try {
        const result = (await run()) ?? null
        answered++
        expect(JSON.stringify(result)).not.toMatch(/secret \d|"(tenant_id|_id)":"(tn_foreign|f\d)"/)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        refused.add(error.code)
      }
    }
    const command = fc.tuple(
      fc.integer({ min: 0, max: 9 }),
      hostileFilter,
      hostileUpdate,
      fc.array(hostileStage, { maxLength: 3 }),
    )
    const property = fc.asyncProperty(command, async ([kind, given, change, stages]) => {
      const [filter, update] = [given as Filter, change as Update]
      await attempt(
        [
          () => own.find(filter),
          () => own.find(filter, { fields: ['secret', 'n'], sort: { n: 1 } }),
          () => own.findOne(filter),
          async () => void expect(await own.count(filter)).toBeLessThanOrEqual(4),
          () => own.updateOne(filter, update, { upsert: true }),
          async () => void expect((await own.updateMany(filter, update)).matched).toBeLessThanOrEqual(4),
          () => own.findOneAndUpdate(filter, update, { return_document: 'after' }),
          async () => void expect(await own.deleteMany(filter)).toBeLessThanOrEqual(4),
          () => own.aggregate(stages),
          () => own.insertOne({ _id: 'o3', ...(given as object) } as never),
        ][kind]!,
      )
      // The writes of one command are not the next one's find.
      if (kind < 4 || kind === 8) return
      await own.deleteMany({ _id: { $nin: ['o0', 'o1', 'o2'] } })
      await refill()
    })
    await fc.assert(property, { numRuns: 3_000 })
    expect(await foreignBytes()).toBe(foreignBefore)
    expect(answered).toBeGreaterThan(300)
    expect(refused).toContain('NOT_ALLOWED')
    expect(({} as Record<string, unknown>).tenant_id).toBeUndefined()
  }, 60_000)

  test('an insert with the _id of another tenant’s document says no more than that it is taken', async () => {
    await expect(own.insertOne({ _id: 'f0', tenant_id: OWN })).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
      keys: ['_id'],
    })
  })

  test('fields are picked without the tenant, unless it is asked for', async () => {
    expect(await own.find({ _id: 'o1' }, { fields: ['n'] })).toEqual([{ _id: 'o1', n: 1 }])
  })
})

describe('an adapter that makes a mistake', () => {
  // An adapter that forgets the filter: the planted leak.
  const leaking: RawStore = {
    collection: (spec, tenant_id) => {
      const real = () => raw.collection(spec, tenant_id)
      return {
        ...real(),
        find: async () => real().find({}),
        findOne: async () => real().findOne({ tenant_id: FOREIGN }),
        findOneAndUpdate: async () => real().findOne({ tenant_id: FOREIGN }),
      }
    },
    ping: async () => {},
    close: async () => {},
  }

  test.each<[string, (collection: typeof own) => Promise<unknown>]>([
    ['find', (collection) => collection.find({})],
    ['find with fields', (collection) => collection.find({}, { fields: ['n'] })],
    ['findOne', (collection) => collection.findOne({})],
    ['findOneAndUpdate', (collection) => collection.findOneAndUpdate({}, { $set: { n: 1 } })],
  ])('%s throws and alarms instead of showing a foreign document', async (_, run) => {
    const error = vi.fn()
    const store = scopedStore(leaking, { ...silentLogger, error })
    await expect(run(store.forTenant(tenantScope(OWN, 'token')).collection(SPEC))).rejects.toMatchObject({
      code: 'FOREIGN_TENANT',
    })
    expect(error).toHaveBeenCalledWith(expect.any(String), { tenant_id: OWN })
  })
})
