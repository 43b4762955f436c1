// A plain model of one tenant's collection: a list, loops and no cleverness, written from MongoDB's documentation and
// not from any adapter. It can carry one planted fault, to test the test.
import type {
  Direction,
  Doc,
  DocCollection,
  FieldTest,
  Filter,
  FindOptions,
  Stage,
  Update,
  UpdateResult,
} from '../../relay/store/doc-store.ts'
import { StoreError } from '../../relay/store/doc-store.ts'

export const ORACLE_FAULTS = [
  'limit_is_off_by_one',
  'null_does_not_match_missing',
  'nulls_sort_last',
  'page_repeats_its_first',
  'upper_bound_is_included',
  'second_of_and_is_forgotten',
  'update_many_stops_after_one',
  'unique_ignores_null',
  'returns_before_instead_of_after',
  'finds_other_tenants',
] as const
export type OracleFault = (typeof ORACLE_FAULTS)[number]
type Collection = DocCollection<Doc & { tenant_id: string }>

export function oraclePair(fault: OracleFault | null = null): [Collection, Collection] {
  const lists: [Doc[], Doc[]] = [[], []]
  return [oracle(lists[0], lists[1], fault), oracle(lists[1], lists[0], fault)]
}

function oracle(docs: Doc[], foreign: Doc[], fault: OracleFault | null): Collection {
  const matching = (filter: Filter): Doc[] => docs.filter((doc) => matches(doc, filter, fault))

  const checkUnique = (doc: Doc, except: Doc | null): void => {
    for (const other of docs) {
      if (other === except) continue
      const isSameLabel = compare(other.label, doc.label) === 0
      if (
        other._id === doc._id ||
        (isSameLabel && !(fault === 'unique_ignores_null' && (doc.label ?? null) === null))
      ) {
        throw new StoreError('DUPLICATE_KEY', 'duplicate')
      }
    }
  }
  const insert = (doc: Doc): void => {
    checkUnique(doc, null)
    docs.push(structuredClone(doc))
  }
  const change = (doc: Doc, update: Update): boolean => {
    const changed = structuredClone(doc)
    updated(changed, update, false)
    checkUnique(changed, doc)
    const isModified = JSON.stringify(changed) !== JSON.stringify(doc)
    for (const key of Object.keys(doc)) delete doc[key]
    Object.assign(doc, changed)
    return isModified
  }
  const upsert = (filter: Filter, update: Update): Doc => {
    const doc = equalities(filter) as Doc
    updated(doc, update, true)
    insert(doc)
    return doc
  }
  const sorted = (found: Doc[], sort: Record<string, Direction> = {}): Doc[] =>
    [...found].sort((a, b) => order(a, b, total(sort), fault))

  const find = (filter: Filter, { sort, limit, after }: FindOptions = {}): Doc[] => {
    let found = sorted(matching(filter), sort)
    if (after !== undefined) {
      const keys = Object.keys(sort ?? {})
      const start = Object.fromEntries([...keys.map((key, at) => [key, after.values[at]]), ['_id', after._id]]) as Doc
      const least = fault === 'page_repeats_its_first' ? 0 : 1
      found = found.filter((doc) => order(doc, start, total(sort ?? {}), fault) >= least)
    }
    return found.slice(0, limit === undefined || fault !== 'limit_is_off_by_one' ? limit : limit + 1)
  }

  const model: DocCollection = {
    insertOne: async (doc) => insert(doc),
    insertMany: async (many) => {
      let inserted = 0
      for (const doc of many) {
        try {
          insert(doc)
          inserted++
        } catch {}
      }
      return { inserted, duplicates: many.length - inserted }
    },
    findOne: async (filter, options) => {
      const own = find(filter, { ...options, limit: 1 })[0]
      const other = fault === 'finds_other_tenants' ? foreign.find((doc) => matches(doc, filter, fault)) : undefined
      return structuredClone(own ?? other ?? null)
    },
    find: async (filter, options) => structuredClone(find(filter, options)),
    count: async (filter) => matching(filter).length,
    updateOne: async (filter, update, options): Promise<UpdateResult> => {
      const doc = matching(filter)[0]
      if (doc !== undefined) return { matched: 1, modified: Number(change(doc, update)), upserted_id: null }
      return { matched: 0, modified: 0, upserted_id: options?.upsert ? upsert(filter, update)._id : null }
    },
    updateMany: async (filter, update) => {
      const found = matching(filter)
      const reached = fault === 'update_many_stops_after_one' ? found.slice(0, 1) : found
      const modified = reached.filter((doc) => change(doc, update)).length
      return { matched: found.length, modified, upserted_id: null }
    },
    findOneAndUpdate: async (filter, update, options) => {
      const doc = sorted(matching(filter), options?.sort)[0]
      if (doc === undefined) return null
      const before = structuredClone(doc)
      change(doc, update)
      const isAfter = options?.return_document === 'after' && fault !== 'returns_before_instead_of_after'
      return isAfter ? structuredClone(doc) : before
    },
    deleteMany: async (filter) => {
      const found = matching(filter)
      for (const doc of found) docs.splice(docs.indexOf(doc), 1)
      return found.length
    },
    // The one pipeline the sequences use: count and total by group.
    aggregate: async <R>(stages: Stage[]) => {
      const rows = new Map<unknown, { _id: unknown; count: number; total: number }>()
      for (const doc of matching(stages[0]!.$match as Filter)) {
        const key = doc.group ?? null
        const row = rows.get(key) ?? { _id: key, count: 0, total: 0 }
        rows.set(key, {
          _id: key,
          count: row.count + 1,
          total: row.total + (typeof doc.n === 'number' ? doc.n : 0),
        })
      }
      return [...rows.values()] as R[]
    },
  }
  return model as Collection
}

