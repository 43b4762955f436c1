// The small types everything on the wire is made of. A fact about a format is stated here once.
import { z } from 'zod'

/** An instant: ISO 8601 UTC on the wire. A Date from the store is accepted and written as text. */
export const Instant = z.union([z.date().transform((date) => date.toISOString()), z.iso.datetime()])
export type Instant = z.output<typeof Instant>

/**
 * Where a period that is asked for begins or ends: a time, or also a day, in a year that every store can hold.
 * @source ours; a day more, a day less or a time zone must not lead out of the years of four digits
 */
export const boundOf = <T extends z.ZodType<string>>(format: T): T =>
  format.refine((text) => text >= '1970' && text < '9999', 'Name a year from 1970 to 9998.')

/** E.164: a plus, then 7 to 15 digits, the first not zero. Source: ITU-T E.164. */
export const PhoneNumber = z.string().regex(/^\+[1-9]\d{6,14}$/, 'Write it as +1 312 555 0188, without spaces.')

/** Twilio's name of a call. Source: Twilio Voice, CallSid. */
export const CallSid = z.string().regex(/^CA[0-9a-f]{32}$/, 'A call is named CA and 32 hexadecimal digits.')

/** Ids the relay makes: a short prefix, an underscore, 20 to 32 letters and digits. */
export const Id = z.string().regex(/^[a-z]{2,8}_[0-9A-Za-z]{3,40}$/, 'This is not an id of ours.')

export const CONTEXT_LIMIT_BYTES = 64 * 1024
/** Texts, numbers, lists, objects and the rest of a context, all together. Those of people hold some hundreds. */
export const CONTEXT_LIMIT_VALUES = 10_000

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** Objects and lists inside one another, at most: free JSON of people is flat, and what walks it may then recurse. */
export const JSON_DEPTH_LIMIT = 32

/** The most that free JSON may hold. Values are texts, numbers, lists, objects and the rest, all together. */
export interface JsonBounds {
  readonly values: number
  readonly bytes: number
}
const NO_BOUNDS: JsonBounds = { values: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

export type JsonFault = 'no_object' | 'no_json' | 'too_deep' | 'reserved_name' | 'too_many_values' | 'too_large'

/** What each fault is called where there are no bounds to name. */
const FAULT_WORDS: Record<JsonFault, string> = {
  no_object: 'Write an object.',
  no_json: 'Only texts, finite numbers, true, false, null, lists and objects may stand here.',
  too_deep: `Nested over ${JSON_DEPTH_LIMIT} levels deep.`,
  reserved_name: 'Names may not begin with "$", hold a NUL, or be "_bsontype" or "__proto__".',
  too_many_values: 'This holds too many values.',
  too_large: 'This is too large.',
}

/**
 * What is wrong with free JSON: looked at once, and no further than its first fault, for a body of a few hundred
 * kilobytes may hold eighty thousand lists.
 * @returns null when all is well; `too_large` is never said of what would fit, but not of all that would not: the bytes
 *   are counted low, as if nothing had to be escaped and every letter were one byte
 * @source ours; RFC 8259 knows no number as large as Infinity, which is what JSON.parse makes of 1e999
 */
export function faultOf(json: unknown, most: JsonBounds = NO_BOUNDS): JsonFault | null {
  let values = 0
  let bytes = 0
  const count = (more: number): JsonFault | null => {
    bytes += more
    return bytes > most.bytes ? 'too_large' : null
  }
  const faultIn = (value: unknown, depth: number): JsonFault | null => {
    if (++values > most.values) return 'too_many_values'
    if (typeof value === 'string') return count(value.length + 2)
    if (value === null || typeof value === 'boolean') return count(4)
    if (typeof value === 'number') return Number.isFinite(value) ? count(1) : 'no_json'
    if (!isPlain(value)) return 'no_json'
    if (depth === JSON_DEPTH_LIMIT) return 'too_deep'
    let fault = count(2)
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length && !fault; at++) fault = faultIn(value[at], depth + 1)
      return fault
    }
    for (const name of Object.keys(value)) {
      fault ??= isReservedName(name) ? 'reserved_name' : count(name.length + 3)
      fault ??= faultIn((value as Record<string, unknown>)[name], depth + 1)
      if (fault) return fault
    }
    return fault
  }
  return faultIn(json, 0)
}

