// A filter laid flat asks the same.
import { expect, test } from 'vitest'
import type { Filter } from '../../../relay/store/doc-store.ts'
import { flatFilter } from '../../../relay/store/mongo-collection.ts'

test.each<[string, Filter, Filter]>([
  [
    'the tenant and an id',
    { $and: [{ tenant_id: { $eq: 't' } }, { _id: 'a' }] },
    { tenant_id: { $eq: 't' }, _id: 'a' },
  ],
  ['a tenant alone', { $and: [{ tenant_id: { $eq: 't' } }, {}] }, { tenant_id: { $eq: 't' } }],
  ['depth', { $and: [{ a: 1 }, { $and: [{ b: 2 }, { $and: [{ c: null }] }] }] }, { a: 1, b: 2, c: null }],
  [
    'a field asked twice keeps both',
    { $and: [{ tenant_id: { $eq: 't' } }, { tenant_id: 'other', n: { $gt: 1 } }, { n: { $lt: 5 } }] },
    { tenant_id: { $eq: 't' }, n: { $gt: 1 }, $and: [{ tenant_id: 'other' }, { n: { $lt: 5 } }] },
  ],
  [
    'each $or stays as it is',
    { $and: [{ $or: [{ a: 1 }, { $and: [{ b: 1 }] }] }, { $or: [{ c: 1 }, { d: 1 }] }] },
    { $or: [{ a: 1 }, { $and: [{ b: 1 }] }], $and: [{ $or: [{ c: 1 }, { d: 1 }] }] },
  ],
])('%s', (_, filter, flat) => {
  expect(flatFilter(filter)).toEqual(flat)
})

test('the _id stands first, wherever it was asked', () => {
  const flat = flatFilter({ $and: [{ tenant_id: { $eq: 't' } }, { n: 1 }, { _id: 'a' }] })
  expect(Object.keys(flat)).toEqual(['_id', 'tenant_id', 'n'])
})
