// A filter as a test of one document. mingo's own `Query` copies its three hundred operators for every filter; ours has
// those that `checkedFilter` lets through.
import { Context } from 'mingo/core'
import * as comparison from 'mingo/operators/query/comparison'
import { $exists } from 'mingo/operators/query/element'
import { $and, $or } from 'mingo/operators/query/logical'
import { Query } from 'mingo/query'
import type { Filter } from './doc-store.ts'

const MINGO = { scriptEnabled: false, context: Context.init({ query: { ...comparison, $exists, $and, $or } }) }

/** @param filter as `checkedFilter` made it */
export function testOf(filter: Filter): (doc: Record<string, unknown>) => boolean {
  const query = new Query(filter, MINGO)
  return (doc) => query.test(doc)
}