/** Any JSON. The schema of a library walks and copies it, at a hundred times the price. */
export const Json = z.custom<Json>().superRefine((json, ctx) => {
  const fault = faultOf(json)
  if (fault) ctx.addIssue({ code: 'custom', message: FAULT_WORDS[fault] })
})

/** Free JSON with an object at its root, of names that mean nothing to a store. */
export const JsonObject = jsonObject('Any JSON object.', NO_BOUNDS)

/**
 * A schema of free JSON with an object at its root.
 * @param words what a fault is called, where it is called something else than usual
 * @param look further, at what has no such fault
 */
export function jsonObject(
  description: string,
  most: JsonBounds,
  words: Partial<Record<JsonFault, string>> = {},
  look: (json: JsonObject, ctx: z.RefinementCtx) => void = () => {},
) {
  return z
    .custom<JsonObject>()
    .superRefine((json, ctx) => {
      const fault = isPlain(json) && !Array.isArray(json) ? faultOf(json, most) : 'no_object'
      if (!fault) return look(json, ctx)
      const too_large = fault === 'too_large' || fault === 'too_many_values'
      ctx.addIssue({ code: 'custom', message: words[fault] ?? FAULT_WORDS[fault], params: { too_large } })
    })
    .meta({ type: 'object', additionalProperties: {}, description })
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** What JSON.parse makes, also of another window, and no Date or Map. */
function isPlain(value: unknown): value is object {
  if (!isContainer(value) || Array.isArray(value)) return isContainer(value)
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const valuesIn = (container: object): unknown[] => (Array.isArray(container) ? container : Object.values(container))

/** Whether more than `limit` objects and lists lie inside one another. */
export function isDeeperThan(limit: number, json: unknown): boolean {
  if (!isContainer(json)) return false
  return limit === 0 || valuesIn(json).some((value) => isDeeperThan(limit - 1, value))
}

/**
 * Whether a name anywhere in it is one that stores, or JavaScript, read as an instruction and not as data.
 * @param json no deeper than `JSON_DEPTH_LIMIT`: this recurses
 * @source BSON: `$ref`, `$id` and `_bsontype` make another type of an object; a name ends at a NUL
 */
export function hasReservedName(json: unknown): boolean {
  if (!isContainer(json)) return false
  if (!Array.isArray(json) && Object.keys(json).some(isReservedName)) return true
  return valuesIn(json).some(hasReservedName)
}

const isReservedName = (name: string): boolean =>
  name.startsWith('$') || name.includes('\0') || name === '_bsontype' || name === '__proto__'

/** Money is in US dollars everywhere. Source: decisions, "Money is USD, said once". */
export const Usd = z.number().nonnegative()

export const Cursor = z.string().min(1).max(200)
export const PageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: Cursor.optional(),
}

/** One page of a list: `next_cursor` is null on the last page. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: Cursor.nullable() })
}

/**
 * A wire type as it lies in the store: instants are Dates, everything else is the same.
 * Instants are the fields ending in `_at`, `at` and `last_call`.
 */
export type Stored<T> = T extends (infer U)[]
  ? Stored<U>[]
  : T extends Record<string, unknown>
    ? {
        [K in keyof T]: K extends `${string}_at` | 'at' | 'last_call'
          ? Date | Extract<T[K], null | undefined>
          : K extends 'context' | 'context_data' | 'business_context' | 'arguments'
            ? T[K]
            : Stored<T[K]>
      }
    : T
