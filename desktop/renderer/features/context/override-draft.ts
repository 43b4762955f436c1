// What stands in the override editor, judged. Pure: the same words whether the fault is found here or by the relay.
import { ContextData } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import type { Place } from '../../lib/json-place.ts'
import { placeOf, readJson } from '../../lib/json-place.ts'
import { isObject } from './layers.ts'

export interface DraftProblem extends Place {
  says: string
}
export type Draft = { ok: true; context: JsonObject } | { ok: false; problems: DraftProblem[] }

/**
 * The draft as a context, or every fault with its place.
 * @source contract/agents.ts, ContextData
 */
export function readDraft(text: string): Draft {
  const reading = readJson(text)
  if (!reading.ok) return { ok: false, problems: [reading.error] }
  if (!isObject(reading.value)) {
    return {
      ok: false,
      problems: [{ from: 0, to: text.length, says: 'A context is an object: start with a brace.' }],
    }
  }
  const parsed = ContextData.safeParse(reading.value)
  if (parsed.success) return { ok: true, context: parsed.data }
  const problems = parsed.error.issues.map((issue) => ({
    ...placeOf(reading.places, pointerOf(issue.path)),
    says: issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
  }))
  return { ok: false, problems }
}

/** The relay's complaints at their places in the draft. @source RFC 9457; errors.ts, `errors[].pointer` */
export function refusedAt(text: string, problem: Problem): DraftProblem[] {
  const reading = readJson(text)
  if (!reading.ok) return []
  return (problem.errors ?? []).map((error) => ({
    ...placeOf(reading.places, error.pointer.replace(/^#?\/?(body\/)?context(?=\/|$)/, '')),
    says: error.detail,
  }))
}

const pointerOf = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
