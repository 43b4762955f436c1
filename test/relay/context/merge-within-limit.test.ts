import { describe, expect, it } from 'vitest'
import { mergeWithinLimit } from '../../../relay/context/merge-within-limit.ts'
import { CONTEXT_LIMIT_BYTES } from '../../../shared/primitives.ts'

const bytes = (count: number) => 'x'.repeat(count)
const around = JSON.stringify({ a: '', b: '' }).length

describe('a merged context', () => {
  it('may be exactly as large as any context, and not a byte more', () => {
    const there = { a: bytes(40_000) }
    const room = CONTEXT_LIMIT_BYTES - around - 40_000
    expect(mergeWithinLimit(there, { b: bytes(room) })).toEqual({ a: there.a, b: bytes(room) })
    expect(() => mergeWithinLimit(there, { b: bytes(room + 1) })).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
    )
  })

  it('counts what letters weigh, not how many they are', () => {
    expect(() => mergeWithinLimit({ a: 'ü'.repeat(20_000) }, { b: 'ü'.repeat(20_000) })).toThrow('64 kB')
  })

  it('may shrink a context that fills its limit', () => {
    expect(mergeWithinLimit({ a: bytes(65_000), b: 'x' }, { a: null })).toEqual({ b: 'x' })
  })
})
