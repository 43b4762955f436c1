// One request of the relay client on its way out, and its answer on the way back: address, form, problems. Pure.
import type { Reply } from './bridge.ts'
import { Problem } from './errors.ts'
import type { Route } from './route.ts'

export interface RequestParts {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

/** @source route.ts */
export function urlOf(base_url: string, route: Route, input: RequestParts): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name] ?? '')),
  )
  const url = new URL(path, base_url)
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value))
  }
  return url.href
}

/** @returns the answer parsed, or the relay's problem. @throws never. @source RFC 9457; route.ts */
export function replyOf(route: Route, status: number, text: string, retry_after: string | null): Reply<unknown> {
  const json = parseJson(text)
  if (status >= 400) return refuse(problemOf(status, json, retry_after))
  if (route.response === null) return { ok: true, value: undefined }
  const parsed = route.response.safeParse(json)
  return parsed.success ? { ok: true, value: parsed.data } : refuse(NOT_UNDERSTOOD)
}

function problemOf(status: number, json: unknown, retry_after: string | null): Problem {
  const parsed = Problem.safeParse(json)
  const problem: Problem = parsed.success ? parsed.data : { ...NOT_UNDERSTOOD, status }
  const seconds = Number(retry_after)
  return retry_after !== null && Number.isFinite(seconds) && problem.retry_after_seconds === undefined
    ? { ...problem, retry_after_seconds: seconds }
    : problem
}

/** @returns null for what is no JSON. @throws never. @source ours */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** @source bridge.ts */
export const refuse = (problem: Problem): { ok: false; problem: Problem } => ({ ok: false, problem })

/** @source ours */
export const messageOf = (error: unknown): string => (error instanceof Error ? `(${error.message})` : '')

// Problems made here and not by the relay have status 0: no answer came.
export const LINK_LOST: Problem = {
  type: 'urn:phony:link-lost',
  title: 'The link to the relay is lost',
  status: 0,
  code: 'STORE_UNAVAILABLE',
  detail: 'The link to the relay is lost. Nothing was sent, and nothing is queued.',
}
export const NOT_REACHED: Problem = {
  type: 'urn:phony:not-reached',
  title: 'The relay does not answer',
  status: 0,
  code: 'STORE_UNAVAILABLE',
  detail: 'The relay does not answer. Nothing is known to have changed.',
}
export const NOT_SIGNED_IN: Problem = {
  type: 'urn:phony:not-signed-in',
  title: 'Nobody is signed in',
  status: 401,
  code: 'NOT_SIGNED_IN',
  detail: 'Sign in first.',
}
const NOT_UNDERSTOOD: Problem = {
  type: 'urn:phony:not-understood',
  title: 'The relay answered in a form this console does not know',
  status: 502,
  code: 'INTERNAL',
  detail: 'The relay answered in a form this console does not know. Relay and console may be of different versions.',
}