function matches(doc: Doc, filter: Filter, fault: OracleFault | null): boolean {
  return Object.entries(filter).every(([path, test]) => {
    if (path === '$and') {
      const branches = test as Filter[]
      const kept = fault === 'second_of_and_is_forgotten' ? branches.slice(0, 1) : branches
      return kept.every((branch) => matches(doc, branch, fault))
    }
    if (path === '$or') return (test as Filter[]).some((branch) => matches(doc, branch, fault))
    const isTest = typeof test === 'object' && test !== null && !(test instanceof Date)
    const tests = isTest ? (test as FieldTest) : { $eq: test as null }
    return Object.entries(tests).every(([operator, value]) => passes(at(doc, path), operator, value, fault))
  })
}

function passes(field: unknown, operator: string, value: unknown, fault: OracleFault | null): boolean {
  const values = Array.isArray(field) ? field : [field]
  const isEqual = (wanted: unknown) =>
    values.some((one) => {
      if (fault === 'null_does_not_match_missing' && one === undefined) return false
      return compare(one, wanted) === 0
    })
  const some = (accept: (sign: number) => boolean) =>
    values.some((one) => rank(one) === rank(value) && accept(compare(one, value)))
  switch (operator) {
    case '$eq':
      return isEqual(value)
    case '$ne':
      return !isEqual(value)
    case '$in':
      return (value as unknown[]).some(isEqual)
    case '$nin':
      return !(value as unknown[]).some(isEqual)
    case '$gt':
      return some((sign) => sign > 0)
    case '$gte':
      return some((sign) => sign >= 0)
    case '$lt':
      return some((sign) => (fault === 'upper_bound_is_included' ? sign <= 0 : sign < 0))
    case '$lte':
      return some((sign) => sign <= 0)
    case '$exists':
      return (field !== undefined) === value
    default:
      throw new Error(`The model does not know ${operator}.`)
  }
}

function rank(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (value instanceof Date) return 4
  return { number: 1, string: 2, boolean: 3 }[typeof value as string] ?? 5
}

