// An update of a document that is not read whole leads to the same document as one that is, byte for byte in its lists.
import { serialize } from 'bson'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Doc, Update } from '../../../relay/store/doc-store.ts'
import { decode, encode, readPartly, touchOf, writePartly } from '../../../relay/store/embedded-splice.ts'
import { applyUpdate } from '../../../relay/store/embedded-update.ts'

const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom('ü', '日本', '\u0000', ''),
)
const name = fc.stringMatching(/^[a-z]{1,6}$/)
const value = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('value')), fc.dictionary(name, tie('value'))),
})).value
const doc = fc.record({
  _id: fc.string({ minLength: 1 }),
  turns: fc.array(value, { maxLength: 120 }),
  tags: fc.array(value, { maxLength: 4 }),
  count: fc.integer(),
  about: fc.dictionary(name, value),
})

/** @returns null where it would be read whole */
function partly(before: Doc, update: Update): Doc | null {
  const touch = touchOf({ count: { $exists: true } }, update, ['tags'])
  const read = readPartly(encode(before), touch)
  if (!read) return null
  applyUpdate(read.doc, touch.update, false)
  const written = writePartly(read, touch)
  return decode(written ?? encode(before))
}
function whole(before: Doc, update: Update): Doc {
  const after = decode(encode(before))
  applyUpdate(after, update, false)
  return decode(encode(after))
}

describe('a document of which a few fields are read', () => {
  it('is the same after an update as one that is read whole', () => {
    fc.assert(
      fc.property(doc, fc.array(value, { maxLength: 12 }), scalar, (before, items, set) => {
        const update = { $set: { count: set, 'about.new': set }, $push: { turns: { $each: items } } } as Update
        const after = partly(before, update)
        expect(after).toEqual(whole(before, update))
        expect(serialize({ turns: after!.turns })).toEqual(serialize({ turns: whole(before, update).turns }))
      }),
    )
  })

  it('has the names of its list in order, also where they grow longer', () => {
    const before = { _id: 'a', turns: Array.from({ length: 9 }, (_, n) => n) }
    const touch = touchOf({}, { $push: { turns: { $each: [9, 10] } } }, [])
    const written = writePartly(readPartly(encode(before), touch)!, touch)
    expect(written).toEqual(encode({ _id: 'a', turns: Array.from({ length: 11 }, (_, n) => n) }))
  })

  it('is not written when nothing has changed', () => {
    const touch = touchOf({}, { $set: { count: 1 }, $push: { turns: { $each: [] } } }, [])
    const read = readPartly(encode({ _id: 'a', count: 1, turns: [1] }), touch)!
    applyUpdate(read.doc, touch.update, false)
    expect(writePartly(read, touch)).toBeNull()
  })

  it.each<[string, Doc, Update]>([
    ['where what is appended to is no list', { _id: 'a', turns: 'text' }, { $push: { turns: 1 } }],
    ['where there is no list yet', { _id: 'a' }, { $push: { turns: 1 } }],
  ])('is read whole %s', (_why, before, update) => {
    expect(partly(before, update)).toBeNull()
  })

  it('reads a list that is cut afterwards', () => {
    const touch = touchOf({}, { $push: { turns: { $each: [3], $slice: -2 } } }, [])
    expect([touch.names.has('turns'), touch.appends.size]).toEqual([true, 0])
  })
})
