// Fields of a request that were refused, each named by a JSON pointer.
import type { z } from 'zod'
import { RelayError } from './errors.ts'

export interface FieldError {
  /** A JSON pointer. */
  pointer: string
  detail: string
}

/** So many fields are named: who has more at fault has the first ones to mend, and gets no larger answer than that. */
export const MOST_FIELD_ERRORS = 20
/** Names of fields are the sender's own, and may be as long as the body. */
const MOST_LETTERS = 300

const shortened = (text: string): string => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text)

/** @param about what is said of all together, from what is wrong with each */
export function fieldsRefused(
  code: 'BODY_INVALID' | 'BODY_TOO_LARGE',
  all: readonly FieldError[],
  about = (why: string): string => why,
): RelayError {
  const errors = all
    .slice(0, MOST_FIELD_ERRORS)
    .map(({ pointer, detail }) => ({ pointer: shortened(pointer), detail: shortened(detail) }))
  return new RelayError(code, {
    detail: about(errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ')),
    errors,
  })
}

/** @param at where the fields stand: their pointers go on from there, or begin at the root of the body */
export function invalid(at: readonly string[], error: z.ZodError, about?: (why: string) => string): RelayError {
  const errors = error.issues.map(({ path, message }) => ({
    pointer: `/${[...at, ...path].map(String).join('/')}`,
    detail: message,
  }))
  const isTooLarge = error.issues.some((issue) => issue.code === 'custom' && issue.params?.too_large === true)
  return fieldsRefused(isTooLarge ? 'BODY_TOO_LARGE' : 'BODY_INVALID', errors, about)
}
