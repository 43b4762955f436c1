// The port's operations in the driver's words. What arrives was checked and bound to its tenant by `tenant-store.ts`.
import { type Collection, MongoBulkWriteError, type UpdateFilter } from 'mongodb'
import type { Direction, Doc, DocCollection, Filter, FindOptions, StoreError, Update } from './doc-store.ts'
import { isPlainObject } from './field-paths.ts'
import { failureOfCode, isDuplicate } from './mongo-failures.ts'
import type { MongoIndexes, MongoPlace } from './mongo-indexes.ts'
import type { MongoLink } from './mongo-link.ts'
import { afterFilter, type Sort, totalSort } from './paging.ts'

/** Documents of one answer of the server, when the caller gave no limit. */
const BATCH = 1_000
/** Of two upserts of one `_id` at once MongoDB may refuse one as a duplicate; asked again, it finds the document. */
const UPSERT_RACES = 2

export function mongoCollection(link: MongoLink, made: MongoIndexes, place: MongoPlace): DocCollection {
  const collection = link.collection(place)
  /** Also for deletes: they break no index and make no collection. */
  const read = <R>(run: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    made.beforeRead(place)
    return link.call(run)
  }
  const write = async <R>(run: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    await made.beforeWrite(place)
    return link.call(run)
  }
  const writeOrMake = async <R>(isUpsert: boolean, run: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    for (let left = isUpsert ? UPSERT_RACES : 0; ; left--) {
      try {
        return await write(run)
      } catch (error) {
        if (left === 0 || (error as StoreError).code !== 'DUPLICATE_KEY') throw error
      }
    }
  }
  const find = (filter: Filter, options: FindOptions): Promise<Doc[]> => {
    const flat = flatFilter(searched(filter, options))
    return read((signal) => collection.find(flat, findOptions(flat, options, signal)).toArray())
  }

  return {
    insertOne: async (doc) => {
      await write((signal) => collection.insertOne(doc, withSignal(signal)))
    },
    insertMany: async (docs) => {
      if (docs.length === 0) return { inserted: 0, duplicates: 0 }
      return write((signal) => insertMany(collection, docs, signal))
    },
    findOne: async (filter, options) => (await find(filter, { ...options, limit: 1 }))[0] ?? null,
    find: (filter, options = {}) => find(filter, options),
    count: (filter) => read((signal) => collection.countDocuments(flatFilter(filter), { signal })),
    updateOne: (filter, update, { upsert = false } = {}) =>
      writeOrMake(upsert, async (signal) =>
        updated(await collection.updateOne(flatFilter(filter), inDriver(update), withSignal(signal, { upsert }))),
      ),
    updateMany: (filter, update) =>
      write(async (signal) =>
        updated(await collection.updateMany(flatFilter(filter), inDriver(update), withSignal(signal))),
      ),
    findOneAndUpdate: (filter, update, { return_document = 'before', upsert = false, sort } = {}) =>
      writeOrMake(upsert, (signal) => {
        const flat = flatFilter(filter)
        const options = { returnDocument: return_document, upsert, ...sorted(flat, sort) }
        return collection.findOneAndUpdate(flat, inDriver(update), withSignal(signal, options))
      }),
    deleteMany: (filter) =>
      read(async (signal) => (await collection.deleteMany(flatFilter(filter), withSignal(signal))).deletedCount),
    aggregate: <R>(stages: Record<string, unknown>[]) =>
      read((signal) => collection.aggregate(stages, { signal, batchSize: BATCH }).toArray() as Promise<R[]>),
  }
}

/** The driver's type wants to know every field. */
const inDriver = (update: Update): UpdateFilter<Doc> => update as UpdateFilter<Doc>

/** The driver's types of writes do not know the signal; its code passes it on. */
function withSignal<O extends object>(signal: AbortSignal, options = {} as O): O {
  return Object.assign(options, { signal })
}

function searched(filter: Filter, { sort, after }: FindOptions): Filter {
  return after === undefined ? filter : { $and: [filter, afterFilter(totalSort(sort), after)] }
}

function findOptions(filter: Filter, { sort, limit, fields }: FindOptions, signal: AbortSignal) {
  return {
    signal,
    // One more than asked: the server then knows the end and keeps no cursor.
    batchSize: limit === undefined ? BATCH : limit + 1,
    ...(limit !== undefined && { limit }),
    ...(fields && { projection: Object.fromEntries(['_id', ...fields].map((field) => [field, 1])) }),
    ...sorted(filter, sort),
  }
}

/** The total order, except where one document at most can match: MongoDB would plan a sort for nothing. */
function sorted({ _id }: Filter, sort: Record<string, Direction> | undefined): { sort?: Sort } {
  const equal = isPlainObject(_id) ? _id.$eq : _id
  return typeof equal === 'string' ? {} : { sort: totalSort(sort) }
}

/**
 * The same filter without the nesting that the tenant's wrapper brings: less to send, and the `_id` is seen.
 * @source MongoDB, "$and": fields side by side are an AND; a field that is asked twice needs it spelt out
 */
export function flatFilter(filter: Filter): Filter {
  const flat: Filter = {}
  const more: Filter[] = []
  const collect = (part: Filter): void => {
    for (const [path, test] of Object.entries(part)) {
      if (path === '$and') for (const branch of test as Filter[]) collect(branch)
      else if (path in flat) more.push({ [path]: test })
      else flat[path] = test
    }
  }
  collect(filter)
  // Not every server that speaks this protocol looks at all fields before it chooses an index.
  const ordered = '_id' in flat ? { _id: flat._id, ...flat } : flat
  return more.length === 0 ? ordered : { ...ordered, $and: more }
}

async function insertMany(collection: Collection<Doc>, docs: Doc[], signal: AbortSignal) {
  try {
    await collection.insertMany(docs, withSignal(signal, { ordered: false }))
    return { inserted: docs.length, duplicates: 0 }
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const errors = [error.writeErrors].flat()
    const other = errors.find(({ code }) => !isDuplicate(code)) ?? error.result.getWriteConcernError()
    // The driver makes this error also of a command that failed as a whole and says nothing of single documents.
    const isWhole = error.insertedCount + errors.length < docs.length
    if (other !== undefined || isWhole) throw failureOfCode(Number((other ?? error).code))
    return { inserted: error.insertedCount, duplicates: errors.length }
  }
}

function updated(result: { matchedCount: number; modifiedCount: number; upsertedId: unknown }) {
  const { matchedCount: matched, modifiedCount: modified, upsertedId } = result
  return { matched, modified, upserted_id: typeof upsertedId === 'string' ? upsertedId : null }
}
