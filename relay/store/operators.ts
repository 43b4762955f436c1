// The allow-list of filters and updates, checked at run time for both adapters. What comes back is a copy: what was
// checked is what is used. Stages have their own file, `stages.ts`.
import {
  type Direction,
  type Doc,
  type FieldTest,
  type Filter,
  type Scalar,
  StoreError,
  type Update,
} from './doc-store.ts'
import { checkPath, isPlainObject } from './field-paths.ts'

const RANGES = new Set(['$gt', '$gte', '$lt', '$lte'])
const SINGLE = new Set(['$eq', '$ne', ...RANGES])
const LISTS = new Set(['$in', '$nin'])
const UPDATES = new Set(['$set', '$unset', '$inc', '$min', '$max', '$push', '$pull', '$addToSet', '$setOnInsert'])
/** Deeper than any filter of ours, shallow enough for every parser. */
const DEPTH_LIMIT = 24

const refuse = (message: string): never => {
  throw new StoreError('NOT_ALLOWED', message)
}

/**
 * @returns a copy that holds listed operators and scalars only
 * @throws StoreError NOT_ALLOWED, also for `undefined`: it would match everything where a value was forgotten
 * @source ours: what both MongoDB and the embedded store answer alike
 */
export function checkedFilter(filter: unknown, depth = 0): Filter {
  if (!isPlainObject(filter)) return refuse('A filter is an object.')
  if (depth > DEPTH_LIMIT) return refuse('The filter is nested too deeply.')
  const checked: Filter = {}
  for (const key of Object.keys(filter)) {
    const value = filter[key]
    if (key === '$and' || key === '$or') checked[key] = checkedBranches(key, value, depth)
    else checked[checkPath(key)] = isPlainObject(value) ? checkedTest(key, value) : checkedScalar(key, value)
  }
  return checked
}

function checkedBranches(operator: string, value: unknown, depth: number): Filter[] {
  if (!Array.isArray(value) || value.length === 0)
    return refuse(`${operator} takes a list of filters, not an empty one.`)
  return value.map((branch) => checkedFilter(branch, depth + 1))
}

function checkedTest(path: string, test: Record<string, unknown>): FieldTest {
  const operators = Object.keys(test)
  if (operators.length === 0)
    return refuse(`The filter compares "${path}" with an object; ask for its fields one by one.`)
  const checked: Record<string, unknown> = {}
  for (const operator of operators) {
    const value = test[operator]
    if (LISTS.has(operator)) {
      if (!Array.isArray(value)) return refuse(`${operator} of "${path}" takes a list.`)
      checked[operator] = value.map((item) => checkedScalar(path, item))
    } else if (SINGLE.has(operator)) {
      if (value === null && RANGES.has(operator)) return refuse(`${operator} of "${path}" cannot compare with null.`)
      checked[operator] = checkedScalar(path, value)
    } else if (operator === '$exists') {
      if (typeof value !== 'boolean') return refuse(`$exists of "${path}" takes true or false.`)
      checked[operator] = value
    } else return refuse(`The filter of "${path}" uses "${operator}", which is not allowed.`)
  }
  return checked as FieldTest
}

function checkedScalar(path: string, value: unknown): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && !Number.isNaN(value)) return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value
  return refuse(
    value === undefined
      ? `The filter leaves "${path}" undefined.`
      : `The filter compares "${path}" with something that is not text, a number, a truth, a date or null.`,
  )
}

/** @throws StoreError NOT_ALLOWED */
export function checkedSort(sort: Record<string, Direction> | undefined): Record<string, Direction> {
  const checked: Record<string, Direction> = {}
  for (const [path, direction] of Object.entries(sort ?? {})) {
    if (direction !== 1 && direction !== -1) return refuse(`The sort of "${path}" is 1 or -1.`)
    checked[checkPath(path)] = direction
  }
  return checked
}

/**
 * @returns a copy with listed operators only; `_id` appears nowhere but as text in `$setOnInsert`
 * @throws StoreError NOT_ALLOWED
 */
export function checkedUpdate(update: unknown): Update {
  if (!isPlainObject(update) || Object.keys(update).length === 0)
    return refuse('An update names at least one operator.')
  const checked: Record<string, Record<string, unknown>> = {}
  const paths: string[] = []
  for (const operator of Object.keys(update)) {
    if (!UPDATES.has(operator)) return refuse(`The update uses "${operator}", which is not allowed.`)
    const fields = update[operator]
    if (!isPlainObject(fields)) return refuse(`${operator} takes an object of fields.`)
    const kept: Record<string, unknown> = {}
    for (const path of Object.keys(fields)) {
      if (path === '_id' && operator !== '$setOnInsert') return refuse('A document keeps its _id.')
      kept[checkPath(path)] = checkedOperand(operator, path, fields[path])
      paths.push(path)
    }
    checked[operator] = kept
  }
  checkConflicts(paths)
  return checked as Update
}

