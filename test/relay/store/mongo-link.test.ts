// One call of the driver: what the server answers, and what it does when no answer comes.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Long } from 'bson'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../relay/platform/clock.ts'
import type { Doc, DocCollection } from '../../../relay/store/doc-store.ts'
import { mongoCollection } from '../../../relay/store/mongo-collection.ts'
import { MongoIndexes } from '../../../relay/store/mongo-indexes.ts'
import { MongoLink } from '../../../relay/store/mongo-link.ts'
import { PRIMARY, type ScriptedMongo, startScriptedMongo } from '../../support/scripted-mongo.ts'

const DEADLINE_MS = 400
const DUPLICATE = { index: 0, code: 11000, keyPattern: { _id: 1 }, errmsg: 'E11000' }

let server: ScriptedMongo
let link: MongoLink
let things: DocCollection
let asked: string[]
/** What is answered to a command; the last one for ever. */
let script: Record<string, (object | Promise<object>)[]>
beforeEach(async () => {
  asked = []
  script = { listIndexes: [{ ok: 0, code: 26, codeName: 'NamespaceNotFound', errmsg: 'no' }] }
  server = await startScriptedMongo(
    (host) => ({ ...PRIMARY, hosts: [host] }),
    (name) => {
      asked.push(name)
      const answers = script[name] ?? [{ ok: 1 }]
      return answers.length > 1 ? answers.shift()! : answers[0]!
    },
  )
  const settings = { pool_size: 1, max_idle_ms: 30_000, deadline_ms: DEADLINE_MS, clock: systemClock }
  link = new MongoLink(`mongodb://127.0.0.1:${server.port}/?replicaSet=rs0`, 'MONGODB_URL', settings)
  const place = { database: 'd', collection: 'things', indexes: [] }
  things = mongoCollection(link, new MongoIndexes(link), place)
})
afterEach(async () => {
  await link.close()
  await server.close()
})
const found = (firstBatch: Doc[]) => ({ ok: 1, cursor: { id: Long.ZERO, ns: 'd.things', firstBatch } })
const doc: Doc = { _id: 'a' }
const count = (name: string) => asked.filter((one) => one === name).length

test('an upsert that lost a race is asked again and finds the document', async () => {
  script.update = [
    { ok: 1, n: 0, writeErrors: [DUPLICATE] },
    { ok: 1, n: 1, nModified: 1 },
  ]
  const result = await things.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { upsert: true })
  expect(result).toEqual({ matched: 1, modified: 1, upserted_id: null })
  script.findAndModify = [
    { ok: 0, ...DUPLICATE },
    { ok: 1, value: doc },
  ]
  expect(await things.findOneAndUpdate({ _id: 'a' }, { $inc: { n: 1 } }, { upsert: true })).toEqual(doc)
})

test('an upsert that is a duplicate each time says so after three', async () => {
  script.update = [{ ok: 1, n: 0, writeErrors: [DUPLICATE] }]
  const attempt = things.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { upsert: true })
  await expect(attempt).rejects.toMatchObject({ code: 'DUPLICATE_KEY', keys: ['_id'] })
  expect(count('update')).toBe(3)
})

test('an update that is a duplicate is asked once', async () => {
  script.update = [{ ok: 1, n: 0, writeErrors: [DUPLICATE] }]
  await expect(things.updateOne({ _id: 'a' }, { $set: { label: 1 } })).rejects.toMatchObject({ code: 'DUPLICATE_KEY' })
  expect(count('update')).toBe(1)
})

test.each<[string, object, string]>([
  ['a full disk', { ok: 0, code: 14_031, errmsg: 'full' }, 'NO_SPACE'],
  ['a primary that stepped down', { ok: 0, code: 10_107, errmsg: 'not primary' }, 'UNAVAILABLE'],
  [
    'a majority that is not there',
    { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: 'late' } },
    'DEADLINE_EXCEEDED',
  ],
  ['a right that was taken', { ok: 0, code: 13, errmsg: 'no' }, 'UNAVAILABLE'],
])('a write to %s is not acknowledged', async (_, answer, code) => {
  script.insert = [answer]
  await expect(things.insertOne(doc)).rejects.toMatchObject({ name: 'StoreError', code })
  await expect(things.insertMany([doc])).rejects.toMatchObject({ name: 'StoreError', code })
})

test('many documents of which the server says nothing one by one fail as a whole', async () => {
  script.insert = [{ ok: 0, code: 8_000, errmsg: 'no' }]
  await expect(things.insertMany([doc, doc])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('of many documents one that is refused is no duplicate', async () => {
  const refused = { index: 1, code: 121, errmsg: 'a validator of somebody' }
  script.insert = [{ ok: 1, n: 1, writeErrors: [DUPLICATE, refused] }]
  await expect(things.insertMany([doc, doc, doc])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  script.insert = [{ ok: 1, n: 2, writeErrors: [DUPLICATE] }]
  expect(await things.insertMany([doc, doc, doc])).toEqual({ inserted: 2, duplicates: 1 })
})

test('a call that is over gives its connection up, so that the next one is answered', async () => {
  script.find = [sleep(3_000, { ok: 0 }), found([doc])]
  await expect(things.findOne({ _id: 'a' })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  expect(await things.findOne({ _id: 'a' })).toEqual(doc)
})

test('a slow call alone does not close the way', async () => {
  script.aggregate = [sleep(3_000, { ok: 0 })]
  script.find = [found([])]
  for (let nth = 0; nth < 3; nth++) {
    await expect(things.aggregate([])).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(await things.find({})).toEqual([])
  }
})

test('the deadline holds also where the driver does not listen to it', async () => {
  const start_ms = performance.now()
  await expect(link.call(() => new Promise(() => {}))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  expect(performance.now() - start_ms).toBeLessThan(DEADLINE_MS * 1.2)
})
