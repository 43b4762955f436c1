import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeOf, readJson } from '../../../../desktop/renderer/lib/json-place.ts'
import { writeJson } from '../../../../desktop/renderer/lib/write-json.ts'
import type { Json } from '../../../../shared/primitives.ts'

const faultIn = (text: string) => {
  const reading = readJson(text)
  if (reading.ok) throw new Error('The text is right.')
  return { ...reading.error, marked: text.slice(reading.error.from, reading.error.to) }
}

describe('reading JSON', () => {
  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const reading = readJson(JSON.stringify(value, null, 2))
        expect(reading.ok && JSON.stringify(reading.value)).toBe(JSON.stringify(value))
      }),
    )
    const accepts = (text: string) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":, 1a\\n-.eE0tru\n') }), (text) => {
        if (readJson(text).ok) expect(accepts(text)).toBe(true)
      }),
    )
  })

  it('names the place and the fault in plain words', () => {
    expect(faultIn('{ "a": 1, }')).toMatchObject({
      marked: '}',
      says: 'There is a comma too many before this brace.',
    })
    expect(faultIn('{ "a": nope }')).toMatchObject({ marked: 'nope' })
    expect(faultIn('{ "a" 1 }').says).toBe('A colon is missing after “a”.')
    expect(faultIn("{ 'a': 1 }").says).toBe('A key in double quotes is missing here.')
    expect(faultIn('{ "a": "x\n }').says).toBe('The text is not closed: a double quote is missing.')
    expect(faultIn('{ "a": 1, "a": 2 }')).toMatchObject({ marked: '"a"', from: 10 })
    expect(faultIn('{ "a": 1 } x').says).toBe('Nothing may stand after the last bracket.')
    expect(faultIn('').says).toBe('A value is missing here.')
  })

  it('marks something even where the text stops', () => {
    for (const text of ['{', '{ "a"', '[1,', '{ "a": ']) {
      const { from, to } = faultIn(text)
      expect(from).toBeLessThan(to)
      expect(to).toBeLessThanOrEqual(text.length)
    }
  })

  it('is not led astray by a key that has a meaning in JavaScript', () => {
    const reading = readJson('{ "__proto__": { "polluted": true } }')
    expect(reading.ok && Object.keys(reading.value as object)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('knows where each part stands, and the nearest one around a part that is missing', () => {
    const text = '{ "rules": { "keywords": ["a", 2] } }'
    const reading = readJson(text)
    if (!reading.ok) throw new Error(reading.error.says)
    const at = (pointer: string) => {
      const { from, to } = placeOf(reading.places, pointer)
      return text.slice(from, to)
    }
    expect(at('/rules/keywords/1')).toBe('2')
    expect(at('/rules/target')).toBe('{ "keywords": ["a", 2] }')
  })
})

describe('writing JSON', () => {
  it('puts short objects on one line, and says the same', () => {
    const value: Json = { customer: { name: 'M. Alvarez' }, order_id: 'A-20418' }
    expect(writeJson(value)).toBe('{\n  "customer": { "name": "M. Alvarez" },\n  "order_id": "A-20418"\n}')
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        expect(JSON.parse(writeJson(any as Json))).toEqual(JSON.parse(JSON.stringify(any)))
      }),
    )
  })
})
