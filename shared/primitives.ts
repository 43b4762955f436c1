// The small types everything on the wire is made of. A fact about a format is stated here once.
import { z } from 'zod'

/** An instant: ISO 8601 UTC on the wire. A Date from the store is accepted and written as text. */
export const Instant = z.union([z.date().transform((date) => date.toISOString()), z.iso.datetime()])
export type Instant = z.output<typeof Instant>

/** E.164: a plus, then 7 to 15 digits, the first not zero. Source: ITU-T E.164. */
export const PhoneNumber = z.string().regex(/^\+[1-9]\d{6,14}$/, 'Write it as +1 312 555 0188, without spaces.')

/** Twilio's name of a call. Source: Twilio Voice, CallSid. */
export const CallSid = z.string().regex(/^CA[0-9a-f]{32}$/, 'A call is named CA and 32 hexadecimal digits.')

/** Ids the relay makes: a short prefix, an underscore, 20 to 32 letters and digits. */
export const Id = z.string().regex(/^[a-z]{2,8}_[0-9A-Za-z]{3,40}$/, 'This is not an id of ours.')

export const CONTEXT_LIMIT_BYTES = 64 * 1024

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export const Json: z.ZodType<Json> = z.json() as unknown as z.ZodType<Json>

/** Free JSON with an object at its root, of names that mean nothing to a store. */
export const JsonObject = z
  .record(z.string(), Json)
  .refine((json) => !hasReservedName(json), 'Names may not begin with "$", hold a NUL, or be "_bsontype".')
export type JsonObject = { [key: string]: Json }

/** Objects and lists inside one another, at most: free JSON of people is flat, and what walks it may then recurse. */
export const JSON_DEPTH_LIMIT = 32

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The objects and lists of a value, those inside one another level by level, so that depth costs no stack. */
function* levelsOf(json: unknown): Generator<object[]> {
  let level = [json].filter(isContainer)
  for (; level.length > 0; level = level.flatMap((container) => Object.values(container)).filter(isContainer))
    yield level
}

/** Whether more than `limit` objects and lists lie inside one another. */
export function isDeeperThan(limit: number, json: unknown): boolean {
  let depth = 0
  for (const _ of levelsOf(json)) if (depth++ === limit) return true
  return false
}

/**
 * Whether a name anywhere in it is one that stores read as an instruction and not as data.
 * @source BSON: `$ref`, `$id` and `_bsontype` make another type of an object; a name ends at a NUL
 */
export function hasReservedName(json: unknown): boolean {
  for (const level of levelsOf(json))
    if (level.some((container) => !Array.isArray(container) && Object.keys(container).some(isReservedName))) return true
  return false
}

const isReservedName = (name: string): boolean => name.startsWith('$') || name.includes('\0') || name === '_bsontype'

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
