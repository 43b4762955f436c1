// One collection as one SQLite table: `_id`, a column of comparable bytes per indexed field, and the document as BSON.
// A rowid table on purpose: WITHOUT ROWID made the same documents three times as large.
import { aggregate, find as mingoFind } from 'mingo'
import type { Doc, Filter, FindOptions, IndexSpec, Stage, Update, UpdateResult } from './doc-store.ts'
import { columnKey, MANY, orderKey } from './embedded-keys.ts'
import { type Column, type Plan, planAfter, planFilter, planSort, type SqlValue } from './embedded-plan.ts'
import type { FindAndUpdate } from './embedded-protocol.ts'
import { testOf } from './embedded-query.ts'
import { prepareTable } from './embedded-schema.ts'
import { decode, encode, type PartlyRead, readPartly, type Touch, touchOf, writePartly } from './embedded-splice.ts'
import { applyUpdate } from './embedded-update.ts'
import { upsertSeed } from './operators.ts'
import { afterValues, type Sort, totalSort } from './paging.ts'
import type { Database } from './sqlite-binding.ts'
import { isDuplicate } from './store-failures.ts'

type Statement = ReturnType<Database['prepare']>
interface Row {
  rowid: number
  doc: Uint8Array
}
interface Found {
  rowid: number
  bytes: Uint8Array
  doc: Doc
  /** Null for a document that was read whole. */
  partly: PartlyRead | null
}
interface Search {
  sort?: Sort
  limit?: number
  after?: FindOptions['after']
  /** It is enough to read this of each document. */
  touch?: Touch
}

/** Prepared statements kept per table; shapes of queries are few. */
const STATEMENTS_KEPT = 100
const MINGO = { scriptEnabled: false } as const

export class EmbeddedTable {
  readonly #db: Database
  readonly #table: string
  readonly #columns: Map<string, Column>
  readonly #statements = new Map<string, Statement>()
  readonly #insert: Statement
  readonly #replace: Statement

