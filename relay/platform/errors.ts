// The one error our code throws when a request cannot be done. `http/problems.ts` turns it into an answer.
import { ERRORS, type ErrorCode } from '../../shared/errors.ts'

export interface RelayErrorDetails {
  /** What happened and what to do, for the person; the code's meaning when left out. */
  detail?: string
  /** Fields at fault, as JSON pointers. */
  errors?: { pointer: string; detail: string }[]
  current_version?: number
  retry_after_seconds?: number
}

export class RelayError extends Error {
  readonly code: ErrorCode
  readonly details: RelayErrorDetails
  constructor(code: ErrorCode, details: RelayErrorDetails = {}, options?: { cause?: unknown }) {
    super(details.detail ?? ERRORS[code].meaning, options)
    this.name = 'RelayError'
    this.code = code
    this.details = details
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Ends a switch over a union: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`This case is not known: ${JSON.stringify(value)}`)
}
