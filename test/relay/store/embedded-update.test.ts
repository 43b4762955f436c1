// What BSON cannot hold is refused for good: called an outage, it would be tried again for ever.
import { expect, it } from 'vitest'
import type { Update } from '../../../relay/store/doc-store.ts'
import { applyUpdate } from '../../../relay/store/embedded-update.ts'

it.each(['Long', 'ObjectId', 'Nothing'])('an object that says it is a %s is not allowed', (_bsontype) => {
  const change = (): void => applyUpdate({ _id: 'a' }, { $set: { arguments: { _bsontype } } } as Update, false)
  expect(change).toThrowError(expect.objectContaining({ code: 'NOT_ALLOWED' }))
})