  /** @throws StoreError DUPLICATE_KEY when a new unique index meets documents that break it */
  constructor(db: Database, name: string, indexes: readonly IndexSpec[]) {
    this.#db = db
    const prepared = prepareTable(db, name, indexes)
    this.#table = prepared.table
    this.#columns = prepared.columns
    const names = [...this.#columns.values()].map((column) => column.sql)
    this.#insert = db.prepare(
      `INSERT INTO ${this.#table} (${['_id', ...names, 'doc'].join()}) VALUES (${['?', ...names.map(() => '?'), '?'].join()})`,
    )
    this.#replace = db.prepare(
      `UPDATE ${this.#table} SET ${[...names, 'doc'].map((name) => `${name} = ?`).join()} WHERE rowid = ?`,
    )
  }

  insert(doc: Doc): void {
    this.#insert.run(doc._id, ...this.#keysOf(doc), encode(doc))
  }

  insertMany(docs: Doc[]): { inserted: number; duplicates: number } {
    let inserted = 0
    for (const doc of docs) {
      try {
        this.insert(doc)
        inserted++
      } catch (error) {
        if (!isDuplicate(error)) throw error
      }
    }
    return { inserted, duplicates: docs.length - inserted }
  }

  find(filter: Filter, options: FindOptions): Doc[] {
    const search = { sort: totalSort(options.sort), limit: options.limit, after: options.after }
    const docs = this.#search(filter, search).map((found) => found.doc)
    if (options.fields === undefined) return docs
    const wanted = Object.fromEntries(['_id', ...options.fields].map((field) => [field, 1 as const]))
    return mingoFind<Doc>(docs, {}, wanted, MINGO).all()
  }

  count(filter: Filter): number {
    const plan = planFilter(filter, this.#columns)
    if (plan.rest !== null) return this.#search(filter, {}).length
    const row = this.#prepare(`SELECT count(*) AS n FROM ${this.#table}${where(plan.where)}`).get(...plan.values)
    return (row as { n: number }).n
  }

  update(filter: Filter, update: Update, isMany: boolean, upsert: boolean): UpdateResult {
    const touch = touchOf(filter, update, this.#columns.keys())
    const found = this.#search(filter, { touch, ...(isMany ? {} : { limit: 1 }) })
    if (found.length === 0 && upsert) {
      return { matched: 0, modified: 0, upserted_id: this.#upsert(filter, update)._id }
    }
    let modified = 0
    for (const one of found) {
      const isModified = one.partly ? this.#changePartly(one, one.partly, touch) : this.#change(one, update).isModified
      if (isModified) modified++
    }
    return { matched: found.length, modified, upserted_id: null }
  }

  findAndUpdate(filter: Filter, update: Update, upsert: boolean, options: FindAndUpdate): Doc | null {
    const search = { limit: 1, ...(options.sort && { sort: totalSort(options.sort) }) }
    const one = this.#search(filter, search)[0]
    const isAfter = options.return_document === 'after'
    if (one === undefined) {
      const made = upsert ? this.#upsert(filter, update) : null
      return isAfter ? made : null
    }
    const before = isAfter ? null : decode(one.bytes)
    const changed = this.#change(one, update)
    return before ?? decode(changed.bytes)
  }

  delete(filter: Filter): number {
    const plan = planFilter(filter, this.#columns)
    if (plan.rest === null) {
      const result = this.#prepare(`DELETE FROM ${this.#table}${where(plan.where)}`).run(...plan.values)
      return Number(result.changes)
    }
    const remove = this.#prepare(`DELETE FROM ${this.#table} WHERE rowid = ?`)
    const found = this.#search(filter, {})
    for (const { rowid } of found) remove.run(rowid)
    return found.length
  }

  /** Leading `$match` stages are searched for, the others are mingo's. */
  aggregate(stages: Stage[]): Record<string, unknown>[] {
    const others = stages.findIndex((stage) => !('$match' in stage))
    const cut = others === -1 ? stages.length : others
    const filters = stages.slice(0, cut).map((stage) => stage.$match as Filter)
    const docs = this.#search(filters.length > 0 ? { $and: filters } : {}, {}).map((found) => found.doc)
    return cut === stages.length ? docs : aggregate(docs, stages.slice(cut), MINGO)
  }

  #search(filter: Filter, search: Search): Found[] {
    const plan = planFilter(filter, this.#columns)
    const order = search.sort === undefined ? 'rowid' : planSort(search.sort, this.#columns)
    const isOrdered = order !== null
    if (isOrdered && search.sort && search.after) {
      const after = planAfter(search.sort, afterValues(search.sort, search.after), this.#columns)
      plan.where.push(...after.where)
      plan.values.push(...after.values)
    }
    const found = this.#read(plan, order, isOrdered ? search.limit : undefined, search.touch)
    return isOrdered || search.sort === undefined ? found : sortFound(found, search.sort, search)
  }

  #read(plan: Plan, order: string | null, limit: number | undefined, touch?: Touch): Found[] {
    const passes = plan.rest === null ? null : testOf(plan.rest)
    const bound = passes === null && limit !== undefined ? ` LIMIT ${limit}` : ''
    const sql = `SELECT rowid, doc FROM ${this.#table}${where(plan.where)}${order ? ` ORDER BY ${order}` : ''}${bound}`
    const statement = this.#prepare(sql)
    // Stepping costs more than all of a short answer.
    const isBounded = bound !== '' || plan.where.includes('_id = ?')
    const rows = isBounded ? statement.all(...plan.values) : statement.iterate(...plan.values)
    const found: Found[] = []
    for (const row of rows as Iterable<Row>) {
      const partly = touch ? readPartly(row.doc, touch) : null
      const doc = partly ? partly.doc : decode(row.doc)
      if (passes !== null && !passes(doc)) continue
      found.push({ rowid: row.rowid, bytes: row.doc, doc, partly })
      if (found.length === limit) break
    }
    return found
  }

  #change({ rowid, bytes, doc }: Found, update: Update): { isModified: boolean; bytes: Uint8Array } {
    applyUpdate(doc, update, false)
    const changed = encode(doc)
    if (Buffer.compare(changed, bytes) === 0) return { isModified: false, bytes }
    this.#replace.run(...this.#keysOf(doc), changed, rowid)
    return { isModified: true, bytes: changed }
  }

  /** @returns whether anything is different now */
  #changePartly({ rowid, doc }: Found, partly: PartlyRead, touch: Touch): boolean {
    applyUpdate(doc, touch.update, false)
    const changed = writePartly(partly, touch)
    if (changed) this.#replace.run(...this.#keysOf(doc), changed, rowid)
    return changed !== null
  }

  #upsert(filter: Filter, update: Update): Doc {
    const doc: Doc = { _id: '' }
    applyUpdate(doc, { $set: upsertSeed(filter, update) }, true)
    applyUpdate(doc, update, true)
    this.insert(doc)
    return decode(encode(doc))
  }

  #keysOf(doc: Doc): SqlValue[] {
    return [...this.#columns].map(([path, column]) => {
      const key = columnKey(doc, path)
      // True too long only costs speed; true too late would hide documents. So it is set before the write.
      if (key.equals(MANY)) column.many = true
      return key
    })
  }

  #prepare(sql: string): Statement {
    const kept = this.#statements.get(sql)
    if (kept !== undefined) return kept
    if (this.#statements.size >= STATEMENTS_KEPT) this.#statements.clear()
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

function where(conditions: string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}

function sortFound(found: Found[], sort: Sort, { after, limit }: Search): Found[] {
  const keyed = found.map((one) => ({
    one,
    keys: sort.map(([path, direction]) => orderKey(one.doc, path, direction)),
  }))
  const compare = (left: Buffer[], right: Buffer[]): number => {
    for (const [at, [, direction]] of sort.entries()) {
      const order = Buffer.compare(left[at]!, right[at]!)
      if (order !== 0) return order * direction
    }
    return 0
  }
  keyed.sort((left, right) => compare(left.keys, right.keys))
  if (after === undefined) return keyed.slice(0, limit).map(({ one }) => one)
  const values = afterValues(sort, after)
  const start = sort.map(([path, direction], at) => orderKey({ [path]: values[at] }, path, direction))
  return keyed
    .filter(({ keys }) => compare(keys, start) > 0)
    .slice(0, limit)
    .map(({ one }) => one)
}
