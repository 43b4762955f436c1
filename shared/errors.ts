// Every way a request can be refused. `http/problems.ts` turns these into RFC 9457 documents.
import { z } from 'zod'

interface ErrorFacts {
  readonly status: number
  readonly retryable: boolean
  readonly meaning: string
}

export const ERRORS = {
  BODY_INVALID: {
    status: 422,
    retryable: false,
    meaning: 'A field of the request has the wrong form; `errors` names it.',
  },
  BODY_MALFORMED: { status: 400, retryable: false, meaning: 'The request body is not JSON.' },
  BODY_TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: 'The request body, or one field of it, is over its size limit.',
  },
  NOT_SIGNED_IN: { status: 401, retryable: false, meaning: 'The access token is missing, wrong or over.' },
  SIGN_IN_REFUSED: {
    status: 401,
    retryable: false,
    meaning: 'The email and the password do not belong together.',
  },
  REFRESH_REFUSED: {
    status: 401,
    retryable: false,
    meaning: 'The refresh token is over or was used before; sign in again.',
  },
  NOT_ALLOWED: {
    status: 403,
    retryable: false,
    meaning: 'Your roles in this tenant do not include what this needs.',
  },
  SIGNATURE_INVALID: {
    status: 403,
    retryable: false,
    meaning: 'The webhook does not carry a valid signature of the carrier.',
  },
  NOT_FOUND: { status: 404, retryable: false, meaning: 'There is nothing with this name here.' },
  ROUTE_UNKNOWN: { status: 404, retryable: false, meaning: 'There is no such address.' },
  CALL_NOT_LIVE: { status: 409, retryable: false, meaning: 'The call is over, so it takes no commands.' },
  VERSION_CONFLICT: {
    status: 409,
    retryable: false,
    meaning: 'Somebody changed it since you read it; read it again.',
  },
  NUMBER_ALREADY_ASSIGNED: {
    status: 409,
    retryable: false,
    meaning: 'The number already leads to another agent.',
  },
  NUMBER_NOT_OURS: {
    status: 404,
    retryable: false,
    meaning: 'The number is not among the numbers of this tenant.',
  },
  AGENT_LIMIT_REACHED: {
    status: 409,
    retryable: false,
    meaning: 'The tenant has as many agents as its limit allows.',
  },
  VERSION_LIMIT_REACHED: {
    status: 409,
    retryable: false,
    meaning: 'The versions of agents and contexts fill what the tenant may keep; nothing was changed.',
  },
  AGENT_CANNOT_ANSWER: {
    status: 422,
    retryable: false,
    meaning: 'An outbound agent does not answer calls; its type must be inbound or hybrid.',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    retryable: false,
    meaning: 'This Idempotency-Key was used before with another request.',
  },
  ANSWER_NOT_KEPT: {
    status: 409,
    retryable: false,
    meaning:
      'The request with this Idempotency-Key was carried out when it first came, and is not carried out again. Its answer is not kept: read the result.',
  },
  RATE_LIMITED: { status: 429, retryable: true, meaning: 'Too many requests; wait as Retry-After says.' },
  STORE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'The store does not answer; nothing was changed.',
  },
  STORAGE_FULL: { status: 507, retryable: true, meaning: 'The disk is full; nothing was changed.' },
  CARRIER_FAILED: {
    status: 502,
    retryable: true,
    meaning: 'The carrier refused or did not answer; nothing was changed.',
  },
  INTERNAL: {
    status: 500,
    retryable: true,
    meaning: 'Something failed that should not; the log has the details.',
  },
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof ERRORS
export const ErrorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]])

/** RFC 9457 problem document, with the field at fault. Source: RFC 9457 section 3. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: ErrorCode,
  detail: z.string(),
  instance: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  current_version: z.number().int().optional(),
  retry_after_seconds: z.number().optional(),
})
export type Problem = z.infer<typeof Problem>
