import { expect, test } from 'vitest'
import { afterFilter, totalSort } from '../../../relay/store/paging.ts'
import { placePlatform, placeTenant } from '../../../relay/store/placement.ts'

test('a tenant’s data lies in its own collections, its own database, or its own cluster', () => {
  expect(placeTenant('tn_a', { isolation_level: 'schema' })).toEqual({
    url: null,
    database: 'phony',
    prefix: 't_tn_a__',
  })
  expect(placeTenant('tn_a', { isolation_level: 'database' }, 'other')).toEqual({
    url: null,
    database: 'other_t_tn_a',
    prefix: '',
  })
  const cluster = { isolation_level: 'cluster', cluster_url: 'mongodb://one' } as const
  expect(placeTenant('tn_a', cluster)).toEqual({ url: 'mongodb://one', database: 'phony_t_tn_a', prefix: '' })
  expect(placePlatform('other')).toEqual({ url: null, database: 'other', prefix: '' })
})

test('the longest tenant id still makes a name MongoDB takes', () => {
  const longest = `abcdefgh_${'x'.repeat(40)}`
  expect(placeTenant(longest, { isolation_level: 'database' }).database.length).toBeLessThan(64)
})

test('every sort ends in _id, in the direction of its last field', () => {
  expect(totalSort()).toEqual([['_id', 1]])
  expect(totalSort({ a: 1, b: -1 })).toEqual([
    ['a', 1],
    ['b', -1],
    ['_id', -1],
  ])
  expect(totalSort({ _id: -1 })).toEqual([['_id', -1]])
})

test('a page that does not fit its sort is refused', () => {
  expect(() => afterFilter(totalSort({ a: 1 }), { values: [], _id: 'x' })).toThrow('one value for each field')
})
