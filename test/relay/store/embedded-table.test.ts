// What BSON cannot hold is refused for good: called an outage, it would be tried again for ever.
import { expect, it } from 'vitest'
import type { CollectionSpec } from '../../../relay/store/doc-store.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const NOTES = { name: 'notes', scope: 'platform', indexes: [] } as const satisfies CollectionSpec
interface Note {
  _id: string
  arguments?: unknown
  [field: string]: unknown
}
const store = storeForTests()
const notes = () => store().platform.collection<Note>(NOTES)

it.each(['Long', 'ObjectId', 'Nothing'])('an object that says it is a %s is not allowed', async (_bsontype) => {
  const _id = `says-${_bsontype}`
  await notes().insertOne({ _id })
  const change = notes().updateOne({ _id }, { $set: { arguments: { _bsontype } } })
  await expect(change).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  expect(await notes().findOne({ _id })).toEqual({ _id })
})

it('a document that grew over 16 MiB is not allowed, and what it was is kept', async () => {
  await notes().insertOne({ _id: 'large', arguments: 'small' })
  const change = notes().updateOne({ _id: 'large' }, { $set: { arguments: 'x'.repeat(16 * 1024 * 1024) } })
  await expect(change).rejects.toMatchObject({ code: 'NOT_ALLOWED', message: expect.stringContaining('16 MiB') })
  expect(await notes().findOne({ _id: 'large' })).toEqual({ _id: 'large', arguments: 'small' })
})
