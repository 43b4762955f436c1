// The store on MongoDB. Walk: `tenant-store.ts` checks and binds, this file finds the place, `mongo-collection.ts` says
// it in the driver's words, `mongo-link.ts` makes the call with its deadline.
import type { IsolationLevel } from '../../shared/contract/tenants.ts'
import { systemClock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { type CollectionSpec, type DocStore, StoreError } from './doc-store.ts'
import { checkMongo } from './mongo-checks.ts'
import { mongoCollection } from './mongo-collection.ts'
import { MongoIndexes } from './mongo-indexes.ts'
import { MongoLink, type MongoLinkSettings } from './mongo-link.ts'
import { type Placement, placePlatform, placeTenant } from './placement.ts'
import { type RawStore, scopedStore } from './tenant-store.ts'

export interface MongoStoreOptions {
  /** `MONGODB_URL` */
  url: string
  /** The installation's database; those of tenants are named after it. */
  database: string
  pool_size: number
  max_idle_ms: number
  /** Of tenants whose own level `levelOf` does not know. */
  isolation_level: IsolationLevel
  /** A tenant's own level, chosen when it was made. */
  levelOf?: (tenant_id: string) => IsolationLevel | undefined
  /** The cluster of a tenant at level `cluster`; without one its database lies on the installation's. */
  clusterUrlOf?: (tenant_id: string) => string | null | undefined
  /** After this many milliseconds without an answer a call is over. */
  deadline_ms?: number
  /** How long a server that is starting is waited for at the start. */
  patience_ms?: number
  log?: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Leaves room for a tenant's id within the 63 bytes of a database's name. */
const DATABASE_NAME = /^[A-Za-z0-9_-]{1,31}$/
const DATABASE_NAME_LIMIT = 63

/**
 * @throws StoreError UNAVAILABLE with one sentence when the server or the store on it cannot be used
 * @source decisions, "Libraries": store
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<DocStore> {
  const { url, database, pool_size, max_idle_ms, deadline_ms = 400, patience_ms = 5_000, log } = options
  if (!DATABASE_NAME.test(database)) {
    const rule = 'up to 31 letters, digits, _ and -'
    throw new StoreError('UNAVAILABLE', `MONGODB_DATABASE cannot be "${database}": write ${rule}.`)
  }
  await checkMongo({ url, database, patience_ms })
  const servers = new MongoServers({ pool_size, max_idle_ms, deadline_ms, clock: systemClock, ...(log && { log }) })
  return scopedStore(rawMongoStore(servers, options), log)
}

interface MongoServer {
  link: MongoLink
  indexes: MongoIndexes
}

/** The servers of an installation: its own, and those of tenants that have a cluster to themselves. */
class MongoServers {
  readonly #settings: MongoLinkSettings
  readonly #opened = new Map<string, MongoServer>()
  #isClosed = false

  constructor(settings: MongoLinkSettings) {
    this.#settings = settings
  }

  /** @param name what the address is called in messages */
  at(url: string, name: string): MongoServer {
    const kept = this.#opened.get(url)
    if (kept !== undefined) return kept
    if (this.#isClosed) throw new StoreError('UNAVAILABLE', 'The store is closed.')
    const link = new MongoLink(url, name, this.#settings)
    const opened = { link, indexes: new MongoIndexes(link, this.#settings.log) }
    this.#opened.set(url, opened)
    return opened
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#opened.values()].map(({ link }) => link.close()))
  }
}

function rawMongoStore(servers: MongoServers, options: MongoStoreOptions): RawStore {
  const main = servers.at(options.url, 'MONGODB_URL')
  return {
    collection: (spec, tenant_id) => {
      const { url, database, prefix } = placementOf(options, tenant_id)
      const { link, indexes } = url === null ? main : servers.at(url, `The cluster of ${tenant_id}`)
      return mongoCollection(link, indexes, { database, ...tableOf(spec, prefix) })
    },
    ping: async () => {
      await main.link.call((signal) => main.link.client.db('admin').command({ ping: 1 }, { signal }))
    },
    close: () => servers.close(),
  }
}

function placementOf(options: MongoStoreOptions, tenant_id: string | null): Placement {
  const { database, isolation_level, levelOf, clusterUrlOf } = options
  if (tenant_id === null) return placePlatform(database)
  const placing = {
    isolation_level: levelOf?.(tenant_id) ?? isolation_level,
    cluster_url: clusterUrlOf?.(tenant_id) ?? null,
  }
  const placement = placeTenant(tenant_id, placing, database)
  if (placement.database.length > DATABASE_NAME_LIMIT) {
    throw new StoreError('NOT_ALLOWED', `The database "${placement.database}" would have a name too long for MongoDB.`)
  }
  return placement
}

function tableOf({ name, indexes }: CollectionSpec, prefix: string) {
  return { collection: prefix + name, indexes }
}
