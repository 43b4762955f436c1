// The document store as a port. Two adapters answer it (embedded, MongoDB) and one suite holds both to it.
// What is not in these types cannot be asked, so MongoDB is never asked what the embedded store cannot answer.
import type { TenantScope } from './tenant-scope.ts'

/** A document: `_id` is our own text. Dates are Dates. */
export interface Doc {
  _id: string
  [field: string]: unknown
}

export type Scalar = string | number | boolean | Date | null
export interface FieldTest {
  $eq?: Scalar
  $ne?: Scalar
  $gt?: Scalar
  $gte?: Scalar
  $lt?: Scalar
  $lte?: Scalar
  $in?: Scalar[]
  $nin?: Scalar[]
  $exists?: boolean
}
/** Field paths may be dotted. `undefined` anywhere in a filter throws. */
export type Filter = { [path: string]: Scalar | FieldTest | Filter[] | undefined } & {
  $and?: Filter[]
  $or?: Filter[]
}

export interface Update {
  $set?: Record<string, unknown>
  $unset?: Record<string, true>
  $inc?: Record<string, number>
  $min?: Record<string, number | Date>
  $max?: Record<string, number | Date>
  $push?: Record<string, unknown | { $each: unknown[]; $slice?: number }>
  $pull?: Record<string, Scalar | Filter>
  $addToSet?: Record<string, unknown | { $each: unknown[] }>
  $setOnInsert?: Record<string, unknown>
}

/** Allowed: $match $group $sort $limit $skip $project $unwind $count. */
export type Stage = Record<string, unknown>

export type Direction = 1 | -1
export interface IndexSpec {
  keys: Record<string, Direction>
  unique?: boolean
}
export interface CollectionSpec {
  name: string
  /** `tenant`: lives with one tenant and carries `tenant_id`. `platform`: one for the installation. */
  scope: 'tenant' | 'platform'
  indexes: IndexSpec[]
}

export interface FindOptions {
  sort?: Record<string, Direction>
  limit?: number
  /** Keyset paging: only documents after the one with these values of the sort fields and this `_id`. */
  after?: { values: Scalar[]; _id: string }
  /** Only these fields, and `_id`. */
  fields?: string[]
}
export interface UpdateResult {
  matched: number
  modified: number
  upserted_id: string | null
}

/**
 * Documents of one kind within one scope. One document per write is the unit of atomicity.
 * @throws StoreError DUPLICATE_KEY, UNAVAILABLE, DEADLINE_EXCEEDED, NO_SPACE, NOT_ALLOWED (an operator that is not listed)
 */
export interface DocCollection<T extends Doc = Doc> {
  insertOne(doc: T): Promise<void>
  /** Goes on past duplicates. */
  insertMany(docs: T[]): Promise<{ inserted: number; duplicates: number }>
  findOne(filter: Filter, options?: Pick<FindOptions, 'sort' | 'fields'>): Promise<T | null>
  find(filter: Filter, options?: FindOptions): Promise<T[]>
  count(filter: Filter): Promise<number>
  updateOne(filter: Filter, update: Update, options?: { upsert?: boolean }): Promise<UpdateResult>
  updateMany(filter: Filter, update: Update): Promise<UpdateResult>
  findOneAndUpdate(
    filter: Filter,
    update: Update,
    options?: { return_document?: 'before' | 'after'; upsert?: boolean; sort?: Record<string, Direction> },
  ): Promise<T | null>
  deleteMany(filter: Filter): Promise<number>
  aggregate<R = Record<string, unknown>>(stages: Stage[]): Promise<R[]>
}

export interface DocStore {
  /** Tenant data: the only door, and it needs a scope. Every document read or written carries the scope's tenant. */
  forTenant(scope: TenantScope): TenantStore
  /** Installation-wide data: tenants, users, number routes. */
  readonly platform: PlatformStore
  /** Cheap proof that it answers. @throws StoreError */
  ping(): Promise<void>
  close(): Promise<void>
}
export interface TenantStore {
  readonly scope: TenantScope
  collection<T extends Doc>(spec: CollectionSpec & { scope: 'tenant' }): DocCollection<T & { tenant_id: string }>
}
export interface PlatformStore {
  collection<T extends Doc>(spec: CollectionSpec & { scope: 'platform' }): DocCollection<T>
}

export type StoreErrorCode =
  | 'DUPLICATE_KEY'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'NO_SPACE'
  | 'NOT_ALLOWED'
  | 'FOREIGN_TENANT'
export class StoreError extends Error {
  readonly code: StoreErrorCode
  /** The index fields of a duplicate. */
  readonly keys: string[]
  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown; keys?: string[] }) {
    super(message, { cause: options?.cause })
    this.name = 'StoreError'
    this.code = code
    this.keys = options?.keys ?? []
  }
}
