// The relay's complaints about what stands in the override editor, at their places: the same words whether the fault is
// found here (`lib/read-context.ts`) or there. Pure.
import type { Problem } from '../../../../shared/errors.ts'
import type { Place } from '../../lib/json-place.ts'
import { placeOf, readJson } from '../../lib/json-place.ts'

export interface DraftProblem extends Place {
  says: string
}

/** @source RFC 9457; errors.ts, `errors[].pointer` */
export function refusedAt(text: string, problem: Problem): DraftProblem[] {
  const reading = readJson(text)
  if (!reading.ok) return []
  return (problem.errors ?? []).map((error) => ({
    ...placeOf(reading.places, error.pointer.replace(/^#?\/?(body\/)?context(?=\/|$)/, '')),
    says: error.detail,
  }))
}
