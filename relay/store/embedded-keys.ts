// Values as bytes whose order is MongoDB's order of types and values, so that SQLite's comparison of columns, our own
// sort and a unique index all agree. One byte for the type, then the value.
import { serialize } from 'bson'

const NULL = 2
const NUMBER = 3
const TEXT = 4
const OBJECT = 5
const ARRAY = 6
const BINARY = 7
const BOOLEAN = 9
const DATE = 10

/** Stands for "more than one value": an array, or a path that leads through one. */
export const MANY = Buffer.of(ARRAY)

/**
 * @throws never
 * @source MongoDB, "BSON Types: Comparison/Sort Order". Missing and null are one; dates are milliseconds.
 */
export function keyOf(value: unknown): Buffer {
  if (value === undefined || value === null) return Buffer.of(NULL)
  switch (typeof value) {
    case 'number':
      return numberKey(value)
    case 'bigint':
      return numberKey(Number(value))
    case 'string':
      return Buffer.concat([Buffer.of(TEXT), Buffer.from(value, 'utf8')])
    case 'boolean':
      return Buffer.of(BOOLEAN, value ? 1 : 0)
  }
  if (value instanceof Date) return dateKey(value)
  if (Array.isArray(value)) return MANY
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.of(BINARY), value])
  return Buffer.concat([Buffer.of(OBJECT), serialize(value as Record<string, unknown>)])
}

function numberKey(value: number): Buffer {
  const key = Buffer.alloc(9)
  key[0] = NUMBER
  if (Number.isNaN(value)) return key
  key.writeDoubleBE(value === 0 ? 0 : value, 1)
  // The bits of a double sort as unsigned bytes once the sign is turned around, and all bits of negatives.
  if (key[1]! < 0x80) key[1]! ^= 0x80
  else for (let at = 1; at < 9; at++) key[at]! ^= 0xff
  return key
}

function dateKey(value: Date): Buffer {
  const key = Buffer.alloc(9)
  key[0] = DATE
  key.writeBigInt64BE(BigInt(value.getTime() || 0), 1)
  key[1]! ^= 0x80
  return key
}

/** Where the keys of the value's type begin and end: a range never reaches into another type. */
export function typeBracket(key: Buffer): { from: Buffer; below: Buffer } {
  const type = key[0]!
  // NaN sorts below all numbers and is less than none of them.
  const from = type === NUMBER ? numberKey(Number.NEGATIVE_INFINITY) : Buffer.of(type)
  return { from, below: Buffer.of(type + 1) }
}

/** The value at a dotted path, or `many` when an array lies on the way or at its end. */
export function valueAt(doc: unknown, path: string): { many: boolean; value: unknown } {
  let value: unknown = doc
  for (const step of path.split('.')) {
    if (Array.isArray(value)) return { many: true, value: undefined }
    if (typeof value !== 'object' || value === null || value instanceof Date) return { many: false, value: undefined }
    value = (value as Record<string, unknown>)[step]
  }
  return { many: Array.isArray(value), value }
}

/** The column of an indexed field. */
export function columnKey(doc: unknown, path: string): Buffer {
  const { many, value } = valueAt(doc, path)
  return many ? MANY : keyOf(value)
}

/**
 * The key a document sorts by: of an array the least going up, the greatest going down.
 * @source MongoDB, "cursor.sort(): Sort by array"
 */
export function orderKey(doc: unknown, path: string, direction: 1 | -1): Buffer {
  const keys = allValues(doc, path.split('.')).map(keyOf)
  if (keys.length < 2) return keys[0] ?? keyOf(null)
  return keys.reduce((best, key) => (Buffer.compare(key, best) * direction < 0 ? key : best))
}

function allValues(value: unknown, steps: string[]): unknown[] {
  if (Array.isArray(value)) {
    if (steps.length === 0) return value
    const index = /^\d+$/.test(steps[0]!) ? allValues(value[Number(steps[0])], steps.slice(1)) : []
    return [...index, ...value.flatMap((item) => (isObject(item) ? allValues(item, steps) : []))]
  }
  if (steps.length === 0) return [value]
  return isObject(value) ? allValues(value[steps[0]!], steps.slice(1)) : [undefined]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}
