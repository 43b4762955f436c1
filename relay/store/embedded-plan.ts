// A filter cut in two: what SQLite decides by the columns of indexed fields, and the rest, which mingo decides document
// by document. SQL may only narrow: whatever it leaves out must fail the filter too.
import type { FieldTest, Filter, Scalar } from './doc-store.ts'
import { keyOf, MANY, typeBracket } from './embedded-keys.ts'
import { isPlainObject } from './field-paths.ts'
import type { Sort } from './paging.ts'

export interface Column {
  /** Quoted name in SQL. */
  sql: string
  /** Some document has several values here, so that neither ranges nor order can be read from the column. */
  many: boolean
}
export type Columns = ReadonlyMap<string, Column>
export type SqlValue = string | Uint8Array

export interface Plan {
  where: string[]
  values: SqlValue[]
  /** What mingo still has to test, or null when SQL decided all of it. */
  rest: Filter | null
}

/** More values than this in one list are left to mingo: SQLite bounds the parameters of a statement. */
const LIST_LIMIT = 1_000

/**
 * @param filter as `checkedFilter` made it
 * @throws never
 */
export function planFilter(filter: Filter, columns: Columns): Plan {
  const plan: Plan = { where: [], values: [], rest: null }
  const rest: Filter[] = []
  collect(filter, columns, plan, rest)
  if (rest.length > 0) plan.rest = rest.length === 1 ? rest[0]! : { $and: rest }
  return plan
}

function collect(filter: Filter, columns: Columns, plan: Plan, rest: Filter[]): void {
  for (const [path, test] of Object.entries(filter)) {
    if (path === '$and') for (const branch of test as Filter[]) collect(branch, columns, plan, rest)
    else if (path === '$or') rest.push({ $or: test as Filter[] })
    else collectField(path, isPlainObject(test) ? (test as FieldTest) : { $eq: test as Scalar }, columns, plan, rest)
  }
}

function collectField(path: string, test: FieldTest, columns: Columns, plan: Plan, rest: Filter[]): void {
  const column = columns.get(path)
  for (const [operator, value] of Object.entries(test)) {
    const isDecided =
      path === '_id' ? pushId(operator, value, plan) : column !== undefined && pushKey(operator, value, column, plan)
    if (!isDecided) rest.push({ [path]: { [operator]: value } })
  }
}

const COMPARISONS: Record<string, string> = { $eq: '=', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' }

/** `_id` is text and never missing, so it is its own column. @returns whether SQL decided it */
function pushId(operator: string, value: unknown, plan: Plan): boolean {
  const comparison = COMPARISONS[operator]
  if (comparison !== undefined) {
    if (typeof value === 'string') {
      plan.where.push(`_id ${comparison} ?`)
      plan.values.push(value)
    } else plan.where.push('0')
    return true
  }
  if (operator !== '$in') return false
  const ids = (value as Scalar[]).filter((id) => typeof id === 'string')
  if (ids.length > LIST_LIMIT) return false
  plan.where.push(`_id IN (${ids.map(() => '?').join()})`)
  plan.values.push(...ids)
  return true
}

/** @returns whether SQL decided it: with several values in one document it only narrows */
function pushKey(operator: string, value: unknown, column: Column, plan: Plan): boolean {
  switch (operator) {
    case '$eq':
    case '$in': {
      const wanted = operator === '$eq' ? [value] : (value as unknown[])
      if (wanted.length > LIST_LIMIT) return false
      const keys = wanted.map(keyOf)
      if (column.many) keys.push(MANY)
      plan.where.push(keys.length === 1 ? `${column.sql} = ?` : `${column.sql} IN (${keys.map(() => '?').join()})`)
      plan.values.push(...keys)
      return !column.many
    }
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte': {
      if (column.many) return false
      const key = keyOf(value)
      const { from, below } = typeBracket(key)
      const isLower = operator === '$gt' || operator === '$gte'
      plan.where.push(`${column.sql} ${COMPARISONS[operator]} ?`, `${column.sql} ${isLower ? '<' : '>='} ?`)
      plan.values.push(key, isLower ? below : from)
      return true
    }
    default:
      return false
  }
}

/** ORDER BY, when every field of the sort has a column that can be ordered by; else null. */
export function planSort(sort: Sort, columns: Columns): string | null {
  const parts: string[] = []
  for (const [path, direction] of sort) {
    const sql = orderColumn(path, columns)
    if (sql === null) return null
    parts.push(`${sql} ${direction === 1 ? 'ASC' : 'DESC'}`)
  }
  return parts.join(', ')
}

function orderColumn(path: string, columns: Columns): string | null {
  if (path === '_id') return '_id'
  const column = columns.get(path)
  return column === undefined || column.many ? null : column.sql
}

/**
 * "Comes after" in SQL, for a sort that `planSort` could plan.
 * The first field alone is compared once more: it lets SQLite start in the middle of the index.
 */
export function planAfter(sort: Sort, values: readonly unknown[], columns: Columns): Omit<Plan, 'rest'> {
  const keys = sort.map(([path], at): SqlValue => (path === '_id' ? String(values[at]) : keyOf(values[at])))
  const names = sort.map(([path]) => orderColumn(path, columns)!)
  const plan: Omit<Plan, 'rest'> = { where: [], values: [] }
  const first = sort[0]!
  plan.where.push(`${names[0]} ${first[1] === 1 ? '>=' : '<='} ?`)
  plan.values.push(keys[0]!)
  const branches = sort.map(([, direction], at) => {
    plan.values.push(...keys.slice(0, at + 1))
    const same = names.slice(0, at).map((name) => `${name} = ?`)
    return `(${[...same, `${names[at]} ${direction === 1 ? '>' : '<'} ?`].join(' AND ')})`
  })
  plan.where.push(`(${branches.join(' OR ')})`)
  return plan
}
