// The one door to documents. An adapter hands over a `RawStore`; what callers get is this wrapper around it: operators
// are checked, every filter is bound to the scope's tenant, and every document that comes back is looked at again.
import type { Logger } from '../platform/logger.ts'
import {
  type CollectionSpec,
  type Doc,
  type DocCollection,
  type DocStore,
  type Filter,
  type FindOptions,
  StoreError,
  type TenantStore,
  type Update,
} from './doc-store.ts'
import { checkPath, rootOf } from './field-paths.ts'
import { checkedDoc, checkedFilter, checkedSort, checkedUpdate, upsertSeed } from './operators.ts'
import { checkedStages } from './stages.ts'
import { type TenantScope, tenantScope } from './tenant-scope.ts'

/** What an adapter implements. It trusts its arguments: they come through this file. */
export interface RawStore {
  /** @param tenant_id whose data, or null for the platform's */
  collection(spec: CollectionSpec, tenant_id: string | null): DocCollection
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * @param log told when a foreign document came back, which is a fault of ours
 * @throws StoreError NOT_ALLOWED from the operations when an argument is not on the allow-list; FOREIGN_TENANT when a
 *   document of another tenant is offered or comes back
 * @source product text, "Tenant isolation"
 */
export function scopedStore(raw: RawStore, log?: Pick<Logger, 'error'>): DocStore {
  const known = new Map<string, string>()
  const checked = new WeakMap<CollectionSpec, string>()
  const open = (spec: CollectionSpec, scope: 'tenant' | 'platform', tenant_id: string | null): DocCollection => {
    // Descriptions are constants of the program: each is looked at once.
    if (checked.get(spec) !== scope) checkSpec(spec, scope, known)
    checked.set(spec, scope)
    return raw.collection(spec, tenant_id)
  }
  return {
    platform: {
      collection: <T extends Doc>(spec: CollectionSpec) =>
        guarded(open(spec, 'platform', null), PLATFORM) as unknown as DocCollection<T>,
    },
    forTenant: (given) => {
      // A scope is made in three places only; one that was forged from plain data still cannot name a path.
      const scope = tenantScope(given.tenant_id, given.source)
      const bound = tenantBounds(scope, log)
      const store: TenantStore = {
        scope,
        collection: <T extends Doc>(spec: CollectionSpec) =>
          guarded(open(spec, 'tenant', scope.tenant_id), bound) as unknown as DocCollection<T & { tenant_id: string }>,
      }
      return store
    },
    ping: () => raw.ping(),
    close: () => raw.close(),
  }
}

function checkSpec(spec: CollectionSpec, scope: string, known: Map<string, string>): void {
  if (spec.scope !== scope) {
    throw new StoreError('NOT_ALLOWED', `The collection "${spec.name}" belongs to the ${spec.scope} side.`)
  }
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(spec.name)) {
    throw new StoreError('NOT_ALLOWED', `"${spec.name}" cannot name a collection.`)
  }
  const described = JSON.stringify(spec.indexes)
  if ((known.get(spec.name) ?? described) !== described) {
    throw new StoreError('NOT_ALLOWED', `The collection "${spec.name}" is described twice, with different indexes.`)
  }
  known.set(spec.name, described)
}

/** What differs between a tenant's collection and the platform's. */
interface Bounds {
  doc(doc: Doc): Doc
  filter(filter: Filter): Filter
  update(update: Update): Update
  /** Looks at a document that came back. */
  own<T extends Doc | null>(doc: T): T
  fields(fields: string[]): string[]
  /** Takes away what was fetched for `own` alone. */
  trim<T extends Doc | null>(doc: T, fields: string[] | undefined): T
}

const PLATFORM: Bounds = {
  doc: (doc) => doc,
  filter: (filter) => filter,
  update: (update) => update,
  own: (doc) => doc,
  fields: (fields) => fields,
  trim: (doc) => doc,
}

function tenantBounds({ tenant_id }: TenantScope, log?: Pick<Logger, 'error'>): Bounds {
  return {
    doc: (doc) => {
      if (doc.tenant_id !== undefined && doc.tenant_id !== tenant_id) {
        throw new StoreError('FOREIGN_TENANT', 'The document belongs to another tenant.')
      }
      return { ...doc, tenant_id }
    },
    filter: (filter) => ({ $and: [{ tenant_id: { $eq: tenant_id } }, filter] }),
    update: (update) => {
      for (const fields of Object.values(update)) {
        for (const path of Object.keys(fields as object)) {
          if (rootOf(path) === 'tenant_id') throw new StoreError('NOT_ALLOWED', 'A document keeps its tenant_id.')
        }
      }
      return update
    },
    own: (doc) => {
      if (doc !== null && doc.tenant_id !== tenant_id) {
        log?.error('A document of another tenant came back from the store', { tenant_id })
        throw new StoreError('FOREIGN_TENANT', 'A document of another tenant came back from the store.')
      }
      return doc
    },
    fields: (fields) => [...fields, 'tenant_id'],
    trim: (doc, fields) => {
      if (doc === null || fields === undefined || fields.includes('tenant_id')) return doc
      const { tenant_id: _, ...rest } = doc
      return rest as typeof doc
    },
  }
}

function guarded(raw: DocCollection, bounds: Bounds): DocCollection {
  const filtered = (filter: Filter) => bounds.filter(checkedFilter(filter))
  const options = <O extends FindOptions>(given: O | undefined): O =>
    ({
      ...given,
      sort: checkedSort(given?.sort),
      ...(given?.fields && { fields: bounds.fields(given.fields.map(checkPath)) }),
    }) as O
  const seeded = (filter: Filter, update: Update, upsert: boolean | undefined) => {
    const bound = filtered(filter)
    if (upsert) upsertSeed(bound, update)
    return bound
  }
  // Every method is async, so that a refusal is a rejected promise as any other error of the store.
  return {
    insertOne: async (doc) => raw.insertOne(bounds.doc(checkedDoc(doc))),
    insertMany: async (docs) => raw.insertMany(docs.map((doc) => bounds.doc(checkedDoc(doc)))),
    findOne: async (filter, given) => {
      const doc = bounds.own(await raw.findOne(filtered(filter), options(given)))
      return bounds.trim(doc, given?.fields)
    },
    find: async (filter, given) => {
      checkLimit(given?.limit)
      const docs = await raw.find(filtered(filter), options(given))
      return docs.map((doc) => bounds.trim(bounds.own(doc), given?.fields))
    },
    count: async (filter) => raw.count(filtered(filter)),
    updateOne: async (filter, update, given) => {
      const checked = bounds.update(checkedUpdate(update))
      return raw.updateOne(seeded(filter, checked, given?.upsert), checked, given)
    },
    updateMany: async (filter, update) => raw.updateMany(filtered(filter), bounds.update(checkedUpdate(update))),
    findOneAndUpdate: async (filter, update, given) => {
      const checked = bounds.update(checkedUpdate(update))
      const bound = seeded(filter, checked, given?.upsert)
      return bounds.own(await raw.findOneAndUpdate(bound, checked, { ...given, sort: checkedSort(given?.sort) }))
    },
    deleteMany: async (filter) => raw.deleteMany(filtered(filter)),
    aggregate: async <R>(stages: Record<string, unknown>[]) =>
      raw.aggregate<R>([{ $match: bounds.filter({}) }, ...checkedStages(stages)]),
  }
}

function checkLimit(limit: number | undefined): void {
  if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return
  throw new StoreError('NOT_ALLOWED', 'A limit is a whole number above zero.')
}
