// What is kept of the answers to requests with an Idempotency-Key, in one process and over all relays alike.
import { RelayError } from './errors.ts'

/** The body of a larger answer is not kept. */
export const BODY_BYTES = 16 * 1024
/** Of one tenant: bodies, and answers with or without one. With keys, hashes and their objects some 4 MB more. */
export const TENANT_BYTES = 4 * 1024 * 1024
export const TENANT_ANSWERS = 8_000

/** The request must not look undone, and there is nothing to answer it with. */
export const answerNotKept = (): RelayError => new RelayError('ANSWER_NOT_KEPT')
