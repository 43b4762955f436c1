// What the driver and MongoDB say during a call, in the store's own words. A server's message quotes documents, so it
// is not passed on: the code and a sentence of ours are.
import { BSONError } from 'bson'
import { MongoInvalidArgumentError, MongoNetworkTimeoutError, MongoServerError } from 'mongodb'
import { StoreError } from './doc-store.ts'

const DUPLICATES = new Set([11000, 11001, 12582])
/** MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout, and two more of "took too long". */
const TOO_LATE = new Set([50, 64, 89, 202, 262])
const OUT_OF_DISK_SPACE = 14_031
/** BadValue, FailedToParse, TypeMismatch, PathNotViable, clashing or bad names, ImmutableField, parallel lists. */
const REFUSALS = new Set([2, 9, 14, 28, 40, 52, 54, 55, 56, 57, 66, 171])
/** From here on codes number the places in MongoDB's source where a request is turned down ... */
const FIRST_LOCATION = 10_000
/** ... but for these old ones: not the primary, shutting down, a sharding state out of date, an index being built. */
const LOCATIONS_OF_OUTAGE = new Set([10_058, 10_107, 11_600, 11_602, 12_586, 12_587, 13_388, 13_435, 13_436])

/**
 * @throws never
 * @source MongoDB, "Error Codes"; ours
 */
export function mongoFailure(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  if (error instanceof MongoServerError) return failureOfCode(Number(error.code), error.keyPattern)
  if (error instanceof MongoNetworkTimeoutError) return tooLate()
  if (error instanceof BSONError || error instanceof RangeError || error instanceof MongoInvalidArgumentError) {
    return new StoreError('NOT_ALLOWED', 'The document holds something that cannot be stored, or is too large.')
  }
  return new StoreError('UNAVAILABLE', `MongoDB cannot be reached: ${error instanceof Error ? error.message : error}.`)
}

/** @param keyPattern of the index that a duplicate breaks */
export function failureOfCode(code: number, keyPattern: unknown = {}): StoreError {
  if (isDuplicate(code)) {
    const keys = Object.keys(keyPattern as object)
    return new StoreError('DUPLICATE_KEY', 'A document with these values exists.', { keys })
  }
  if (TOO_LATE.has(code)) return tooLate()
  if (code === OUT_OF_DISK_SPACE) return new StoreError('NO_SPACE', 'The disk of MongoDB is full; nothing was written.')
  if (REFUSALS.has(code) || (code >= FIRST_LOCATION && !LOCATIONS_OF_OUTAGE.has(code))) {
    return new StoreError('NOT_ALLOWED', `MongoDB refused the operation (code ${code}).`)
  }
  return new StoreError('UNAVAILABLE', `MongoDB could not do it (code ${code}).`)
}

export function isDuplicate(code: unknown): boolean {
  return DUPLICATES.has(Number(code))
}

export function tooLate(): StoreError {
  return new StoreError('DEADLINE_EXCEEDED', 'MongoDB did not answer in time; whether it wrote is not known.')
}

/** Whether it speaks of the server rather than of the request. */
export function isOutage({ code }: StoreError): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED'
}
