// Errors become answers here and nowhere else: RFC 9457 problem documents, with the field at fault.
import type { ErrorRequestHandler } from 'express'
import { ERRORS, type ErrorCode, type Problem } from '../../shared/errors.ts'
import { messageOf, RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { StoreError, type StoreErrorCode } from '../store/doc-store.ts'

const OF_STORE: Partial<Record<StoreErrorCode, ErrorCode>> = {
  UNAVAILABLE: 'STORE_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'STORE_UNAVAILABLE',
  NO_SPACE: 'STORAGE_FULL',
}

/** The problem document of anything that was thrown. */
export function problemOf(error: unknown, instance?: string): Problem {
  const known = toRelayError(error)
  const facts = ERRORS[known.code]
  const { detail, errors, current_version, retry_after_seconds } = known.details
  return {
    type: `/api/docs#${known.code}`,
    title: facts.meaning,
    status: facts.status,
    code: known.code,
    detail: detail ?? facts.meaning,
    ...(instance ? { instance } : {}),
    ...(errors ? { errors } : {}),
    ...(current_version === undefined ? {} : { current_version }),
    ...(retry_after_seconds === undefined ? {} : { retry_after_seconds }),
  }
}

function toRelayError(error: unknown): RelayError {
  if (error instanceof RelayError) return error
  if (error instanceof StoreError && OF_STORE[error.code])
    return new RelayError(OF_STORE[error.code] as ErrorCode, {}, { cause: error })
  const http = error as { type?: string; status?: number }
  if (http.type === 'entity.too.large') return new RelayError('BODY_TOO_LARGE')
  if (http.type === 'entity.parse.failed' || http.status === 400) return new RelayError('BODY_MALFORMED')
  if (http.type?.startsWith('encoding') || http.type?.startsWith('charset') || http.status === 415)
    return new RelayError('BODY_MALFORMED')
  return new RelayError('INTERNAL', {}, { cause: error })
}

/** The last handler of the app. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const problem = problemOf(error, req.path)
    if (problem.code === 'INTERNAL')
      log.error('A request failed', {
        method: req.method,
        path: req.path,
        error: messageOf(error),
        stack: (error as Error).stack,
      })
    if (res.headersSent) return void res.destroy()
    if (problem.retry_after_seconds !== undefined) res.set('Retry-After', String(problem.retry_after_seconds))
    else if (problem.status === 503) res.set('Retry-After', '2')
    if (problem.status === 401) res.set('WWW-Authenticate', 'Bearer')
    res.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }
}
