// The store without a server: SQLite files in the data folder, asked in a worker thread. Walk: `tenant-store.ts` checks
// and binds, this file finds the place, `embedded-link.ts` carries the call over, `embedded-engine.ts` performs it.

import type { IsolationLevel } from '../../shared/contract/tenants.ts'
import type { Logger } from '../platform/logger.ts'
import { prepareFolder } from './data-folder.ts'
import type { CollectionSpec, Doc, DocCollection, DocStore, UpdateResult } from './doc-store.ts'
import { type EmbeddedLink, startStoreWorker, WorkerLink } from './embedded-link.ts'
import type { Operation, TablePlace } from './embedded-protocol.ts'
import { type Placement, placePlatform, placeTenant } from './placement.ts'
import { type RawStore, scopedStore } from './tenant-store.ts'

export interface EmbeddedStoreOptions {
  data_dir: string
  /** Of tenants whose own level `levelOf` does not know. */
  isolation_level: IsolationLevel
  /** A tenant's own level, chosen when it was made. */
  levelOf?: (tenant_id: string) => IsolationLevel | undefined
  /** After this many milliseconds without an answer a call is over. */
  deadline_ms?: number
  log?: Pick<Logger, 'warn' | 'error'>
}

/**
 * @throws StoreError UNAVAILABLE with one sentence when the folder cannot be used or another process has it
 * @source decisions, "Libraries": store
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<DocStore> {
  const { data_dir, deadline_ms = 2_000, log } = options
  prepareFolder(data_dir)
  const link = new WorkerLink(() => startStoreWorker({ data_dir }), deadline_ms, log)
  await link.open()
  return scopedStore(rawEmbeddedStore(link, placesOf(options)), log)
}

const PLATFORM = placePlatform()

/** @param placeOf where the collections of a tenant lie, or of the platform when the tenant is null */
export function rawEmbeddedStore(
  link: EmbeddedLink,
  placeOf: (spec: CollectionSpec, tenant_id: string | null) => TablePlace,
): RawStore {
  return {
    collection: (spec, tenant_id) => embeddedCollection(link, placeOf(spec, tenant_id)),
    ping: async () => {
      await link.call({ file: `${PLATFORM.database}.sqlite`, table: '', indexes: [] }, { kind: 'ping' })
    },
    close: () => link.close(),
  }
}

function placesOf({ isolation_level, levelOf }: EmbeddedStoreOptions) {
  return ({ name, indexes }: CollectionSpec, tenant_id: string | null): TablePlace => {
    if (tenant_id === null) return { file: fileOf(PLATFORM, isolation_level), table: name, indexes }
    const level = levelOf?.(tenant_id) ?? isolation_level
    const placement = placeTenant(tenant_id, { isolation_level: level })
    return { file: fileOf(placement, level), table: placement.prefix + name, indexes }
  }
}

/** The level `cluster` is a folder of its own: it can lie on a disk of its own. */
function fileOf({ database }: Placement, level: IsolationLevel): string {
  return level === 'cluster' && database !== PLATFORM.database ? `${database}/phony.sqlite` : `${database}.sqlite`
}

function embeddedCollection(link: EmbeddedLink, place: TablePlace): DocCollection {
  const call = async <R>(operation: Operation): Promise<R> => (await link.call(place, operation)) as R
  return {
    insertOne: (doc) => call({ kind: 'insert', docs: [doc], isMany: false }),
    insertMany: (docs) => call({ kind: 'insert', docs, isMany: true }),
    findOne: async (filter, options) => {
      const docs = await call<Doc[]>({ kind: 'find', filter, options: { ...options, limit: 1 } })
      return docs[0] ?? null
    },
    find: (filter, options = {}) => call({ kind: 'find', filter, options }),
    count: (filter) => call({ kind: 'count', filter }),
    updateOne: (filter, update, options) =>
      call({ kind: 'update', filter, update, isMany: false, upsert: options?.upsert === true }),
    updateMany: (filter, update) => call<UpdateResult>({ kind: 'update', filter, update, isMany: true, upsert: false }),
    findOneAndUpdate: (filter, update, { upsert = false, ...options } = {}) =>
      call({ kind: 'find_and_update', filter, update, upsert, options }),
    deleteMany: (filter) => call({ kind: 'delete', filter }),
    aggregate: (stages) => call({ kind: 'aggregate', stages }),
  }
}
