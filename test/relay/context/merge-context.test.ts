import { describe, expect, it } from 'vitest'
import { diffContext, mergeContext } from '../../../relay/context/merge-context.ts'

describe('context', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: 'foo' }, { a: { b: { c: null } } }, { a: { b: {} } }],
  ])('merges as RFC 7396 says: %j + %j', (target, patch, merged) => expect(mergeContext(target, patch)).toEqual(merged))

  it.each(['constructor', 'toString', 'valueOf'])('the name %s is a name like others', (name) => {
    expect(mergeContext({}, { [name]: { a: 1 } })).toEqual({ [name]: { a: 1 } })
    expect(diffContext({}, { [name]: 'Hill' })).toEqual([{ path: name, after: 'Hill' }])
    expect(diffContext({ [name]: 'Hill' }, {})).toEqual([{ path: name, before: 'Hill' }])
  })

  it('says each place that differs', () => {
    expect(diffContext({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 5, d: 3 }, e: [1] })).toEqual([
      { path: 'a', before: 1 },
      { path: 'b.c', before: 2, after: 5 },
      { path: 'e', after: [1] },
    ])
  })
})
