// A route is data. Validation, the OpenAPI document, the typed client and many tests are loops over it.
import type { z } from 'zod'
import type { Permission } from './permissions.ts'

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Express spelling: `/api/agents/:agent_id`. */
  readonly path: string
  /** `public` needs no token; `signed_in` any valid token; else the permission. */
  readonly permission: Permission | 'public' | 'signed_in'
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly response: z.ZodType | null
  /** Status of a good answer; 200 unless said, 204 where the response is null. */
  readonly status?: number
  readonly summary: string
}

type Part<
  R extends Route,
  K extends 'params' | 'query' | 'body',
  Side extends 'input' | 'output',
> = R[K] extends z.ZodType ? { [P in K]: Side extends 'input' ? z.input<R[K]> : z.output<R[K]> } : Record<never, never>

/** What a client gives. */
export type RouteInput<R extends Route> = Part<R, 'params', 'input'> &
  Part<R, 'query', 'input'> &
  Part<R, 'body', 'input'>
/** What a handler receives: parsed, with defaults. */
export type RouteRequest<R extends Route> = Part<R, 'params', 'output'> &
  Part<R, 'query', 'output'> &
  Part<R, 'body', 'output'>
/** What a handler returns: Dates allowed where the wire has instants. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that answers nothing is an async function without a return
export type RouteResult<R extends Route> = R['response'] extends z.ZodType ? z.input<R['response']> : void
/** What a client receives. */
export type RouteOutput<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : undefined