function compare(left: unknown, right: unknown): number {
  if (rank(left) !== rank(right)) return rank(left) - rank(right)
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(right as string))
  return rank(left) === 0 ? 0 : Number(left) - Number(right)
}

function total(sort: Record<string, Direction>): [string, Direction][] {
  const fields = Object.entries(sort)
  return '_id' in sort ? fields : [...fields, ['_id', fields.at(-1)?.[1] ?? 1]]
}

function order(left: Doc, right: Doc, sort: [string, Direction][], fault: OracleFault | null): number {
  for (const [path, direction] of sort) {
    const [a, b] = [at(left, path), at(right, path)]
    const areMixed = (rank(a) === 0) !== (rank(b) === 0)
    const sign = fault === 'nulls_sort_last' && areMixed ? rank(b) - rank(a) : compare(a, b)
    if (sign !== 0) return sign * direction
  }
  return 0
}

function at(doc: Doc, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], doc)
}

function put(doc: Doc, path: string, value: unknown): void {
  const [root, leaf] = path.split('.') as [string, string | undefined]
  if (leaf === undefined) doc[root] = value
  else doc[root] = { ...(doc[root] as object), [leaf]: value }
}

function equalities(filter: Filter): Record<string, unknown> {
  const branches = (filter.$and ?? []).map(equalities)
  const { $and, ...own } = filter
  return Object.assign({}, own, ...branches)
}

function updated(doc: Doc, update: Update, isInsert: boolean): void {
  const refuse = (): never => {
    throw new StoreError('NOT_ALLOWED', 'refused')
  }
  for (const [path, value] of Object.entries(update.$set ?? {})) put(doc, path, structuredClone(value))
  for (const [path, value] of Object.entries(isInsert ? (update.$setOnInsert ?? {}) : {})) put(doc, path, value)
  for (const path of Object.keys(update.$unset ?? {})) {
    const [root, leaf] = path.split('.') as [string, string | undefined]
    if (leaf === undefined) delete doc[root]
    else if (doc[root] !== undefined) delete (doc[root] as Record<string, unknown>)[leaf]
  }
  for (const [path, by] of Object.entries(update.$inc ?? {})) {
    const value = at(doc, path) === undefined ? 0 : at(doc, path)
    put(doc, path, typeof value === 'number' ? value + by : refuse())
  }
  for (const [path, value] of Object.entries(update.$min ?? {})) {
    if (at(doc, path) === undefined || compare(value, at(doc, path)) < 0) put(doc, path, value)
  }
  for (const [path, value] of Object.entries(update.$max ?? {})) {
    if (at(doc, path) === undefined || compare(value, at(doc, path)) > 0) put(doc, path, value)
  }
  updateLists(doc, update)
}

function updateLists(doc: Doc, update: Update): void {
  const listOf = (path: string): unknown[] => [...((at(doc, path) ?? []) as unknown[])]
  for (const [path, value] of Object.entries(update.$push ?? {})) {
    const { $each, $slice } = Array.isArray((value as { $each?: unknown[] } | null)?.$each)
      ? (value as { $each: unknown[]; $slice?: number })
      : { $each: [value], $slice: undefined }
    const list = [...listOf(path), ...$each]
    put(doc, path, $slice === undefined ? list : $slice < 0 ? list.slice($slice) : list.slice(0, $slice))
  }
  for (const [path, value] of Object.entries(update.$addToSet ?? {})) {
    const list = listOf(path)
    put(doc, path, list.includes(value) ? list : [...list, value])
  }
  for (const [path, value] of Object.entries(update.$pull ?? {})) {
    if (at(doc, path) === undefined) continue
    const gone = typeof value === 'object' && value !== null ? (value as { $in: unknown[] }).$in : [value]
    put(
      doc,
      path,
      listOf(path).filter((item) => !gone.includes(item)),
    )
  }
}
