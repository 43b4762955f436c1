// Updates as MongoDB makes them. mingo's own are not used: where MongoDB refuses it does nothing ($inc on text, $push on
// a scalar, $set through one), a first $push is not sliced, and $addToSet also removes duplicates it did not add.
import { serialize } from 'bson'
import { type Doc, type Filter, StoreError, type Update } from './doc-store.ts'
import { keyOf } from './embedded-keys.ts'
import { testOf } from './embedded-query.ts'
import { isPlainObject } from './field-paths.ts'

type Fields = Record<string, unknown>
/** A field to be written: its holder and its name there, an index when the holder is an array. */
type Place = { holder: Fields | unknown[]; key: string | number }

/** As MongoDB: an index beyond an array's end fills it with nulls, within reason. */
const FILL_LIMIT = 1_500

const refuse = (message: string): never => {
  throw new StoreError('NOT_ALLOWED', message)
}

/**
 * Changes `doc`, which then holds the operands themselves: it is there to be written down.
 * @param isInsert whether `$setOnInsert` counts
 * @throws StoreError NOT_ALLOWED where MongoDB refuses: wrong type, a way through a scalar; `doc` is then half changed
 *   and must be dropped
 * @source MongoDB, "Update Operators"
 */
export function applyUpdate(doc: Doc, update: Update, isInsert: boolean): void {
  for (const [operator, fields] of Object.entries(update)) {
    if (operator === '$setOnInsert' && !isInsert) continue
    for (const [path, operand] of Object.entries(fields as Fields)) {
      OPERATORS[operator]!(doc, path, operand)
    }
  }
}

const OPERATORS: Record<string, (doc: Doc, path: string, operand: unknown) => void> = {
  $set: (doc, path, operand) => write(placeOf(doc, path), operand),
  $setOnInsert: (doc, path, operand) => write(placeOf(doc, path), operand),
  $unset: unset,
  $inc: (doc, path, operand) => increment(placeOf(doc, path), path, operand as number),
  $min: (doc, path, operand) => bound(placeOf(doc, path), operand, -1),
  $max: (doc, path, operand) => bound(placeOf(doc, path), operand, 1),
  $push: (doc, path, operand) => push(placeOf(doc, path), path, operand),
  $addToSet: (doc, path, operand) => addToSet(placeOf(doc, path), path, operand),
  $pull: pull,
}

/** The place a path names, its way made when it is missing. */
function placeOf(doc: Doc, path: string): Place {
  const steps = path.split('.')
  const last = steps.pop()!
  let holder: unknown = doc
  for (const step of steps) {
    const place = placeIn(holder, step, path)
    const next = read(place)
    if (next === undefined) write(place, {})
    holder = read(place)
  }
  return placeIn(holder, last, path)
}

function placeIn(holder: unknown, step: string, path: string): Place {
  if (Array.isArray(holder)) {
    if (!/^\d+$/.test(step)) return refuse(`"${path}" leads through a list, which has no field "${step}".`)
    const index = Number(step)
    if (index > holder.length + FILL_LIMIT) return refuse(`"${path}" is far beyond the end of its list.`)
    while (holder.length < index) holder.push(null)
    return { holder, key: index }
  }
  if (!isPlainObject(holder)) return refuse(`"${path}" leads through a value that has no fields.`)
  return { holder, key: step }
}

/** The place, or null when the way to it does not exist. */
function existingPlace(doc: Doc, path: string): Place | null {
  const steps = path.split('.')
  const last = steps.pop()!
  let holder: unknown = doc
  for (const step of steps) {
    if (!Array.isArray(holder) && !isPlainObject(holder)) return null
    holder = read({ holder: holder as Fields, key: step })
  }
  if (!Array.isArray(holder) && !isPlainObject(holder)) return null
  if (Array.isArray(holder) && !/^\d+$/.test(last)) return null
  const place: Place = { holder, key: Array.isArray(holder) ? Number(last) : last }
  return read(place) === undefined ? null : place
}

function read({ holder, key }: Place): unknown {
  return Object.hasOwn(holder, key) ? (holder as Fields)[key] : undefined
}

function write({ holder, key }: Place, value: unknown): void {
  ;(holder as Fields)[key] = value
}

function unset(doc: Doc, path: string): void {
  const place = existingPlace(doc, path)
  if (place === null) return
  if (Array.isArray(place.holder)) write(place, null)
  else delete place.holder[place.key]
}

function increment(place: Place, path: string, by: number): void {
  const value = hasField(place) ? read(place) : 0
  if (typeof value === 'number') write(place, value + by)
  else refuse(`"${path}" is not a number, so it cannot be incremented.`)
}

function hasField(place: Place): boolean {
  return read(place) !== undefined
}

function bound(place: Place, operand: unknown, sign: 1 | -1): void {
  if (!hasField(place) || Buffer.compare(keyOf(operand), keyOf(read(place))) * sign > 0) write(place, operand)
}

function listAt(place: Place, path: string): unknown[] {
  if (!hasField(place)) return []
  const value = read(place)
  return Array.isArray(value) ? value : refuse(`"${path}" is not a list.`)
}

function push(place: Place, path: string, operand: unknown): void {
  const { $each, $slice } = eachOf(operand)
  const list = [...listAt(place, path), ...$each]
  if ($slice === undefined) write(place, list)
  else write(place, $slice < 0 ? list.slice($slice) : list.slice(0, $slice))
}

function addToSet(place: Place, path: string, operand: unknown): void {
  const list = [...listAt(place, path)]
  for (const item of eachOf(operand).$each) {
    if (!list.some((kept) => isSame(kept, item))) list.push(item)
  }
  write(place, list)
}

function eachOf(operand: unknown): { $each: unknown[]; $slice?: number } {
  return isPlainObject(operand) && Array.isArray(operand.$each)
    ? (operand as { $each: unknown[]; $slice?: number })
    : { $each: [operand] }
}

/** Equal as MongoDB compares: objects also by the order of their fields. */
function isSame(left: unknown, right: unknown): boolean {
  return Buffer.compare(serialize({ v: left }), serialize({ v: right })) === 0
}

function pull(doc: Doc, path: string, operand: unknown): void {
  const place = existingPlace(doc, path)
  if (place === null) return
  const list = listAt(place, path)
  const isFilter = isPlainObject(operand) && !Object.keys(operand).some((key) => TESTS.test(key))
  const passes = testOf((isFilter ? operand : { v: operand }) as Filter)
  write(
    place,
    list.filter((item) => !(isFilter ? isPlainObject(item) && passes(item) : passes({ v: item }))),
  )
}
const TESTS = /^\$(?!and$|or$)/
