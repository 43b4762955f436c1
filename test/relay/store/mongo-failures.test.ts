// What the driver throws, and what leaves the store.
import { BSONError } from 'bson'
import { MongoInvalidArgumentError, MongoNetworkError, MongoNetworkTimeoutError, MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { StoreError } from '../../../relay/store/doc-store.ts'
import { mongoFailure } from '../../../relay/store/mongo-failures.ts'
import { missingIndexes } from '../../../relay/store/mongo-indexes.ts'

const ofServer = (code: number, more: object = {}) =>
  new MongoServerError({ message: 'secret: "+49301234"', code, ...more })

test.each<[string, unknown, string]>([
  ['a duplicate', ofServer(11000), 'DUPLICATE_KEY'],
  ['a value of the wrong type', ofServer(14), 'NOT_ALLOWED'],
  ['a way through a scalar', ofServer(28), 'NOT_ALLOWED'],
  ['an expression that fails', ofServer(16_702), 'NOT_ALLOWED'],
  ['a document over the limit', ofServer(10_334), 'NOT_ALLOWED'],
  ['a query that ran out of time', ofServer(50), 'DEADLINE_EXCEEDED'],
  ['a write that the majority did not confirm in time', ofServer(64), 'DEADLINE_EXCEEDED'],
  ['a full disk', ofServer(14_031), 'NO_SPACE'],
  ['a server that is no primary any more', ofServer(10_107), 'UNAVAILABLE'],
  ['a server that shuts down', ofServer(11_600), 'UNAVAILABLE'],
  ['a password that was changed', ofServer(18), 'UNAVAILABLE'],
  ['a code nobody knows', ofServer(7_777), 'UNAVAILABLE'],
  ['a socket that timed out', new MongoNetworkTimeoutError('timed out', {}), 'DEADLINE_EXCEEDED'],
  ['a socket that broke', new MongoNetworkError('connection 3 closed'), 'UNAVAILABLE'],
  ['a value that is no BSON', new BSONError('cyclic'), 'NOT_ALLOWED'],
  ['an argument that the driver does not take', new MongoInvalidArgumentError('too large'), 'NOT_ALLOWED'],
])('%s', (_, error, code) => {
  const failure = mongoFailure(error)
  expect(failure).toBeInstanceOf(StoreError)
  expect(failure.code).toBe(code)
})

test('a duplicate names the fields of its index and not their values', () => {
  const failure = mongoFailure(
    ofServer(11000, { keyPattern: { tenant_id: 1, number: 1 }, keyValue: { number: '+49301234' } }),
  )
  expect(failure.keys).toEqual(['tenant_id', 'number'])
})

test.each([14, 18, 50, 10_107, 11_000, 14_031])('what the server wrote with code %i goes no further', (code) => {
  const failure = mongoFailure(ofServer(code))
  expect(failure.message).not.toContain('secret')
  expect(failure.cause).toBeUndefined()
})

describe('an index that is there', () => {
  const place = (unique: boolean) => ({
    database: 'phony',
    collection: 'things',
    indexes: [{ keys: { tenant_id: 1, label: 1 }, unique }] as const,
  })
  const existing = (more: object, key: object = { tenant_id: 1, label: 1 }) =>
    [{ v: 2, name: 'x', key, ...more }] as never

  test('as described is left alone, under whatever name', () => {
    expect(missingIndexes(place(true), existing({ unique: true }))).toEqual([])
    expect(missingIndexes(place(false), existing({}, { tenant_id: 1, label: 1, _id: 1 }))).toEqual([])
  })

  test('on other fields, or on the same in another order, is another index', () => {
    expect(missingIndexes(place(true), existing({}, { label: 1, tenant_id: 1 }))).toEqual([
      { key: { tenant_id: 1, label: 1 }, unique: true },
    ])
    expect(missingIndexes(place(true), [])).toHaveLength(1)
  })

  test.each<[string, boolean, object]>([
    ['is not unique as it must be', true, {}],
    ['deletes documents after a time', true, { unique: true, expireAfterSeconds: 60 }],
    ['leaves documents out', true, { unique: true, sparse: true }],
    ['leaves documents out', true, { unique: true, partialFilterExpression: { a: 1 } }],
    ['takes different texts for the same', true, { unique: true, collation: { locale: 'de', strength: 1 } }],
  ])('but %s is refused with one sentence', (sentence, unique, more) => {
    const attempt = () => missingIndexes(place(unique), existing(more))
    expect(attempt).toThrow(`The index {tenant_id: 1, label: 1} of "things" in the database "phony" ${sentence}`)
    expect(attempt).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
  })

  test('and is unique where two documents may be alike is refused', () => {
    const attempt = () => missingIndexes(place(false), existing({ unique: true }, { tenant_id: 1, label: 1, _id: 1 }))
    expect(attempt).toThrow('is unique and must not be')
  })
})
