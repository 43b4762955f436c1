// How one context becomes another: merge patch, replacement, and the difference between two. Pure.
import type { ContextDiff } from '../../shared/contract/context.ts'
import type { Json, JsonObject } from '../../shared/primitives.ts'

/** Its own value: every object has a `constructor` that nobody wrote. */
const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A JSON merge patch: objects merge, null removes a key, anything else replaces.
 * @source RFC 7396, section 2
 */
export function mergeContext(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...target }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else if (isObject(value)) {
      const before = own(merged, key)
      merged[key] = mergeContext(isObject(before) ? before : {}, value)
    } else merged[key] = value
  }
  return merged
}

/** Every place where two contexts differ, by dotted path, in the order of the keys. */
export function diffContext(before: JsonObject, after: JsonObject, prefix = ''): ContextDiff[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => {
    const path = prefix + key
    const [old, fresh] = [own(before, key), own(after, key)]
    if (isObject(old) && isObject(fresh)) return diffContext(old, fresh, `${path}.`)
    if (JSON.stringify(old) === JSON.stringify(fresh)) return []
    return [{ path, ...(old === undefined ? {} : { before: old }), ...(fresh === undefined ? {} : { after: fresh }) }]
  })
}
