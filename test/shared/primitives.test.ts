// Free JSON of people and models goes into a store: what a store would read as its own is refused by name.
import { expect, it } from 'vitest'
import { hasReservedName, JsonObject } from '../../shared/primitives.ts'

it.each<object>([
  { _bsontype: 'Long' },
  { deep: [{ er: { _bsontype: 'ObjectId' } }] },
  { $ref: 'a', $id: 'b' },
  { 'cut\0off': 1 },
])('%j is refused', (json) => {
  expect(hasReservedName(json)).toBe(true)
  expect(JsonObject.safeParse(json).success).toBe(false)
})

it.each<object>([{ price: '$5' }, { constructor: 'Hill & Sons' }, { a$b: [{ c: null }] }, {}])('%j is free', (json) => {
  expect(hasReservedName(json)).toBe(false)
  expect(JsonObject.safeParse(json).success).toBe(true)
})
