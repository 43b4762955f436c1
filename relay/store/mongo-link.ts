// One MongoDB server or cluster as this relay uses it: the driver's client, a deadline on every call, and the circuit
// breaker. Nothing of the driver leaves through here but answers.
import type { Collection, MongoClient, MongoClientOptions } from 'mongodb'
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import type { Doc } from './doc-store.ts'
import { mongoClient } from './mongo-address.ts'
import { isOutage, mongoFailure, tooLate } from './mongo-failures.ts'
import { ServerWatch } from './mongo-watch.ts'

export interface MongoLinkSettings {
  pool_size: number
  max_idle_ms: number
  /** After this many milliseconds without an answer a call is over. */
  deadline_ms: number
  clock: Clock
  log?: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Longer than this nobody waits for a goodbye that a lost server does not answer; the driver goes on by itself. */
const GOODBYE_MS = 1_000

/**
 * What is the same for every client.
 * @source decisions, "MongoDB driver calls"; data notes, "MongoDB black-holed"
 */
export const CLIENT_OPTIONS = {
  appName: 'phony',
  connectTimeoutMS: 1_000,
  socketTimeoutMS: 5_000,
  heartbeatFrequencyMS: 2_000,
  minHeartbeatFrequencyMS: 100,
  retryWrites: true,
  retryReads: true,
  readPreference: 'primary',
  writeConcern: { w: 'majority', journal: true },
  ignoreUndefined: true,
  promoteBuffers: true,
} as const satisfies MongoClientOptions

export class MongoLink {
  readonly client: MongoClient
  readonly #deadline_ms: number
  readonly #watch: ServerWatch
  readonly #collections = new Map<string, Collection<Doc>>()

  /**
   * @param name what the address is called in messages
   * @throws StoreError UNAVAILABLE when the address is none
   */
  constructor(url: string, name: string, { pool_size, max_idle_ms, deadline_ms, clock, log }: MongoLinkSettings) {
    this.client = mongoClient(url, name, {
      ...CLIENT_OPTIONS,
      serverSelectionTimeoutMS: 500,
      maxPoolSize: pool_size,
      maxIdleTimeMS: max_idle_ms,
    })
    this.#deadline_ms = deadline_ms
    const ping = async (): Promise<void> => {
      await within(deadline_ms, (signal) => this.client.db('admin').command({ ping: 1 }, { signal }))
    }
    this.#watch = new ServerWatch({ ping, clock, ...(log && { log }) })
  }

  /** Kept: the driver works its options out anew for each that it makes. */
  collection({ database, collection }: { database: string; collection: string }): Collection<Doc> {
    const name = `${database}.${collection}`
    const kept = this.#collections.get(name) ?? this.client.db(database).collection<Doc>(collection)
    this.#collections.set(name, kept)
    return kept
  }

  /**
   * @param run makes one call of the driver and hands the signal over
   * @throws StoreError, at once while the server is known to be away
   */
  async call<R>(run: (signal: AbortSignal) => Promise<R>, deadline_ms = this.#deadline_ms): Promise<R> {
    this.#watch.check()
    try {
      return await within(deadline_ms, run)
    } catch (error) {
      const failure = mongoFailure(error)
      if (isOutage(failure)) this.#watch.doubt()
      throw failure
    }
  }

  async close(): Promise<void> {
    this.#watch.close()
    const closed = this.client.close()
    // The driver says goodbye to the server with the patience of its socket.
    await within(GOODBYE_MS, () => closed).catch(() => {})
  }
}

/**
 * The signal ends a call inside the driver; the race ends the wait also where the driver does not listen to it, as
 * while it looks a host name up.
 */
function within<R>(deadline_ms: number, run: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const reason = tooLate()
      reject(reason)
      controller.abort(reason)
    }, deadline_ms)
    run(controller.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
