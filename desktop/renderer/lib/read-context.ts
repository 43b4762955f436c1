// A context as it is being written, judged: every fault with its path and its place. Pure.
import { ContextData } from '../../../shared/contract/agents.ts'
import type { JsonObject } from '../../../shared/primitives.ts'
import type { Place } from './json-place.ts'
import { placeOf, readJson } from './json-place.ts'

export interface ContextProblem extends Place {
  /** `escalation_rules.keywords: Write a list of words.` */
  says: string
  /** From 1. */
  line: number
}
export type ContextReading = { ok: true; context: JsonObject } | { ok: false; problems: ContextProblem[] }

/** @source contract/agents.ts, ContextData; RFC 6901 */
export function readContext(text: string): ContextReading {
  const reading = readJson(text)
  const at = (place: Place, says: string): ContextProblem => ({
    ...place,
    says,
    line: text.slice(0, place.from).split('\n').length,
  })
  if (!reading.ok) return { ok: false, problems: [at(reading.error, reading.error.says)] }
  const { value, places } = reading
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const whole = { from: 0, to: text.length }
    return { ok: false, problems: [at(whole, 'A context is an object: start with a brace.')] }
  }
  const parsed = ContextData.safeParse(value)
  if (parsed.success) return { ok: true, context: parsed.data }
  const problems = parsed.error.issues.map(({ path, message }) =>
    at(placeOf(places, pointerOf(path)), path.length > 0 ? `${path.join('.')}: ${message}` : message),
  )
  return { ok: false, problems }
}

const pointerOf = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
