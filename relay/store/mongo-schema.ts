// Which form the documents of a store have, written into it: two relays that understand different forms must not share
// one, and a database of another program must not be taken for an empty store.
import { type Db, MongoServerError } from 'mongodb'
import { StoreError } from './doc-store.ts'
import { isDuplicate } from './mongo-failures.ts'

/** Raised by a change after which an older relay would misread what it finds. */
export const SCHEMA_VERSION = 1
const META = 'meta'

interface SchemaDoc {
  _id: 'schema'
  version: number
}

/**
 * @param db the platform's
 * @throws StoreError UNAVAILABLE with one sentence that says which relay is needed
 */
export async function checkSchema(db: Db): Promise<void> {
  const meta = db.collection<SchemaDoc>(META)
  // In this order: a relay that begins a store at this moment writes its schema before anything else.
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
  const { version } = (await meta.findOne({ _id: 'schema' })) ?? (await begin(db, names))
  const place = `The database "${db.databaseName}" (MONGODB_DATABASE)`
  if (version === SCHEMA_VERSION) return
  const age = version > SCHEMA_VERSION ? 'a newer' : 'an older'
  const both = `schema ${version}, and this relay reads schema ${SCHEMA_VERSION}`
  throw new StoreError(
    'UNAVAILABLE',
    `${place} is of ${age} relay: it has ${both}; start a relay of schema ${version}.`,
  )
}

async function begin(db: Db, names: string[]): Promise<SchemaDoc> {
  const foreign = names.find((name) => name !== META && !name.startsWith('system.'))
  if (foreign !== undefined) {
    const what = `The database "${db.databaseName}" (MONGODB_DATABASE) holds "${foreign}" and no schema of Phony`
    throw new StoreError('UNAVAILABLE', `${what}: name an empty database.`)
  }
  const schema: SchemaDoc = { _id: 'schema', version: SCHEMA_VERSION }
  const meta = db.collection<SchemaDoc>(META)
  try {
    await meta.insertOne(schema)
    return schema
  } catch (error) {
    if (!(error instanceof MongoServerError && isDuplicate(error.code))) throw error
    return (await meta.findOne({ _id: 'schema' })) ?? schema
  }
}
