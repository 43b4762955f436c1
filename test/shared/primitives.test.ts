// Free JSON of people and models goes into a store: what a store would read as its own is refused by name, and what is
// no JSON, or too much of it, is looked at no further than it takes to see that.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ContextData } from '../../shared/contract/agents.ts'
import {
  CONTEXT_LIMIT_BYTES,
  CONTEXT_LIMIT_VALUES,
  hasReservedName,
  isDeeperThan,
  Json,
  JsonObject,
} from '../../shared/primitives.ts'

const reserved = [
  { _bsontype: 'Long' },
  { deep: [{ er: { _bsontype: 'ObjectId' } }] },
  { $ref: 'a', $id: 'b' },
  { 'cut\0off': 1 },
  JSON.parse('{"a":{"__proto__":{"is_admin":true}}}'),
]
it.each<object>(reserved)('%j is refused', (json) => {
  expect(hasReservedName(json)).toBe(true)
  expect(JsonObject.safeParse(json).success).toBe(false)
})

it.each<object>([{ price: '$5' }, { constructor: 'Hill & Sons' }, { a$b: [{ c: null }] }, {}])('%j is free', (json) => {
  expect(hasReservedName(json)).toBe(false)
  expect(JsonObject.safeParse(json).success).toBe(true)
})

describe('free JSON', () => {
  it.each<[string, unknown]>([
    ['a number that JSON cannot hold', JSON.parse('1e999')],
    ['a number that is none', Number.NaN],
    ['nothing', undefined],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => {}],
    ['a large integer', 1n],
  ])('%s is none, wherever it stands', (_name, value) => {
    for (const json of [value, [value], { a: value }, { a: [{ b: value }] }]) {
      expect(Json.safeParse(json).success).toBe(false)
      expect(JsonObject.safeParse(json).success).toBe(false)
    }
  })

  it('is what JSON.parse makes, and comes out as it went in', () => {
    for (const json of [null, true, 'a', -1.5, [], {}, [[{ a: [null] }]], Object.create(null)])
      expect(Json.parse(json)).toBe(json)
  })

  it.each([[[]], ['text'], [7], [null], [undefined]])('%j is no object', (json) => {
    expect(JsonObject.safeParse(json).error?.issues).toMatchObject([{ message: 'Write an object.' }])
  })

  it('may be 32 levels deep', () => {
    const levels = (depth: number) => JSON.parse(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`)
    expect([levels(32), levels(33), levels(5_000)].map((json) => JsonObject.safeParse(json).success)).toEqual([
      true,
      false,
      false,
    ])
    expect([isDeeperThan(32, levels(32)), isDeeperThan(32, levels(5_000))]).toEqual([false, true])
  })

  it('stands in the OpenAPI document as an object of anything', () => {
    expect(z.toJSONSchema(ContextData, { unrepresentable: 'any' })).toMatchObject({
      type: 'object',
      additionalProperties: {},
      description: expect.stringContaining('10000 values'),
    })
  })
})

describe('a context', () => {
  const bytes = (json: object): number => Buffer.byteLength(JSON.stringify(json))
  const issuesOf = (json: unknown) => ContextData.safeParse(json).error?.issues

  it.each(['x', 'é', '語', '😀', '"', '\n', '\u0001', '\ud800'])(
    'of many %j may have 64 kB as it is written',
    (letter) => {
      const room = CONTEXT_LIMIT_BYTES - bytes({ a: '' })
      const each = bytes({ a: letter }) - bytes({ a: '' })
      const full = { a: letter.repeat(Math.floor(room / each)) + 'x'.repeat(room % each) }
      expect([bytes(full), issuesOf(full)]).toEqual([CONTEXT_LIMIT_BYTES, undefined])
      expect(issuesOf({ a: `${full.a}x` })).toMatchObject([
        { message: 'The context is over 64 kB.', params: { too_large: true } },
      ])
    },
  )

  it('may hold ten thousand values: itself, and each list and object and what stands in it', () => {
    const holding = (values: number) => ({ a: Array.from({ length: values - 2 }, () => 1) })
    expect(issuesOf(holding(CONTEXT_LIMIT_VALUES))).toBeUndefined()
    expect(issuesOf(holding(CONTEXT_LIMIT_VALUES + 1))).toMatchObject([
      { message: 'The context holds over 10,000 values.', params: { too_large: true } },
    ])
  })

  it.each<[string, unknown, number]>([
    ['values', [], CONTEXT_LIMIT_VALUES],
    ['bytes', 'x'.repeat(1_022), 64],
  ])('of too many %s is not looked at to its end', (_name, value, most) => {
    const read = { times: 0 }
    const list = new Proxy(Array<unknown>(80_000).fill(value), {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) read.times++
        return Reflect.get(target, key)
      },
    })
    expect(issuesOf({ a: list })).toMatchObject([{ params: { too_large: true } }])
    expect(read.times).toBeLessThanOrEqual(most)
  })
})
