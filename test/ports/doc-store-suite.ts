// What every document store must do. Run on the embedded store and on MongoDB: titles are the rules of the port.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CollectionSpec, DocCollection, DocStore, Filter } from '../../relay/store/doc-store.ts'
import { StoreError } from '../../relay/store/doc-store.ts'
import { type TenantScope, tenantScope } from '../../relay/store/tenant-scope.ts'
import { checkSequences } from './doc-store-sequences.ts'

export interface DocStoreBench {
  open(): Promise<{ store: DocStore; close(): Promise<void> }>
  /** Letters and digits nobody used before: names tenants and collections of one test. */
  fresh(): string
  /** Random command sequences compared with the oracle; fewer where a point read takes a millisecond. */
  sequences: number
}

interface Thing {
  _id: string
  [field: string]: unknown
}
type Things = DocCollection<Thing & { tenant_id: string }>

export const THINGS = {
  name: 'things',
  scope: 'tenant',
  indexes: [
    { keys: { tenant_id: 1, group: 1 } },
    { keys: { tenant_id: 1, at: -1 } },
    { keys: { tenant_id: 1, phones: 1 } },
    { keys: { tenant_id: 1, label: 1 }, unique: true },
  ],
} as const satisfies CollectionSpec

export function docStoreSuite(name: string, bench: DocStoreBench): void {
  describe(`${name}: document store`, () => {
    let store: DocStore
    let close: () => Promise<void>
    beforeAll(async () => {
      const opened = await bench.open()
      store = opened.store
      close = opened.close
    }, 60_000)
    afterAll(() => close(), 60_000)

    const freshScope = (): TenantScope => tenantScope(`tn_${bench.fresh()}`, 'relay')
    const things = (scope = freshScope()): Things => store.forTenant(scope).collection<Thing>(THINGS)
    /** Inserts without the tenant, which the store adds; labels are unique. */
    const fill = async (collection: Things, docs: Record<string, unknown>[]): Promise<void> => {
      for (const [at, doc] of docs.entries()) {
        await collection.insertOne({ _id: `d${at}`, label: `label ${at}`, ...doc } as unknown as Thing & {
          tenant_id: string
        })
      }
    }
    const ids = async (collection: Things, filter: Filter): Promise<string[]> =>
      (await collection.find(filter, { sort: { _id: 1 } })).map((doc) => doc._id)
    const codeOf = async (attempt: Promise<unknown>): Promise<string> => {
      const error = await attempt.then(
        () => null,
        (reason: unknown) => reason,
      )
      return error instanceof StoreError ? error.code : `no StoreError: ${String(error)}`
    }

    describe('documents', () => {
      test('dates, null, bytes, nesting and odd names come back as they were given', async () => {
        const all = things()
        const odd = {
          at: new Date('2030-05-06T07:08:09.123Z'),
          nothing: null,
          bytes: new Uint8Array([0, 255, 7]),
          nested: { list: [1, 'two', { three: null }], 'a.b': 1, $c: 2, deep: { deeper: [[]] } },
          number: -0.1,
          large: 2 ** 53 - 1,
          text: 'Grüße 👋 \u0000 end',
        }
        await fill(all, [odd])
        const back = await all.findOne({ _id: 'd0' })
        expect(back).toMatchObject({ ...odd, bytes: expect.anything() })
        expect([...(back!.bytes as Uint8Array)]).toEqual([0, 255, 7])
        expect(back?.at).toBeInstanceOf(Date)
      })

      test('a field that is undefined is not stored', async () => {
        const all = things()
        await fill(all, [{ gone: undefined, nested: { gone: undefined, kept: 1 } }])
        const back = await all.findOne({ _id: 'd0' })
        expect(back).not.toHaveProperty('gone')
        expect(back?.nested).toEqual({ kept: 1 })
      })

      test('an _id is a text of ours', async () => {
        const all = things()
        expect(await codeOf(all.insertOne({ _id: 5 } as never))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.insertOne({ label: 'x' } as never))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.insertOne({ _id: '', label: 'x' } as never))).toBe('NOT_ALLOWED')
      })

      test('a duplicate names the fields it breaks', async () => {
        const all = things()
        await fill(all, [{ label: 'one' }])
        const sameId = await all.insertOne({ _id: 'd0', label: 'two' } as never).catch((error) => error)
        expect(sameId).toMatchObject({ code: 'DUPLICATE_KEY', keys: ['_id'] })
        const sameLabel = await all.insertOne({ _id: 'd1', label: 'one' } as never).catch((error) => error)
        expect(sameLabel).toMatchObject({ code: 'DUPLICATE_KEY' })
        expect(sameLabel.keys).toContain('label')
      })

      test('missing counts as null in a unique index', async () => {
        const all = things()
        await all.insertOne({ _id: 'a', label: null } as never)
        expect(await codeOf(all.insertOne({ _id: 'b' } as never))).toBe('DUPLICATE_KEY')
      })

      test('values of different types do not collide in a unique index', async () => {
        const all = things()
        const labels = [1, '1', true, new Date(1), null, '', 0, false]
        for (const [at, label] of labels.entries()) await all.insertOne({ _id: `u${at}`, label } as never)
        for (const [at, label] of labels.entries()) {
          expect(await ids(all, { label: { $eq: label } })).toEqual([`u${at}`])
        }
      })

      test('insertMany goes on past duplicates and counts them', async () => {
        const all = things()
        await fill(all, [{}])
        const docs = ['d0', 'n1', 'n2', 'n1'].map((_id, at) => ({ _id, label: `many ${at}` }))
        expect(await all.insertMany(docs as never)).toEqual({ inserted: 2, duplicates: 2 })
        expect(await ids(all, {})).toEqual(['d0', 'n1', 'n2'])
      })

      test('an update that would break a unique index changes nothing', async () => {
        const all = things()
        await fill(all, [{ label: 'one', n: 1 }, { label: 'two' }])
        expect(await codeOf(all.updateOne({ _id: 'd1' }, { $set: { label: 'one', n: 2 } }))).toBe('DUPLICATE_KEY')
        expect(await all.findOne({ _id: 'd1' })).not.toHaveProperty('n')
      })
    })

    describe('filters', () => {
      test('null matches null and missing, and $exists tells them apart', async () => {
        const all = things()
        await fill(all, [{ group: null, free: null }, {}, { group: 'g', free: 1 }])
        for (const field of ['group', 'free']) {
          expect(await ids(all, { [field]: null })).toEqual(['d0', 'd1'])
          expect(await ids(all, { [field]: { $in: [null] } })).toEqual(['d0', 'd1'])
          expect(await ids(all, { [field]: { $ne: null } })).toEqual(['d2'])
          expect(await ids(all, { [field]: { $nin: [null] } })).toEqual(['d2'])
          expect(await ids(all, { [field]: { $exists: true } })).toEqual(['d0', 'd2'])
          expect(await ids(all, { [field]: { $exists: false } })).toEqual(['d1'])
        }
      })

      test('a comparison never reaches into another type', async () => {
        const all = things()
        const values = [5, '5', new Date(5), true, null]
        await fill(
          all,
          values.map((value) => ({ group: value, free: value })),
        )
        for (const field of ['group', 'free']) {
          expect(await ids(all, { [field]: { $gt: 1 } })).toEqual(['d0'])
          expect(await ids(all, { [field]: { $lte: 'z' } })).toEqual(['d1'])
          expect(await ids(all, { [field]: { $gte: new Date(0) } })).toEqual(['d2'])
          expect(await ids(all, { [field]: { $lt: 100 } })).toEqual(['d0'])
          expect(await ids(all, { [field]: { $gte: false } })).toEqual(['d3'])
        }
      })

      test('numbers compare by value over zero, fractions and infinity', async () => {
        const all = things()
        await fill(
          all,
          [-1e9, -1.5, -0, 0.25, 3, Number.POSITIVE_INFINITY].map((group) => ({ group })),
        )
        expect(await ids(all, { group: { $lt: 0 } })).toEqual(['d0', 'd1'])
        expect(await ids(all, { group: 0 })).toEqual(['d2'])
        expect(await ids(all, { group: { $gt: -1.5, $lte: 3 } })).toEqual(['d2', 'd3', 'd4'])
      })

      test('a list matches by any of its values, indexed or not', async () => {
        const all = things()
        await fill(all, [{ phones: ['+1', '+2'], free: [1, 9] }, { phones: '+2', free: 9 }, { phones: [] }, {}])
        expect(await ids(all, { phones: '+2' })).toEqual(['d0', 'd1'])
        expect(await ids(all, { phones: { $in: ['+1', '+7'] } })).toEqual(['d0'])
        expect(await ids(all, { phones: { $ne: '+2' } })).toEqual(['d2', 'd3'])
        expect(await ids(all, { phones: { $gte: '+2' } })).toEqual(['d0', 'd1'])
        expect(await ids(all, { free: { $gt: 8 } })).toEqual(['d0', 'd1'])
        // Each bound by a value of its own, as MongoDB has it.
        expect(await ids(all, { free: { $gt: 5, $lt: 5 } })).toEqual(['d0'])
      })

      test('dotted paths reach into objects and lists of objects', async () => {
        const all = things()
        await fill(all, [{ a: { b: 1 } }, { a: [{ b: 1 }, { b: 2 }] }, { a: { b: 2 } }, { a: 1 }])
        expect(await ids(all, { 'a.b': 1 })).toEqual(['d0', 'd1'])
        expect(await ids(all, { 'a.b': { $in: [2] } })).toEqual(['d1', 'd2'])
        expect(await ids(all, { 'a.b': { $exists: false } })).toEqual(['d3'])
        expect(await ids(all, { 'a.1.b': 2 })).toEqual(['d1'])
      })

      test('$and, $or and several fields combine', async () => {
        const all = things()
        await fill(all, [
          { group: 'a', n: 1 },
          { group: 'a', n: 2 },
          { group: 'b', n: 1 },
        ])
        expect(await ids(all, { $or: [{ group: 'b' }, { n: 2 }] })).toEqual(['d1', 'd2'])
        expect(await ids(all, { $and: [{ group: 'a' }, { $or: [{ n: 2 }, { n: 3 }] }], n: { $gt: 0 } })).toEqual(['d1'])
        expect(await ids(all, { group: { $in: [] } })).toEqual([])
        expect(await all.count({ $and: [{ group: 'a' }, { n: { $gte: 1 } }] })).toBe(2)
        expect(await all.count({ group: 'a' })).toBe(2)
      })

      test.each<[string, unknown]>([
        ['undefined', { group: undefined }],
        ['undefined in a list', { group: { $in: ['a', undefined] } }],
        ['$where', { $where: 'true' }],
        ['$expr', { $expr: { $eq: [1, 1] } }],
        ['$nor', { $nor: [{ group: 'a' }] }],
        ['$regex', { group: { $regex: '.*' } }],
        ['a RegExp', { group: /x/ }],
        ['$not', { group: { $not: { $eq: 1 } } }],
        ['a sub-document', { group: { a: 1 } }],
        ['an empty sub-document', { group: {} }],
        ['a list', { group: ['a'] }],
        ['an empty $and', { $and: [] }],
        ['$gt null', { group: { $gt: null } }],
        ['NaN', { group: Number.NaN }],
        ['an invalid date', { group: new Date(Number.NaN) }],
        ['__proto__', JSON.parse('{"__proto__": 1}')],
        ['no filter', undefined],
      ])('a filter with %s is refused', async (_, filter) => {
        const all = things()
        expect(await codeOf(all.find(filter as Filter))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.count(filter as Filter))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.deleteMany(filter as Filter))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.aggregate([{ $match: filter }]))).toBe('NOT_ALLOWED')
      })
    })

    describe('order and pages', () => {
      test('sorts put null and missing first, then numbers, text, truths and dates', async () => {
        const all = things()
        const values = [new Date(1), 'b', 2, null, true, 'a', 1, undefined]
        await fill(
          all,
          values.map((value) => ({ group: value, free: value })),
        )
        for (const field of ['group', 'free']) {
          const up = (await all.find({}, { sort: { [field]: 1 } })).map((doc) => doc._id)
          expect(up).toEqual(['d3', 'd7', 'd6', 'd2', 'd5', 'd1', 'd4', 'd0'])
          const down = (await all.find({}, { sort: { [field]: -1 } })).map((doc) => doc._id)
          expect(down).toEqual([...up].reverse())
        }
      })

      test.each([1, -1] as const)(
        'pages in direction %i show every document once, also with ties and nulls',
        async (direction) => {
          const all = things()
          const values = [3, 1, null, 3, 2, undefined, 3, 1, 0]
          await fill(
            all,
            values.map((value) => ({ group: value, free: value, at: new Date(1e9) })),
          )
          const sorts: Record<string, 1 | -1>[] = [
            { group: direction },
            { free: direction },
            { at: direction },
            { at: direction, group: direction },
            {},
          ]
          for (const sort of sorts) {
            const whole = (await all.find({}, { sort })).map((doc) => doc._id)
            const seen: string[] = []
            let after: { values: never[]; _id: string } | undefined
            for (let page = 0; page < 10; page++) {
              const docs = await all.find({}, { sort, limit: 2, ...(after && { after }) })
              seen.push(...docs.map((doc) => doc._id))
              const last = docs.at(-1)
              if (last === undefined) break
              after = {
                values: Object.keys(sort).map((field) => last[field] ?? null) as never[],
                _id: last._id,
              }
            }
            expect(seen).toEqual(whole)
            expect(new Set(seen).size).toBe(values.length)
          }
        },
      )

      test('a page keeps to its filter and its limit', async () => {
        const all = things()
        await fill(
          all,
          Array.from({ length: 9 }, (_, n) => ({ n, group: n % 2 === 0 ? 'even' : 'odd' })),
        )
        const page = await all.find(
          { group: 'even' },
          { sort: { group: 1 }, limit: 2, after: { values: ['even'], _id: 'd2' } },
        )
        expect(page.map((doc) => doc._id)).toEqual(['d4', 'd6'])
        const first = await all.find({ n: { $gt: 2 } }, { sort: { n: -1 }, limit: 1 })
        expect(first.map((doc) => doc.n)).toEqual([8])
      })

      test('only the asked fields come back, and _id', async () => {
        const all = things()
        await fill(all, [{ a: { b: 1, c: 2 }, n: 3, list: [{ x: 1, y: 2 }] }])
        expect(await all.findOne({ _id: 'd0' }, { fields: ['n', 'a.b', 'list.x'] })).toEqual({
          _id: 'd0',
          n: 3,
          a: { b: 1 },
          list: [{ x: 1 }],
        })
        expect(await all.find({}, { fields: ['tenant_id'] })).toEqual([
          { _id: 'd0', tenant_id: expect.stringMatching(/^tn_/) },
        ])
      })

      test('a limit that is no whole number above zero is refused', async () => {
        for (const limit of [0, -1, 1.5, Number.NaN])
          expect(await codeOf(things().find({}, { limit }))).toBe('NOT_ALLOWED')
      })
    })

    describe('updates', () => {
      const change = async (before: Record<string, unknown>, update: Record<string, unknown>) => {
        const all = things()
        await fill(all, [before])
        const result = await all.updateOne({ _id: 'd0' }, update)
        const { _id, tenant_id, label, ...fields } = (await all.findOne({ _id: 'd0' }))!
        return { ...result, fields }
      }

      test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]>([
        ['$set makes its way', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
        ['$set replaces an object whole', { a: { b: 1, c: 2 } }, { $set: { a: { c: 3 } } }, { a: { c: 3 } }],
        [
          '$set reaches into a list',
          { a: [{ b: 1 }] },
          { $set: { 'a.0.b': 2, 'a.2': 'x' } },
          { a: [{ b: 2 }, null, 'x'] },
        ],
        ['$set keeps names with dots inside a value', {}, { $set: { a: { 'x.y': 1 } } }, { a: { 'x.y': 1 } }],
        [
          '$unset takes away',
          { a: { b: 1, c: 2 }, d: 3 },
          { $unset: { 'a.b': true, d: true, e: true } },
          { a: { c: 2 } },
        ],
        ['$inc counts from nothing', { n: 1 }, { $inc: { n: 2.5, m: -1, 'a.k': 1 } }, { n: 3.5, m: -1, a: { k: 1 } }],
        [
          '$min and $max keep the lesser and the greater',
          { a: 5, b: 5 },
          { $min: { a: 3, c: 1 }, $max: { b: 4, d: 2 } },
          { a: 3, b: 5, c: 1, d: 2 },
        ],
        ['$max moves dates', { at: new Date(5) }, { $max: { at: new Date(9) } }, { at: new Date(9) }],
        ['$push appends one or each', { a: [1] }, { $push: { a: 2, b: { $each: [1, 2] } } }, { a: [1, 2], b: [1, 2] }],
        ['$push appends a list as one value', { a: [1] }, { $push: { a: [2] } }, { a: [1, [2]] }],
        ['$slice keeps the last', { a: [1, 2, 3] }, { $push: { a: { $each: [4], $slice: -2 } } }, { a: [3, 4] }],
        ['$slice keeps the first', { a: [1, 2, 3] }, { $push: { a: { $each: [4], $slice: 2 } } }, { a: [1, 2] }],
        ['$slice holds for the first push too', {}, { $push: { a: { $each: [1, 2, 3], $slice: -2 } } }, { a: [2, 3] }],
        ['$slice 0 empties', { a: [1] }, { $push: { a: { $each: [], $slice: 0 } } }, { a: [] }],
        [
          '$addToSet adds what is not there',
          { a: [1, 1] },
          { $addToSet: { a: { $each: [1, 2, 2] }, b: 'x' } },
          { a: [1, 1, 2], b: ['x'] },
        ],
        [
          '$addToSet tells objects apart by field order',
          { a: [{ x: 1, y: 2 }] },
          { $addToSet: { a: { y: 2, x: 1 } } },
          {
            a: [
              { x: 1, y: 2 },
              { y: 2, x: 1 },
            ],
          },
        ],
        ['$pull removes equal values', { a: [1, 2, 1, 3] }, { $pull: { a: 1 } }, { a: [2, 3] }],
        ['$pull removes by a test', { a: [1, 2, 3, 4] }, { $pull: { a: { $gte: 3 } } }, { a: [1, 2] }],
        [
          '$pull removes objects by a filter',
          { a: [{ k: 1, v: 1 }, { k: 2 }] },
          { $pull: { a: { k: 1 } } },
          { a: [{ k: 2 }] },
        ],
        [
          'several operators at once',
          { n: 1, a: [] },
          { $inc: { n: 1 }, $push: { a: 1 }, $set: { s: 'x' } },
          { n: 2, a: [1], s: 'x' },
        ],
        ['null can be set', { n: 1 }, { $set: { n: null } }, { n: null }],
        [
          '$setOnInsert does nothing to what is there',
          { n: 1 },
          { $setOnInsert: { n: 5 }, $set: { m: 1 } },
          { n: 1, m: 1 },
        ],
      ])('%s', async (_, before, update, expected) => {
        const result = await change(before, update)
        expect(result).toEqual({ matched: 1, modified: 1, upserted_id: null, fields: expected })
      })

      test('an update that changes nothing says so', async () => {
        for (const update of [
          { $set: { n: 1 } },
          { $unset: { x: true } },
          { $inc: { n: 0 } },
          { $max: { n: 1 } },
          { $addToSet: { a: 1 } },
          { $pull: { a: 7 } },
        ]) {
          expect(await change({ n: 1, a: [1] }, update)).toMatchObject({
            matched: 1,
            modified: 0,
            fields: { n: 1, a: [1] },
          })
        }
      })

      test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
        ['$inc on text', { n: 'x' }, { $inc: { n: 1 } }],
        ['$inc on null', { n: null }, { $inc: { n: 1 } }],
        ['$push on a scalar', { a: 1 }, { $push: { a: 2 } }],
        ['$push on null', { a: null }, { $push: { a: 2 } }],
        ['$addToSet on a scalar', { a: 'x' }, { $addToSet: { a: 'x' } }],
        ['$pull on a scalar', { a: 1 }, { $pull: { a: 1 } }],
        ['$set through a scalar', { a: 1 }, { $set: { 'a.b': 1 } }],
        ['$set through null', { a: null }, { $set: { 'a.b': 1 } }],
        ['a named field in a list', { a: [1] }, { $set: { 'a.b': 1 } }],
      ])('%s is refused and changes nothing', async (_, before, update) => {
        const all = things()
        await fill(all, [before])
        const stored = await all.findOne({ _id: 'd0' })
        expect(await codeOf(all.updateOne({ _id: 'd0' }, { ...update, $setOnInsert: { z: 1 } }))).toBe('NOT_ALLOWED')
        expect(await all.findOne({ _id: 'd0' })).toEqual(stored)
      })

      test.each<[string, Record<string, unknown>]>([
        ['no operator', {}],
        ['a whole document', { n: 1 }],
        ['$rename', { $rename: { a: 'b' } }],
        ['$currentDate', { $currentDate: { a: true } }],
        ['undefined', { $set: { a: undefined } }],
        ['_id', { $set: { _id: 'x' } }],
        ['tenant_id', { $set: { tenant_id: 'tn_other' } }],
        ['tenant_id to be unset', { $unset: { tenant_id: true } }],
        ['tenant_id on insert', { $setOnInsert: { tenant_id: 'tn_other' } }],
        ['a positional path', { $set: { 'a.$.b': 1 } }],
        ['a path into prototypes', { $set: { '__proto__.x': 1 } }],
        ['an empty path step', { $set: { 'a..b': 1 } }],
        ['the same field twice', { $set: { a: 1 }, $inc: { a: 1 } }],
        ['a field and its parent', { $set: { a: {}, 'a.b': 1 } }],
        ['$inc by text', { $inc: { n: '1' } }],
        ['$push with $position', { $push: { a: { $each: [1], $position: 0 } } }],
        ['$each that is no list', { $push: { a: { $each: 1 } } }],
        ['$pull with $where', { $pull: { a: { $where: '1' } } }],
      ])('an update with %s is refused', async (_, update) => {
        const all = things()
        await fill(all, [{ n: 1 }])
        expect(await codeOf(all.updateOne({ _id: 'd0' }, update))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.updateMany({}, update))).toBe('NOT_ALLOWED')
        expect(await codeOf(all.findOneAndUpdate({ _id: 'd0' }, update))).toBe('NOT_ALLOWED')
      })

      test('updateMany changes all that match', async () => {
        const all = things()
        await fill(all, [
          { group: 'a', n: 1 },
          { group: 'a', n: 2 },
          { group: 'b', n: 1 },
        ])
        expect(await all.updateMany({ group: 'a' }, { $set: { n: 2 } })).toEqual({
          matched: 2,
          modified: 1,
          upserted_id: null,
        })
        expect(await ids(all, { n: 2 })).toEqual(['d0', 'd1'])
      })

      test('an updated index field is found by its new value only', async () => {
        const all = things()
        await fill(all, [{ group: 'a', phones: ['+1'] }])
        await all.updateOne({ _id: 'd0' }, { $set: { group: 'b' }, $push: { phones: '+2' } })
        expect(await ids(all, { group: 'a' })).toEqual([])
        expect(await ids(all, { group: 'b', phones: '+2' })).toEqual(['d0'])
      })

      test('two hundred increments at once all count', async () => {
        const all = things()
        await fill(all, [{ n: 0 }])
        await Promise.all(Array.from({ length: 200 }, () => all.updateOne({ _id: 'd0' }, { $inc: { n: 1 } })))
        expect(await all.findOne({ _id: 'd0' })).toMatchObject({ n: 200 })
      })

      test('of many compare-and-set writers one wins', async () => {
        const all = things()
        await fill(all, [{ version: 1 }])
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, by) => all.updateOne({ _id: 'd0', version: 1 }, { $set: { version: 2, by } })),
        )
        expect(results.filter((result) => result.matched === 1)).toHaveLength(1)
      })
    })

    describe('upserts and find-and-update', () => {
      test('an upsert makes the document from equalities, $set and $setOnInsert', async () => {
        const all = things()
        const update = { $set: { n: 1 }, $setOnInsert: { made: true, label: 'l' } }
        const filter = { _id: 'x', $and: [{ group: { $eq: 'g' } }, { n2: { $gt: 5 } }], 'deep.er': 1 }
        expect(await all.updateOne(filter, update, { upsert: true })).toEqual({
          matched: 0,
          modified: 0,
          upserted_id: 'x',
        })
        const made = await all.findOne({ _id: 'x' })
        expect(made).toEqual({
          _id: 'x',
          tenant_id: made?.tenant_id,
          group: 'g',
          deep: { er: 1 },
          n: 1,
          made: true,
          label: 'l',
        })
        expect(await all.updateOne({ _id: 'x' }, update, { upsert: true })).toEqual({
          matched: 1,
          modified: 0,
          upserted_id: null,
        })
      })

      test('an upsert may bring its _id in $setOnInsert', async () => {
        const all = things()
        const result = await all.updateOne(
          { label: 'l' },
          { $setOnInsert: { _id: 'new' }, $inc: { n: 1 } },
          { upsert: true },
        )
        expect(result.upserted_id).toBe('new')
        expect(await all.findOne({ label: 'l' })).toMatchObject({ _id: 'new', n: 1 })
      })

      test('an upsert without an _id, or with a tenant of its own, is refused', async () => {
        const all = things()
        expect(await codeOf(all.updateOne({ label: 'l' }, { $set: { n: 1 } }, { upsert: true }))).toBe('NOT_ALLOWED')
        const foreign = { _id: 'x', tenant_id: 'tn_other' }
        expect(await codeOf(all.updateOne(foreign, { $set: { n: 1 } }, { upsert: true }))).toBe('NOT_ALLOWED')
        expect(await all.count({})).toBe(0)
      })

      test('an upsert whose condition fails on an existing _id is a duplicate', async () => {
        const all = things()
        await fill(all, [{ version: 2 }])
        expect(await codeOf(all.updateOne({ _id: 'd0', version: 1 }, { $set: { n: 1 } }, { upsert: true }))).toBe(
          'DUPLICATE_KEY',
        )
      })

      test('many upserts of one document at once make it once and all count', async () => {
        const all = things()
        const count = (nth: number) =>
          nth % 2 === 0
            ? all.updateOne({ _id: 'x' }, { $inc: { n: 1 } }, { upsert: true })
            : all.findOneAndUpdate({ _id: 'x' }, { $inc: { n: 1 } }, { upsert: true })
        await Promise.all(Array.from({ length: 40 }, (_, nth) => count(nth)))
        expect(await all.find({})).toMatchObject([{ _id: 'x', n: 40 }])
      })

      test('findOneAndUpdate returns the document before or after, or null', async () => {
        const all = things()
        await fill(all, [{ n: 1 }])
        expect(await all.findOneAndUpdate({ _id: 'd0' }, { $inc: { n: 1 } })).toMatchObject({ n: 1 })
        expect(
          await all.findOneAndUpdate({ _id: 'd0' }, { $inc: { n: 1 } }, { return_document: 'before' }),
        ).toMatchObject({ n: 2 })
        expect(
          await all.findOneAndUpdate({ _id: 'd0' }, { $inc: { n: 1 } }, { return_document: 'after' }),
        ).toMatchObject({ n: 4 })
        expect(await all.findOneAndUpdate({ _id: 'no' }, { $inc: { n: 1 } }, { return_document: 'after' })).toBeNull()
      })

      test('findOneAndUpdate takes the first of its sort and upserts', async () => {
        const all = things()
        await fill(all, [{ n: 2 }, { n: 1 }, { n: 3 }])
        const first = await all.findOneAndUpdate(
          { n: { $gte: 1 } },
          { $set: { taken: true } },
          { sort: { n: 1 }, return_document: 'after' },
        )
        expect(first).toMatchObject({ _id: 'd1', taken: true })
        const made = await all.findOneAndUpdate(
          { _id: 'x' },
          { $set: { label: 'x' } },
          { upsert: true, return_document: 'after' },
        )
        expect(made).toMatchObject({ _id: 'x', label: 'x' })
        expect(await all.findOneAndUpdate({ _id: 'y' }, { $set: { label: 'y' } }, { upsert: true })).toBeNull()
        expect(await all.count({ _id: 'y' })).toBe(1)
      })
    })

    describe('deletes and aggregates', () => {
      test('deleteMany says how many', async () => {
        const all = things()
        await fill(all, [{ group: 'a' }, { group: 'a', n: 1 }, { group: 'b' }])
        expect(await all.deleteMany({ group: 'a', n: { $exists: false } })).toBe(1)
        expect(await all.deleteMany({ group: 'a' })).toBe(1)
        expect(await all.deleteMany({ group: 'a' })).toBe(0)
        expect(await ids(all, {})).toEqual(['d2'])
      })

      test('groups, sums, sorts and limits', async () => {
        const all = things()
        await fill(all, [{ group: 'a', n: 1 }, { group: 'a', n: 3 }, { group: 'b', n: 5 }, { n: 7 }])
        const rows = await all.aggregate([
          { $match: { n: { $gt: 0 } } },
          {
            $group: {
              _id: '$group',
              count: { $sum: 1 },
              total: { $sum: '$n' },
              least: { $min: '$n' },
              mean: { $avg: '$n' },
            },
          },
          { $sort: { total: -1 } },
          { $limit: 2 },
        ])
        expect(rows).toEqual([
          { _id: null, count: 1, total: 7, least: 7, mean: 7 },
          { _id: 'b', count: 1, total: 5, least: 5, mean: 5 },
        ])
      })

      test('groups by the day and hour of a time zone, over its change of clocks', async () => {
        const all = things()
        const times = ['2030-03-31T00:30:00Z', '2030-03-31T01:30:00Z', '2030-03-31T22:30:00Z']
        await fill(
          all,
          times.map((at) => ({ at: new Date(at) })),
        )
        const hour = { $hour: { date: '$at', timezone: 'Europe/Berlin' } }
        const day = { $dateToString: { date: '$at', format: '%Y-%m-%d', timezone: 'Europe/Berlin' } }
        const rows = await all.aggregate([
          { $group: { _id: { hour, day }, n: { $sum: 1 } } },
          { $sort: { '_id.day': 1, '_id.hour': 1 } },
        ])
        expect(rows.map((row) => (row._id as { hour: number }).hour)).toEqual([1, 3, 0])
        expect(new Set(rows.map((row) => (row._id as { day: string }).day)).size).toBe(2)
      })

      test('unwinds, projects and counts', async () => {
        const all = things()
        await fill(all, [{ tags: ['x', 'y'] }, { tags: [] }, { tags: ['x'] }])
        expect(await all.aggregate([{ $unwind: '$tags' }, { $match: { tags: 'x' } }, { $count: 'n' }])).toEqual([
          { n: 2 },
        ])
        const rows = await all.aggregate([
          { $project: { size: { $size: '$tags' } } },
          { $sort: { _id: 1 } },
          { $skip: 1 },
        ])
        expect(rows).toEqual([
          { _id: 'd1', size: 0 },
          { _id: 'd2', size: 1 },
        ])
      })

      test.each<[string, unknown]>([
        ['$lookup', { $lookup: { from: 'things', as: 'x', pipeline: [] } }],
        ['$unionWith', { $unionWith: 'things' }],
        ['$out', { $out: 'things' }],
        ['$merge', { $merge: 'things' }],
        ['$facet', { $facet: { a: [] } }],
        ['$where in $match', { $match: { $where: 'true' } }],
        ['$function', { $project: { x: { $function: { body: 'x', args: [], lang: 'js' } } } }],
        ['$accumulator', { $group: { _id: null, x: { $accumulator: {} } } }],
        ['$dateTrunc', { $project: { x: { $dateTrunc: { date: '$at', unit: 'day' } } } }],
        ['variables', { $project: { x: '$$NOW' } }],
        ['two operators', { $match: {}, $limit: 1 }],
        ['no operator', {}],
        ['a limit of zero', { $limit: 0 }],
      ])('a stage with %s is refused', async (_, stage) => {
        expect(await codeOf(things().aggregate([stage as Record<string, unknown>]))).toBe('NOT_ALLOWED')
      })
    })

    describe('tenants', () => {
      test('a tenant sees, changes and deletes its own documents only', async () => {
        const [one, two] = [things(), things()]
        await fill(one, [{ n: 1 }, { n: 2 }])
        await fill(two, [{ n: 1 }])
        expect(await two.count({})).toBe(1)
        expect(await two.updateMany({}, { $inc: { n: 10 } })).toMatchObject({ matched: 1 })
        expect(await two.deleteMany({ _id: 'd1' })).toBe(0)
        expect(await two.deleteMany({})).toBe(1)
        expect((await one.find({}, { sort: { _id: 1 } })).map((doc) => doc.n)).toEqual([1, 2])
      })

      test('no filter reaches another tenant', async () => {
        const other = freshScope()
        await fill(things(other), [{ n: 1 }])
        const own = things()
        const reaching: Filter[] = [
          { tenant_id: other.tenant_id },
          { tenant_id: { $ne: null } },
          { $or: [{ tenant_id: other.tenant_id }, { _id: { $ne: 'x' } }] },
          { _id: 'd0' },
        ]
        for (const filter of reaching) {
          expect(await own.find(filter)).toEqual([])
          expect(await own.count(filter)).toBe(0)
          expect(await own.aggregate([{ $match: filter }])).toEqual([])
          expect(await own.deleteMany(filter)).toBe(0)
        }
        expect(await things(other).count({})).toBe(1)
      })

      test('a document of another tenant is not taken in', async () => {
        expect(await codeOf(things().insertOne({ _id: 'x', tenant_id: 'tn_other' }))).toBe('FOREIGN_TENANT')
      })

      test('a document carries its tenant without being told', async () => {
        const scope = freshScope()
        await fill(things(scope), [{}])
        expect(await things(scope).findOne({ _id: 'd0' })).toMatchObject({ tenant_id: scope.tenant_id })
      })

      test('a scope forged from a path or an operator is refused', () => {
        for (const tenant_id of ['../../etc', 'tn_a/b', '', '$ne', 'tn_a b']) {
          expect(() => store.forTenant({ tenant_id, source: 'relay' } as TenantScope)).toThrow()
        }
      })

      test('tenant collections and platform collections are not confused', () => {
        expect(() => store.platform.collection(THINGS as never)).toThrow(StoreError)
        const platform = { name: 'x', scope: 'platform', indexes: [] } as const
        expect(() => store.forTenant(freshScope()).collection(platform as never)).toThrow(StoreError)
      })

      test('platform documents are one set for the installation', async () => {
        const name = `numbers_${bench.fresh().toLowerCase()}`
        const spec: CollectionSpec & { scope: 'platform' } = {
          name,
          scope: 'platform',
          indexes: [{ keys: { tenant_id: 1 } }, { keys: { number: 1 }, unique: true }],
        }
        const numbers = store.platform.collection(spec)
        await numbers.insertOne({ _id: 'a', number: '+1', tenant_id: 'tn_one' })
        expect(await codeOf(numbers.insertOne({ _id: 'b', number: '+1', tenant_id: 'tn_two' }))).toBe('DUPLICATE_KEY')
        expect(await numbers.updateOne({ _id: 'a' }, { $set: { tenant_id: 'tn_two' } })).toMatchObject({
          modified: 1,
        })
        expect(await numbers.findOne({ number: '+1' })).toMatchObject({ tenant_id: 'tn_two' })
      })

      test('a collection is described once', () => {
        const name = `once_${bench.fresh().toLowerCase()}`
        store.platform.collection({ name, scope: 'platform', indexes: [] })
        expect(() => store.platform.collection({ name, scope: 'platform', indexes: [{ keys: { a: 1 } }] })).toThrow(
          StoreError,
        )
        expect(() => store.platform.collection({ name: 'Bad Name', scope: 'platform', indexes: [] })).toThrow(
          StoreError,
        )
      })
    })

    test('it answers a ping', async () => {
      await store.ping()
    })

    test(`random command sequences agree with a plain model (${bench.sequences} of 20 to 60 commands)`, async () => {
      await checkSequences(bench.sequences, () => [things(), things()])
    }, 120_000)
  })
}
