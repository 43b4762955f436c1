// What stands in the override editor, judged. Pure: the same words whether the fault is found here or by the relay.
import { ContextData } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { Json, JsonObject } from '../../../../shared/primitives.ts'
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

/** Objects that fit are written on one line. */
const LINE_LENGTH = 56

/** The text of a context as the editor shows it: two spaces, short objects on one line. @source design.md section 8, call */
export function draftOf(context: JsonObject): string {
  return written(context, '', true)
}

function written(value: Json, indent: string, is_root = false): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const parts = Array.isArray(value)
    ? value.map((item) => written(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${written(item, inner)}`)
  if (parts.length === 0) return `${open}${close}`
  const line = Array.isArray(value) ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
  if (!is_root && line.length <= LINE_LENGTH && !line.includes('\n')) return line
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}

const pointerOf = (path: readonly PropertyKey[]) =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
