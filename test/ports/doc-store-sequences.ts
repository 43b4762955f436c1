// Random command sequences on two tenants of a store, compared step by step with the plain model of `doc-store-oracle.ts`.
import fc from 'fast-check'
import type { Direction, Doc, DocCollection, Filter, FindOptions, Scalar, Update } from '../../relay/store/doc-store.ts'
import { StoreError } from '../../relay/store/doc-store.ts'
import { type OracleFault, oraclePair } from './doc-store-oracle.ts'

type Collection = DocCollection<Doc & { tenant_id: string }>
type Run = (collection: Collection) => Promise<unknown>
interface Command {
  tenant: 0 | 1
  text: string
  run: Run
}

// Few values, so that commands meet the same documents and the same ties again and again.
const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const group = fc.constantFrom<Scalar>('x', 'y', 'é', '', null)
const number = fc.constantFrom<Scalar>(0, 1, 2, -3.5, 10, null)
const at = fc.integer({ min: 0, max: 4 }).map((step) => new Date(1e12 + step * 1000))
const tag = fc.constantFrom('p', 'q', 'r')

const document = fc
  .record(
    {
      _id: id,
      label: fc.oneof(fc.constantFrom<Scalar>(1, '1', null), fc.string({ maxLength: 3 })),
      group,
      n: number,
      free: number,
      at,
      phones: fc.array(tag, { maxLength: 3 }),
      deep: fc.record({ er: number }, { requiredKeys: [] }),
    },
    { requiredKeys: ['_id', 'label'] },
  )
  .map((doc) => doc as Doc)

const valueTest = (value: fc.Arbitrary<Scalar>): fc.Arbitrary<Scalar | Record<string, unknown>> => {
  const present = value.filter((item) => item !== null)
  return fc.oneof(
    value,
    fc.record({ $eq: value }),
    fc.record({ $ne: value }),
    fc.record({ $in: fc.array(value, { maxLength: 3 }) }),
    fc.record({ $nin: fc.array(value, { maxLength: 3 }) }),
    fc.record({ $gt: present }),
    fc.record({ $gte: present, $lt: present }),
    fc.record({ $lte: present }),
    fc.record({ $exists: fc.boolean() }),
  )
}

const clause: fc.Arbitrary<Filter> = fc.oneof(
  valueTest(id).map((test) => ({ _id: test }) as Filter),
  valueTest(group).map((test) => ({ group: test }) as Filter),
  valueTest(number).map((test) => ({ n: test }) as Filter),
  valueTest(number).map((test) => ({ free: test }) as Filter),
  valueTest(at).map((test) => ({ at: test }) as Filter),
  valueTest(tag).map((test) => ({ phones: test }) as Filter),
  valueTest(number).map((test) => ({ 'deep.er': test }) as Filter),
)
const filter: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: clause },
  { weight: 1, arbitrary: fc.array(clause, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })) },
  { weight: 1, arbitrary: fc.array(clause, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })) },
  {
    weight: 1,
    arbitrary: fc.tuple(clause, clause).map(([one, two]) => ({ $and: [one, { $or: [two, one] }] })),
  },
)

const update = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.record({ $set: fc.record({ group, n: number }, { requiredKeys: [] }) }),
  fc.record({ $set: fc.record({ 'deep.er': number, at }) }),
  fc.record({ $inc: fc.record({ n: fc.integer({ min: -2, max: 2 }) }) }),
  fc.record({
    $unset: fc.constantFrom({ group: true as const }, { n: true as const }, { 'deep.er': true as const }),
  }),
  fc.record({ $min: fc.record({ free: fc.integer({ min: -1, max: 3 }) }), $max: fc.record({ at }) }),
  fc.record({
    $push: fc.record({
      phones: fc.oneof(tag, fc.record({ $each: fc.array(tag), $slice: fc.constantFrom(-2, 0, 2) })),
    }),
  }),
  fc.record({ $addToSet: fc.record({ phones: tag }), $set: fc.record({ group }) }),
  fc.record({ $pull: fc.record({ phones: fc.oneof(tag, fc.record({ $in: fc.array(tag) })) }) }),
  fc.record({ $set: fc.record({ label: fc.constantFrom('1', null, 'z') }) }),
) as fc.Arbitrary<Update>

const sort = fc
  .uniqueArray(fc.tuple(fc.constantFrom('group', 'n', 'free', 'at'), fc.constantFrom<Direction>(1, -1)), {
    selector: ([field]) => field,
    maxLength: 2,
  })
  .map((fields) => Object.fromEntries(fields) as Record<string, Direction>)
const limit = fc.constantFrom(1, 2, 3, 50)

const command = (name: string, run: Run, ...shown: unknown[]): Omit<Command, 'tenant'> => ({
  text: `${name} ${JSON.stringify(shown)}`,
  run,
})

