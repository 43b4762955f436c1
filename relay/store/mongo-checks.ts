// What must be true of a MongoDB server before the relay uses it. Each thing that is not is said in one sentence that
// names the setting, and never with a password.
import {
  type Document,
  type MongoClient,
  MongoCompatibilityError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { StoreError } from './doc-store.ts'
import { hostsOf, mongoClient } from './mongo-address.ts'
import { CLIENT_OPTIONS } from './mongo-link.ts'
import { checkSchema } from './mongo-schema.ts'

export interface MongoChecks {
  url: string
  database: string
  /** How long a server that is starting is waited for. */
  patience_ms: number
}

const UNAUTHORIZED = 13
const AUTHENTICATION_FAILED = 18

/**
 * Connects, looks at the server and at the schema of the store, and writes the schema into an empty one.
 * @throws StoreError UNAVAILABLE with one sentence
 */
export async function checkMongo({ url, database, patience_ms }: MongoChecks): Promise<void> {
  const client = mongoClient(url, 'MONGODB_URL', { ...CLIENT_OPTIONS, serverSelectionTimeoutMS: patience_ms })
  const refuse = (what: string): StoreError =>
    new StoreError('UNAVAILABLE', `MongoDB at ${hostsOf(client)} (MONGODB_URL) ${what}.`)
  try {
    await client.connect()
    const fault = faultOfServer(await client.db('admin').command({ hello: 1 }))
    if (fault !== null) throw refuse(fault)
    await checkSchema(client.db(database))
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw refuse(faultOf(error, client, database))
  } finally {
    await client.close()
  }
}

/** @param hello its answer @source MongoDB, "hello" */
function faultOfServer({ setName, msg, isWritablePrimary }: Document): string | null {
  if (setName === undefined && msg !== 'isdbgrid') {
    return 'is a standalone server: start it as a replica set, of one member at least (--replSet, then rs.initiate())'
  }
  return isWritablePrimary ? null : 'is not the primary: leave directConnection out, or name the primary'
}

function faultOf(error: unknown, client: MongoClient, database: string): string {
  if (error instanceof MongoServerSelectionError) return faultOfSelection(error, client)
  const hasUser = client.options.credentials !== undefined
  const code = error instanceof MongoServerError ? error.code : undefined
  if (code === AUTHENTICATION_FAILED) return 'refuses the user or the password'
  if (code === UNAUTHORIZED && !hasUser) return 'wants a user and a password'
  if (code === UNAUTHORIZED) return `does not let this user read and write the database "${database}"`
  return faultOfNetwork(error, client)
}

/** A server closes what it does not understand without a word. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && / closed$/.test(error.message)
}

/** Of the system's error, however deep the driver wrapped it. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : codeOf(error.cause)
}

/** The driver looked for a primary and found none; what it last saw of each server says why. */
function faultOfSelection({ reason }: MongoServerSelectionError, client: MongoClient): string {
  const set = client.options.replicaSet
  const servers = [...(reason?.servers.values() ?? [])]
  if (servers.some(({ type }) => type === 'RSGhost'))
    return 'is a replica set that was not initiated: run rs.initiate()'
  if (servers.some(({ type }) => type.startsWith('RS'))) return 'is a replica set without a primary at this time'
  if (servers.length === 0 && set) return `has no member of the replica set "${set}"`
  return faultOfNetwork(servers.find(({ error }) => error)?.error ?? reason?.error, client)
}

function faultOfNetwork(error: unknown, client: MongoClient): string {
  if (error instanceof MongoCompatibilityError)
    return 'is of a version that this relay cannot use: run MongoDB 7 or newer'
  const isTls = client.options.tls === true
  const code = codeOf(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'cannot be found: no such host name'
  if (code === 'ECONNREFUSED') return 'is not running there: the connection was refused'
  if (code === 'ENOENT')
    return 'cannot be asked: a file named in the address (tlsCAFile, tlsCertificateKeyFile) is missing'
  if (isTls && code !== undefined && /CERT|SIGN|SSL|TLS|EPROTO/.test(code)) return `fails at TLS (${code})`
  if (isTls) return 'does not answer, or does not speak TLS, which the address asks for'
  if (code === 'ECONNRESET' || isClosed(error)) return 'hangs up: it may want TLS (tls=true in the address)'
  return 'does not answer'
}
