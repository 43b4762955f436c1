// Walks (iii) and (iv): the contract's routes bound to the services that answer them. One loop; nobody writes a
// controller. Order of refusals: who are you, may you, does it exist, is it well formed.
import { json, type Request, type Response, Router } from 'express'
import { isDeeperThan, JSON_DEPTH_LIMIT } from '../../shared/primitives.ts'
import type { Route } from '../../shared/route.ts'
import { ROUTES, type RouteName, type Routes } from '../../shared/routes.ts'
import type { Actor, Anyone, Handler } from '../access/actor.ts'
import { isTenantActor } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import { type FieldError, fieldsRefused, invalid, MOST_FIELD_ERRORS } from '../platform/refused-fields.ts'
import type { Idempotency } from './idempotency.ts'

/** A service method for every route: one that is missing does not compile. */
export type Handlers = { [N in RouteName]: Handler<Routes[N]> }

export interface BindDeps {
  handlers: Handlers
  actorOf: (token: string) => Promise<Actor | null>
  /** @throws RelayError RATE_LIMITED */
  limit: (actor: Actor) => Promise<void>
  idempotency: Idempotency
}

type AnyHandler = (actor: Actor | Anyone, input: Record<string, unknown>) => Promise<unknown>

const reading = (kilobytes: number) => json({ limit: kilobytes * 1024, strict: false })
/** From somebody who has not signed in: no such route has a field of over 500 letters. */
const readPublic = reading(8)
const readUsual = reading(16)
/** A context of 64 kB, and as much again for spaces, escapes and the reason. */
const readContext = reading(112)
/** With a context, the prompt: 32,000 letters, three bytes each in some languages. And 500 numbers. */
const readAgent = reading(176)
/**
 * Routes whose largest body is over the usual one. A body may be a little over its largest field, so that the field is
 * named and not the body; what is over that is refused unread, because reading it takes the time of everybody's calls.
 */
const READS: Partial<Record<RouteName, typeof readUsual>> = {
  createAgent: readAgent,
  replaceAgent: readAgent,
  changeAgent: readAgent,
  updateAgentContext: readContext,
  overrideContext: readContext,
  // Five hundred pairs of a number and an agent.
  assignNumbers: reading(56),
}

export function bindRoutes(deps: BindDeps): Router {
  const router = Router()
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const handler = deps.handlers[name] as unknown as AnyHandler
    const read = route.permission === 'public' ? readPublic : (READS[name] ?? readUsual)
    router[route.method](route.path, async (req, res) => {
      const actor = await whoAsks(deps, route, req)
      const params = parseParams(route, req)
      await takeBody(read, req, res)
      const input = { ...params, ...parseInput(route, req) }
      await deps.idempotency.once(route, req, res, actor, async () => {
        const result = await handler(actor, input)
        return {
          status: route.response ? (route.status ?? 200) : 204,
          body: route.response ? JSON.stringify(route.response.parse(result)) : '',
        }
      })
    })
  }
  return router
}

async function whoAsks(deps: BindDeps, route: Route, req: Request): Promise<Actor | Anyone> {
  if (route.permission === 'public') return { ip: req.ip ?? 'unknown' }
  const token = /^Bearer (.+)$/i.exec(req.get('authorization') ?? '')?.[1]
  const actor = token ? await deps.actorOf(token) : null
  if (!actor) throw new RelayError('NOT_SIGNED_IN')
  await deps.limit(actor)
  if (route.permission === 'signed_in') return actor
  const isWhere = route.permission === 'platform.admin' || isTenantActor(actor)
  if (!isWhere || !actor.permissions.includes(route.permission)) {
    throw new RelayError('NOT_ALLOWED', {
      detail: `This needs the permission ${route.permission}, which your roles here do not include.`,
    })
  }
  return actor
}

function parseParams(route: Route, req: Request): Record<string, unknown> {
  if (!route.params) return {}
  const params = route.params.safeParse(req.params)
  if (!params.success) throw new RelayError('NOT_FOUND')
  return { params: params.data }
}

/** Also where a route takes none, because the idempotency key reads it. @throws (rejects) what `problemOf` knows */
async function takeBody(read: typeof readUsual, req: Request, res: Response): Promise<void> {
  // The body of somebody who hung up meanwhile would count as none, and what they asked for be done without it.
  if (!req.socket.readable) throw new RelayError('BODY_MALFORMED')
  return new Promise((resolve, reject) => {
    read(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
}

function parseInput(route: Route, req: Request): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  refuseDepth(req.body)
  if (route.query) {
    const query = route.query.safeParse(req.query)
    if (!query.success) throw invalid(['query'], query.error)
    input.query = query.data
  }
  if (route.body) {
    const body = route.body.safeParse(req.body ?? {})
    if (!body.success) throw invalid([], body.error)
    input.body = body.data
  }
  return input
}

/**
 * Looked at before anything walks a body: schemas and JSON.stringify recurse, and a few kilobytes of brackets would end
 * their stack. Also where a route takes no body, because the idempotency key reads it.
 * @throws RelayError BODY_INVALID with the field
 */
function refuseDepth(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(body)) {
    if (errors.length === MOST_FIELD_ERRORS) break
    if (isDeeperThan(JSON_DEPTH_LIMIT, value))
      errors.push({ pointer: `/${key}`, detail: `Nested over ${JSON_DEPTH_LIMIT} levels deep.` })
  }
  if (errors.length > 0) throw fieldsRefused('BODY_INVALID', errors)
}

export function sendJson(res: Response, { status, body }: { status: number; body: string }): void {
  if (status === 204) res.status(204).end()
  else res.status(status).type('application/json').set('Cache-Control', 'no-store').send(body)
}