const anyCommand: fc.Arbitrary<Command> = fc
  .tuple(
    fc.constantFrom<0 | 1>(0, 1),
    fc.oneof(
      {
        weight: 6,
        arbitrary: document.map((doc) => command('insertOne', (c) => c.insertOne(doc as never), doc)),
      },
      {
        weight: 1,
        arbitrary: fc
          .array(document, { maxLength: 4 })
          .map((docs) => command('insertMany', (c) => c.insertMany(docs as never), docs)),
      },
      // The right id: of a document that only the other tenant may have.
      { weight: 2, arbitrary: id.map((_id) => command('findOne', (c) => c.findOne({ _id }), _id)) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(filter, sort, limit)
          .map(([f, s, l]) => command('find', (c) => c.find(f, { sort: s, limit: l }), f, s, l)),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(filter, sort, limit)
          .map(([f, s, l]) => command('pages', (c) => allPages(c, f, s, l), f, s, l)),
      },
      { weight: 2, arbitrary: filter.map((f) => command('count', (c) => c.count(f), f)) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(id, clause, update, fc.boolean())
          .map(([_id, f, u, upsert]) =>
            command(
              'updateOne',
              (c) => c.updateOne({ $and: [{ _id }, upsert ? {} : f] }, u, { upsert }),
              _id,
              f,
              u,
              upsert,
            ),
          ),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(filter, fc.oneof(update.filter((u) => !('label' in (u.$set ?? {})))))
          .map(([f, u]) => command('updateMany', (c) => updateAll(c, f, u), f, u)),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(filter, update, sort, fc.constantFrom<'before' | 'after'>('before', 'after'))
          .map(([f, u, s, return_document]) =>
            command(
              'findOneAndUpdate',
              (c) => c.findOneAndUpdate(f, u, { sort: { ...s, _id: 1 }, return_document }),
              f,
              u,
              s,
              return_document,
            ),
          ),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(clause, clause)
          .map(([f, g]) => command('deleteMany', (c) => c.deleteMany({ $and: [f, g] }), f, g)),
      },
      { weight: 1, arbitrary: filter.map((f) => command('aggregate', (c) => totals(c, f), f)) },
    ),
  )
  .map(([tenant, rest]) => ({ tenant, ...rest }))

/** An update of many stops halfway on MongoDB when one document refuses it, so only those that cannot refuse are compared. */
async function updateAll(collection: Collection, filter: Filter, update: Update): Promise<unknown> {
  if (update.$inc !== undefined) return collection.updateMany({ $and: [filter, { n: { $ne: null } }] }, update)
  return collection.updateMany(filter, update)
}

async function allPages(
  collection: Collection,
  filter: Filter,
  sort: Record<string, Direction>,
  limit: number,
): Promise<string[]> {
  const seen: string[] = []
  let after: FindOptions['after']
  for (let page = 0; page < 20; page++) {
    const docs = await collection.find(filter, { sort, limit, ...(after && { after }) })
    seen.push(`${docs.length}:`, ...docs.map((doc) => doc._id))
    const last = docs.at(-1)
    if (last === undefined) break
    after = { values: Object.keys(sort).map((field) => (last[field] ?? null) as Scalar), _id: last._id }
  }
  return seen
}

async function totals(collection: Collection, filter: Filter): Promise<unknown> {
  const rows = await collection.aggregate([
    { $match: filter },
    { $group: { _id: '$group', count: { $sum: 1 }, total: { $sum: '$n' } } },
  ])
  return rows.map((row) => JSON.stringify([row._id ?? null, row.count, row.total])).sort()
}

/** A comparable outcome: tenants differ in name, and the order of fields is the store's affair. */
async function outcome(run: Run, collection: Collection): Promise<string> {
  try {
    return JSON.stringify(normal(await run(collection)))
  } catch (error) {
    if (error instanceof StoreError) return `refused ${error.code}`
    throw error
  }
}

function normal(value: unknown): unknown {
  if (value instanceof Date) return { date: value.getTime() }
  if (Array.isArray(value)) return value.map(normal)
  if (typeof value !== 'object' || value === null) return value ?? null
  const fields = Object.entries(value).filter(([key, item]) => key !== 'tenant_id' && item !== undefined)
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, normal(item)]))
}

const everything: Run = (collection) => collection.find({}, { sort: { _id: 1 } })

/**
 * Throws a counterexample with its seed when the store and the model differ.
 * @param fresh two empty tenants
 */
export async function checkSequences(runs: number, fresh: () => Collection[], seed?: number): Promise<void> {
  const sequences = fc.array(anyCommand, { minLength: 20, maxLength: 60, size: 'max' })
  const property = fc.asyncProperty(sequences, async (commands) => {
    const subjects = fresh()
    const models = oraclePair()
    for (const { tenant, text, run } of commands) {
      const [got, expected] = [await outcome(run, subjects[tenant]!), await outcome(run, models[tenant]!)]
      if (got !== expected) throw new Error(`tenant ${tenant}: ${text}\n  store ${got}\n  model ${expected}`)
    }
    for (const tenant of [0, 1] as const) {
      const [got, expected] = [await outcome(everything, subjects[tenant]!), await outcome(everything, models[tenant]!)]
      if (got !== expected) throw new Error(`at the end, tenant ${tenant}\n  store ${got}\n  model ${expected}`)
    }
  })
  await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }), endOnFailure: runs > 100 })
}

/** Whether the sequences notice a fault planted in a copy of the model. */
export async function noticesFault(fault: OracleFault, runs: number): Promise<boolean> {
  const fresh = (): Collection[] => oraclePair(fault)
  return checkSequences(runs, fresh).then(
    () => false,
    () => true,
  )
}
