// What SQLite and the file system say, in the store's own words. Nothing of the driver leaks out.
import { statfsSync } from 'node:fs'
import { BSONError } from 'bson'
import { StoreError, type StoreErrorCode } from './doc-store.ts'

const CONSTRAINT = 19
const TOO_BIG = 18
const MISMATCH = 20
/** The constraints that mean a duplicate: PRIMARYKEY and UNIQUE. */
const DUPLICATES = [1555, 2067]
const BUSY = 5
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NOT_A_DATABASE = 26
/** Less than this is a full disk, whatever name SQLite gives the failure: the WAL index alone grows by 32 KiB. */
const LITTLE_SPACE_BYTES = 256 * 1024

/** A StoreError as it crosses the thread. */
export interface Failure {
  code: StoreErrorCode
  message: string
  keys: string[]
}

/**
 * @param folder where the file lies, to tell a full disk from a broken one
 * @throws never
 * @source sqlite.org/rescode.html
 */
export function failureOf(error: unknown, folder: string): Failure {
  if (error instanceof StoreError) return { code: error.code, message: error.message, keys: error.keys }
  const message = error instanceof Error ? error.message : String(error)
  if (isDuplicate(error)) {
    return {
      code: 'DUPLICATE_KEY',
      message: 'A document with these values exists.',
      keys: duplicateKeys(message),
    }
  }
  switch (sqliteCode(error)) {
    case FULL:
      return NO_SPACE
    case IO_ERROR:
    case CANNOT_OPEN:
      if (hasLittleSpace(folder)) return NO_SPACE
      return { code: 'UNAVAILABLE', message: `The disk under ${folder} fails: ${message}.`, keys: [] }
    case BUSY:
      return { code: 'UNAVAILABLE', message: `Another program holds the store in ${folder}.`, keys: [] }
    case CORRUPT:
    case NOT_A_DATABASE:
      return {
        code: 'UNAVAILABLE',
        message: `A file of the store in ${folder} is damaged: ${message}.`,
        keys: [],
      }
    case TOO_BIG:
    case CONSTRAINT:
    case MISMATCH:
      return { code: 'NOT_ALLOWED', message: `The store refused it: ${message}.`, keys: [] }
    default:
      // What is wrong with the request itself is wrong also the next time; all else may pass.
      return isOfTheRequest(error)
        ? { code: 'NOT_ALLOWED', message: `The store cannot do this: ${message}`, keys: [] }
        : { code: 'UNAVAILABLE', message: `The store failed: ${message}.`, keys: [] }
  }
}

/** A document that cannot be encoded, a filter or an update that cannot be carried out. */
const isOfTheRequest = (error: unknown): boolean =>
  error instanceof BSONError ||
  error instanceof TypeError ||
  error instanceof RangeError ||
  (error as object | null)?.constructor?.name === 'MingoError'

export const NO_SPACE: Failure = {
  code: 'NO_SPACE',
  message: 'The disk is full; nothing was written.',
  keys: [],
}

export function storeErrorOf(failure: Failure): StoreError {
  return new StoreError(failure.code, failure.message, { keys: failure.keys })
}

export function isDuplicate(error: unknown): boolean {
  return DUPLICATES.includes((error as { errcode?: number } | null)?.errcode ?? 0)
}

/** Whether the transaction it happened in is beyond help, so that it must be undone as a whole. */
export function isStorageFailure(error: unknown): boolean {
  const code = sqliteCode(error)
  return code !== null && code !== CONSTRAINT
}

/** The primary result code, or null when the error is not SQLite's. */
function sqliteCode(error: unknown): number | null {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : null
}

/** From "UNIQUE constraint failed: calls._id" or "...: calls.k:tenant_id, calls.k:call_sid". */
function duplicateKeys(message: string): string[] {
  const columns = message.slice(message.indexOf(': ') + 2).split(', ')
  return columns.map((column) => column.slice(column.indexOf('.') + 1).replace(/^k:/, ''))
}

function hasLittleSpace(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < LITTLE_SPACE_BYTES
  } catch {
    return false
  }
}