function checkedOperand(operator: string, path: string, value: unknown): unknown {
  if (value === undefined) return refuse(`${operator} leaves "${path}" undefined; $unset takes a field away.`)
  switch (operator) {
    case '$unset':
      return true
    case '$inc':
      return Number.isFinite(value) ? value : refuse(`$inc of "${path}" takes a number.`)
    case '$min':
    case '$max':
      if (Number.isFinite(value) || value instanceof Date) return value
      return refuse(`${operator} of "${path}" takes a number or a date.`)
    case '$push':
      return checkedEach(operator, path, value, ['$each', '$slice'])
    case '$addToSet':
      return checkedEach(operator, path, value, ['$each'])
    case '$pull':
      return checkedPull(path, value)
    case '$setOnInsert':
      if (path === '_id' && (typeof value !== 'string' || value === '')) return refuse('An _id is a text.')
      return value
    default:
      return value
  }
}

function checkedEach(operator: string, path: string, value: unknown, allowed: string[]): unknown {
  if (!isPlainObject(value)) return value
  const modifiers = Object.keys(value).filter((key) => key.startsWith('$'))
  if (modifiers.length === 0) return value
  if (modifiers.length !== Object.keys(value).length || modifiers.some((key) => !allowed.includes(key))) {
    return refuse(`${operator} of "${path}" allows ${allowed.join(' and ')} only.`)
  }
  if (!Array.isArray(value.$each)) return refuse(`${operator} of "${path}" takes a list as $each.`)
  if (value.$slice !== undefined && !Number.isInteger(value.$slice))
    return refuse(`$slice of "${path}" is a whole number.`)
  return value
}

function checkedPull(path: string, value: unknown): unknown {
  if (!isPlainObject(value)) return checkedScalar(path, value)
  return Object.keys(value).some((key) => key.startsWith('$') && key !== '$and' && key !== '$or')
    ? checkedTest(path, value)
    : checkedFilter(value)
}

/** MongoDB refuses an update that touches a field and its parent, or a field twice. */
function checkConflicts(paths: string[]): void {
  const sorted = [...paths].sort()
  for (const [at, path] of sorted.entries()) {
    const clash = sorted.some((other, index) => index !== at && (other === path || other.startsWith(`${path}.`)))
    if (clash) refuse(`The update touches "${path}" twice.`)
  }
}

/**
 * A document as it may be stored.
 * @throws StoreError NOT_ALLOWED when `_id` is no text or a field is named like an operator
 */
export function checkedDoc<T extends Doc>(doc: T): T {
  if (!isPlainObject(doc)) return refuse('A document is an object.')
  if (typeof doc._id !== 'string' || doc._id === '') return refuse('A document has a text as its _id.')
  for (const key of Object.keys(doc))
    if (key.includes('.') || checkPath(key) !== key) refuse(`"${key}" cannot name a field.`)
  return doc
}

/**
 * The fields an upsert takes from its filter: equalities at the top and inside `$and`.
 * @throws StoreError NOT_ALLOWED when a field is given twice, or no `_id` is known for the new document
 * @source MongoDB, "Update: upsert with operator expressions"
 */
export function upsertSeed(filter: Filter, update: Update): Record<string, unknown> {
  const seed: Record<string, unknown> = {}
  const collect = (part: Filter): void => {
    for (const [path, test] of Object.entries(part)) {
      if (path === '$and') for (const branch of test as Filter[]) collect(branch)
      else if (path !== '$or') {
        const equal = isPlainObject(test) ? (test as FieldTest).$eq : (test as Scalar)
        if (equal === undefined) continue
        if (path in seed) refuse(`An upsert is given "${path}" twice.`)
        seed[path] = equal
      }
    }
  }
  collect(filter)
  if ('_id' in seed && update.$setOnInsert?._id !== undefined) refuse('An upsert is given "_id" twice.')
  const _id = seed._id ?? update.$setOnInsert?._id
  if (typeof _id !== 'string' || _id === '') refuse('An upsert names the _id of the document it may have to make.')
  checkConflicts(Object.keys(seed))
  return seed
}
