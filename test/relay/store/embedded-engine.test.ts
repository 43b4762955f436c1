// Inside the embedded store: transactions shared by many calls, indexes that follow their description, plans that use them.
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Doc, Filter, FindOptions, IndexSpec } from '../../../relay/store/doc-store.ts'
import { EmbeddedEngine } from '../../../relay/store/embedded-engine.ts'
import { columnKey, keyOf } from '../../../relay/store/embedded-keys.ts'
import { planAfter, planFilter, planSort } from '../../../relay/store/embedded-plan.ts'
import type { Operation, Reply } from '../../../relay/store/embedded-protocol.ts'
import { totalSort } from '../../../relay/store/paging.ts'
import { sqliteBinding } from '../../../relay/store/sqlite-binding.ts'
import { answerOf } from '../../support/in-process-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let engine: EmbeddedEngine
let indexes: IndexSpec[]
beforeEach(async () => {
  folder = temporaryFolder()
  engine = new EmbeddedEngine(folder.path, await sqliteBinding())
  indexes = [{ keys: { label: 1 }, unique: true }, { keys: { tenant_id: 1, at: -1 } }, { keys: { phones: 1 } }]
})
afterEach(() => {
  engine.close()
  folder.remove()
})

const run = (...operations: Operation[]): Reply[] =>
  engine.run(
    operations.map((operation, id) => ({
      id,
      place: 0,
      expires_at_ms: 0,
      operation,
      at: { file: 'x.sqlite', table: 'things', indexes },
    })),
  )
const one = (operation: Operation): unknown => answerOf(run(operation)[0]!)
const insert = (doc: Doc): Operation => ({ kind: 'insert', docs: [doc], isMany: false })
const find = (filter: Filter, options: FindOptions = {}): Operation => ({ kind: 'find', filter, options })
const ids = (filter: Filter, options: FindOptions = {}) => (one(find(filter, options)) as Doc[]).map((doc) => doc._id)
const reopen = async () => {
  engine.close()
  engine = new EmbeddedEngine(folder.path, await sqliteBinding())
}

describe('calls that wait together', () => {
  test('see each other’s writes in their order', () => {
    const replies = run(
      insert({ _id: 'a', label: 1 }),
      find({ _id: 'a' }),
      { kind: 'delete', filter: {} },
      { kind: 'count', filter: {} },
    )
    expect(replies.map(answerOf)).toEqual([undefined, [{ _id: 'a', label: 1 }], 1, 0])
  })

  test('a refused one leaves nothing and does not disturb its neighbours', () => {
    one(insert({ _id: 'z', label: 'z' }))
    const replies = run(
      insert({ _id: 'a', label: 1 }),
      insert({ _id: 'b', label: 1 }),
      { kind: 'update', filter: {}, update: { $set: { label: 'same' } }, isMany: true, upsert: false },
      insert({ _id: 'c', label: 3 }),
    )
    expect(replies.map((reply) => ('failure' in reply ? reply.failure.code : 'done'))).toEqual([
      'done',
      'DUPLICATE_KEY',
      'DUPLICATE_KEY',
      'done',
    ])
    expect((one(find({}, { sort: { _id: 1 } })) as Doc[]).map((doc) => [doc._id, doc.label])).toEqual([
      ['a', 1],
      ['c', 3],
      ['z', 'z'],
    ])
  })
})

