// The indexes of a collection, made before the first document is written to it in this process: a unique one that came
// later would meet documents that break it. Indexes that the description does not name are left alone.
import { type Collection, type IndexDescription, type IndexDescriptionInfo, MongoServerError } from 'mongodb'
import type { Logger } from '../platform/logger.ts'
import { type Direction, type Doc, type IndexSpec, StoreError } from './doc-store.ts'
import { isDuplicate, isOutage } from './mongo-failures.ts'
import type { MongoLink } from './mongo-link.ts'

export interface MongoPlace {
  database: string
  collection: string
  indexes: readonly IndexSpec[]
}

/** How long a write waits for an index. Over many documents it takes longer: MongoDB goes on, a later write sees it. */
const MAKING_MS = 5_000
const NAMESPACE_NOT_FOUND = 26
/** IndexOptionsConflict, IndexKeySpecsConflict. */
const CONFLICTS = [85, 86]

export class MongoIndexes {
  readonly #link: MongoLink
  readonly #log: Pick<Logger, 'error'> | undefined
  readonly #made = new Map<string, Promise<void>>()
  readonly #looked_at = new Set<string>()

  constructor(link: MongoLink, log?: Pick<Logger, 'error'>) {
    this.#link = link
    this.#log = log
  }

  /**
   * @throws StoreError UNAVAILABLE when an index on the same fields is not as described, DUPLICATE_KEY when documents
   *   break a new unique one
   */
  beforeWrite(place: MongoPlace): Promise<void> {
    const name = `${place.database}.${place.collection}`
    const kept = this.#made.get(name)
    if (kept !== undefined) return kept
    const making = this.#make(place, true)
    this.#made.set(name, making)
    making.catch(() => this.#made.delete(name))
    return making
  }

  /** A reader does not wait: without an index the answer is slower, not wrong. Where nothing is, nothing is made. */
  beforeRead(place: MongoPlace): void {
    const name = `${place.database}.${place.collection}`
    if (this.#made.has(name) || this.#looked_at.has(name)) return
    this.#looked_at.add(name)
    this.#make(place, false).catch((error: StoreError) => {
      if (isOutage(error) && !(error instanceof IndexError)) this.#looked_at.delete(name)
      else this.#log?.error('The indexes of a collection cannot be made', { collection: name, error: error.message })
    })
  }

  async #make(place: MongoPlace, isWrite: boolean): Promise<void> {
    const collection = this.#link.collection(place)
    const existing = await this.#link.call((signal) => indexesOf(collection, signal))
    if (existing === null && !isWrite) return
    const missing = missingIndexes(place, existing ?? [])
    if (missing.length === 0) return
    await this.#link.call((signal) => createIndexes(collection, missing, place, signal), MAKING_MS)
  }
}

/** The sentence of an index; its code is that of a store that cannot be used. */
class IndexError extends StoreError {}

/** Null when there is no such collection. */
async function indexesOf(collection: Collection<Doc>, signal: AbortSignal): Promise<IndexDescriptionInfo[] | null> {
  try {
    return await collection.listIndexes({ signal } as object).toArray()
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NAMESPACE_NOT_FOUND) return null
    throw error
  }
}

async function createIndexes(
  collection: Collection<Doc>,
  missing: IndexDescription[],
  place: MongoPlace,
  signal: AbortSignal,
): Promise<void> {
  try {
    await collection.createIndexes(missing, { signal } as object)
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error
    if (isDuplicate(error.code)) {
      const keys = Object.keys((error.keyPattern as object | undefined) ?? {})
      const message = `Documents of ${nameOf(place)} have the same ${keys.join(', ')}: it cannot be made unique.`
      throw new StoreError('DUPLICATE_KEY', message, { keys })
    }
    if (CONFLICTS.includes(Number(error.code))) {
      throw new IndexError('UNAVAILABLE', `${nameOf(place)} has an index under the name of another; drop it.`)
    }
    throw error
  }
}

/**
 * @returns what is described and not there
 * @throws StoreError UNAVAILABLE when one on the same fields differs in what it means for writes
 */
export function missingIndexes(place: MongoPlace, existing: IndexDescriptionInfo[]): IndexDescription[] {
  return place.indexes.flatMap((spec) => {
    const key = keyOf(spec)
    const unique = spec.unique === true
    const alike = existing.filter((index) => nameOfKey(index.key) === nameOfKey(key))
    const faults = alike.map((index) => faultOf(index, unique))
    if (faults.includes(null)) return []
    if (faults.length === 0) return [{ key, ...(unique && { unique }) }]
    const sentence = `The index {${nameOfKey(key)}} of ${nameOf(place)} ${faults[0]}`
    throw new IndexError('UNAVAILABLE', `${sentence}; drop it, and the relay makes it anew.`)
  })
}

function faultOf(index: IndexDescriptionInfo, unique: boolean): string | null {
  if (index.expireAfterSeconds !== undefined) return 'deletes documents after a time'
  if ((index.unique === true) !== unique) return unique ? 'is not unique as it must be' : 'is unique and must not be'
  if (!unique) return null
  if (index.sparse || index.partialFilterExpression) return 'leaves documents out and must be unique over all'
  return index.collation ? 'takes different texts for the same' : null
}

/** The sort's last field, `_id`, is in the index too, so that a page is read from it without sorting. */
function keyOf({ keys, unique }: IndexSpec): Record<string, Direction> {
  return unique || '_id' in keys ? { ...keys } : { ...keys, _id: Object.values(keys).at(-1) ?? 1 }
}

const nameOfKey = (key: object): string =>
  Object.entries(key)
    .map(([path, direction]) => `${path}: ${direction}`)
    .join(', ')
const nameOf = ({ database, collection }: MongoPlace): string => `"${collection}" in the database "${database}"`
