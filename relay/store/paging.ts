// Order and paging that mean the same on both adapters: a sort always ends in `_id`, so that no two documents tie.
import { type Direction, type Filter, type FindOptions, type Scalar, StoreError } from './doc-store.ts'

export type Sort = [path: string, direction: Direction][]

/**
 * The sort with `_id` at its end, in the direction of the last field.
 * @source ours: keyset paging needs a total order
 */
export function totalSort(sort: Record<string, Direction> = {}): Sort {
  const fields = Object.entries(sort)
  if ('_id' in sort) return fields
  return [...fields, ['_id', fields.at(-1)?.[1] ?? 1]]
}

/**
 * "Comes after this document" as a filter, for an adapter that has no tuple comparison of its own. A field to sort by
 * holds one type of value, or null.
 * @throws StoreError NOT_ALLOWED when `after` does not fit the sort
 */
export function afterFilter(sort: Sort, after: NonNullable<FindOptions['after']>): Filter {
  const values = afterValues(sort, after)
  const branches = sort.map(([path, direction], at): Filter => {
    const same = sort.slice(0, at).map(([earlier], index): Filter => ({ [earlier]: { $eq: values[index]! } }))
    return { $and: [...same, beyond(path, direction, values[at]!)] }
  })
  return { $or: branches }
}

function beyond(path: string, direction: Direction, value: Scalar): Filter {
  if (value === null) {
    // Null and missing come first: going up everything else follows, going down nothing does.
    return direction === 1 ? { [path]: { $ne: null } } : { _id: { $in: [] } }
  }
  if (direction === 1) return { [path]: { $gt: value } }
  return path === '_id' ? { _id: { $lt: value } } : { $or: [{ [path]: { $lt: value } }, { [path]: null }] }
}

/** The values of `after` in the order of the total sort. */
export function afterValues(sort: Sort, after: NonNullable<FindOptions['after']>): Scalar[] {
  const named = sort.filter(([path]) => path !== '_id')
  if (named.length !== after.values.length) {
    throw new StoreError('NOT_ALLOWED', 'A page starts after one value for each field of its sort.')
  }
  let next = 0
  return sort.map(([path]) => (path === '_id' ? after._id : after.values[next++]!))
}
