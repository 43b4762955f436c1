// The allow-list of aggregation: stages, accumulators and expressions that both adapters compute alike.
import { type Direction, type Stage, StoreError } from './doc-store.ts'
import { checkPath, isPlainObject } from './field-paths.ts'
import { checkedFilter, checkedSort } from './operators.ts'

const ACCUMULATORS = new Set(['$sum', '$avg', '$min', '$max', '$first', '$last', '$push', '$addToSet', '$count'])
/**
 * No `$dateTrunc`: mingo cuts days in UTC whatever the time zone. Days are grouped by `$dateToString`, which is right on both.
 */
const EXPRESSIONS = new Set([
  ...['$add', '$subtract', '$multiply', '$divide', '$mod', '$abs', '$floor', '$ceil', '$round'],
  ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$and', '$or', '$not', '$cond', '$ifNull', '$in'],
  ...['$size', '$arrayElemAt', '$concat', '$toLower', '$toUpper', '$literal', '$min', '$max', '$sum', '$avg'],
  ...['$dateToString', '$hour', '$minute', '$dayOfWeek', '$dayOfMonth', '$month', '$year'],
])
const DEPTH_LIMIT = 24

const refuse = (message: string): never => {
  throw new StoreError('NOT_ALLOWED', message)
}

/**
 * @returns a copy with listed stages only
 * @throws StoreError NOT_ALLOWED
 * @source ours: what both MongoDB and the embedded store answer alike
 */
export function checkedStages(stages: unknown): Stage[] {
  if (!Array.isArray(stages)) return refuse('An aggregation is a list of stages.')
  return stages.map((stage) => {
    const names = isPlainObject(stage) ? Object.keys(stage) : []
    const name = names[0]
    if (names.length !== 1 || name === undefined) return refuse('A stage is an object with one operator.')
    return { [name]: checkedStage(name, (stage as Stage)[name]) }
  })
}

function checkedStage(name: string, value: unknown): unknown {
  switch (name) {
    case '$match':
      return checkedFilter(value)
    case '$sort':
      return checkedSort(isPlainObject(value) ? (value as Record<string, Direction>) : refuse('$sort takes an object.'))
    case '$limit':
    case '$skip': {
      const least = name === '$limit' ? 1 : 0
      return Number.isInteger(value) && (value as number) >= least ? value : refuse(`${name} takes a whole number.`)
    }
    case '$count':
      return typeof value === 'string' ? checkPath(value) : refuse('$count takes a field name.')
    case '$unwind':
      return checkedUnwind(value)
    case '$project':
      return checkedProject(value)
    case '$group':
      return checkedGroup(value)
    default:
      return refuse(`The stage "${name}" is not allowed.`)
  }
}

function checkedUnwind(value: unknown): unknown {
  const path = isPlainObject(value) ? value.path : value
  if (typeof path !== 'string' || !path.startsWith('$')) return refuse('$unwind takes a field path.')
  checkPath(path.slice(1))
  if (!isPlainObject(value)) return path
  return { path, preserveNullAndEmptyArrays: value.preserveNullAndEmptyArrays === true }
}

function checkedProject(value: unknown): unknown {
  if (!isPlainObject(value) || Object.keys(value).length === 0) return refuse('$project takes an object of fields.')
  return mapFields(value, (field) =>
    field === 0 || field === 1 || typeof field === 'boolean' ? field : checkedExpression(field, 0),
  )
}

function checkedGroup(value: unknown): unknown {
  if (!isPlainObject(value) || !('_id' in value)) return refuse('$group takes an _id.')
  const { _id, ...fields } = value
  const accumulators = mapFields(fields, (field) => {
    const names = isPlainObject(field) ? Object.keys(field) : []
    const name = names[0]
    if (names.length !== 1 || name === undefined || !ACCUMULATORS.has(name)) {
      return refuse(`The accumulator "${name ?? ''}" is not allowed.`)
    }
    return { [name]: checkedExpression((field as Record<string, unknown>)[name], 0) }
  })
  return { _id: checkedExpression(_id, 0), ...accumulators }
}

function checkedExpression(value: unknown, depth: number): unknown {
  if (depth > DEPTH_LIMIT) return refuse('The expression is nested too deeply.')
  if (value === undefined) return refuse('The expression holds undefined.')
  if (typeof value === 'string') {
    if (value.startsWith('$$')) return value === '$$ROOT' ? value : refuse(`"${value}" is not allowed.`)
    if (value.startsWith('$')) checkPath(value.slice(1))
    return value
  }
  if (Array.isArray(value)) return value.map((item) => checkedExpression(item, depth + 1))
  if (!isPlainObject(value)) {
    if (value === null || typeof value !== 'object' || value instanceof Date) return value
    return refuse('The expression holds something that is not plain data.')
  }
  const operator = Object.keys(value).find((key) => key.startsWith('$'))
  if (operator === undefined) return mapFields(value, (item) => checkedExpression(item, depth + 1))
  if (!EXPRESSIONS.has(operator) || Object.keys(value).length !== 1) return refuse(`"${operator}" is not allowed.`)
  return {
    [operator]: operator === '$literal' ? value[operator] : checkedExpression(value[operator], depth + 1),
  }
}

function mapFields(fields: Record<string, unknown>, check: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([path, value]) => [checkPath(path), check(value)]))
}