describe('indexes', () => {
  test('a field that becomes indexed later is filled from the documents', async () => {
    one({
      kind: 'insert',
      docs: Array.from({ length: 2_500 }, (_, n) => ({
        _id: `d${n}`,
        label: n,
        later: n % 5,
        many: n === 7 ? [1, 2] : n,
      })),
      isMany: true,
    })
    await reopen()
    indexes = [...indexes, { keys: { later: 1 } }, { keys: { many: 1 } }]
    expect(one({ kind: 'count', filter: { later: 3 } })).toBe(500)
    expect(ids({ many: 2 }, { sort: { _id: 1 } })).toEqual(['d2', 'd7'])
  })

  test('an index that is no longer described is gone', async () => {
    one(insert({ _id: 'a', label: 1 }))
    await reopen()
    indexes = []
    one(insert({ _id: 'b', label: 1 }))
    expect(ids({ label: 1 })).toEqual(['a', 'b'])
  })

  test('a new unique index that the documents break is refused, and the documents stay', async () => {
    for (const _id of ['a', 'b']) one(insert({ _id, label: _id, same: 1 }))
    await reopen()
    const before = indexes
    indexes = [...indexes, { keys: { same: 1 }, unique: true }]
    expect(() => one(find({}))).toThrow('A document with these values exists.')
    indexes = before
    expect(ids({})).toEqual(['a', 'b'])
  })

  test('lists in an indexed field are still found after a restart', async () => {
    one(insert({ _id: 'a', label: 1, phones: ['+1', '+2'] }))
    one(insert({ _id: 'b', label: 2, phones: '+9' }))
    await reopen()
    expect(ids({ phones: '+2' })).toEqual(['a'])
    expect(ids({ phones: { $gt: '+1' } })).toEqual(['a', 'b'])
    expect(ids({}, { sort: { phones: -1 } })).toEqual(['b', 'a'])
  })

  test('a newest-first page and a lookup by a unique field read an index, and sort nothing', () => {
    one({
      kind: 'insert',
      docs: Array.from({ length: 500 }, (_, n) => ({
        _id: `d${n}`,
        tenant_id: 't',
        label: n,
        at: new Date(n),
      })),
      isMany: true,
    })
    const db = new DatabaseSync(join(folder.path, 'x.sqlite'))
    const columns = new Map(['tenant_id', 'at', 'label'].map((path) => [path, { sql: `"k:${path}"`, many: false }]))
    const planOf = (filter: Filter, sort: Record<string, 1 | -1>, after?: { values: [Date]; _id: string }): string => {
      const { where, values, rest } = planFilter(filter, columns)
      expect(rest).toBeNull()
      const total = totalSort(sort)
      const page = after ? planAfter(total, [...after.values, after._id], columns) : { where: [], values: [] }
      const sql = `EXPLAIN QUERY PLAN SELECT rowid, doc FROM things WHERE ${[...where, ...page.where].join(' AND ')} ORDER BY ${planSort(total, columns)}`
      return (db.prepare(sql).all(...values, ...page.values) as { detail: string }[])
        .map((row) => row.detail)
        .join('; ')
    }
    const scoped = (filter: Filter): Filter => ({ $and: [{ tenant_id: { $eq: 't' } }, filter] })
    const page = planOf(scoped({ at: { $gte: new Date(5), $lt: new Date(400) } }), { at: -1 })
    expect(page).toMatch(
      /^SEARCH things USING INDEX i:things:\w+ \("k:tenant_id"=\? AND "k:at">\? AND "k:at"<\?\)$|^SEARCH things USING INDEX \S+ \(.*tenant_id.*at.*\)$/,
    )
    expect(planOf(scoped({}), { at: -1 }, { values: [new Date(9)], _id: 'd9' })).not.toMatch(/SCAN|TEMP B-TREE/)
    expect(planOf(scoped({ label: 5 }), {})).toMatch(/label/)
    db.close()
  })
})

describe('keys', () => {
  test('bytes are in MongoDB’s order of types and values', () => {
    const inOrder = [
      null,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      -1e300,
      -5,
      -1e-300,
      0,
      1e-300,
      1,
      1.5,
      2 ** 53,
      Number.POSITIVE_INFINITY,
      '',
      'a',
      'ab',
      'b',
      'é',
      '\uffff',
      '😀',
      { a: 1 },
      new Uint8Array([1]),
      false,
      true,
      new Date(-1),
      new Date(0),
      new Date(1e13),
    ]
    for (const [at, value] of inOrder.entries()) {
      for (const other of inOrder.slice(at + 1))
        expect([value, other, Buffer.compare(keyOf(value), keyOf(other))]).toEqual([value, other, -1])
      expect(Buffer.compare(keyOf(value), keyOf(value))).toBe(0)
    }
    expect(keyOf(-0)).toEqual(keyOf(0))
    expect(keyOf(undefined)).toEqual(keyOf(null))
    expect(columnKey({ a: [{ b: 1 }] }, 'a.b')).toEqual(keyOf([]))
    expect(columnKey({ a: new Date() }, 'a.getTime')).toEqual(keyOf(null))
  })
})
