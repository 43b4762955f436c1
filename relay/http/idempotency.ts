// Unsafe requests with an `Idempotency-Key` are done once: a repetition gets the first answer again.
import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import type { Route } from '../../shared/route.ts'
import type { Actor, Anyone } from '../access/actor.ts'
import { RelayError } from '../platform/errors.ts'
import type { IdempotencyStore } from '../platform/ports.ts'
import { sendJson } from './bind-routes.ts'

const KEEP_SECONDS = 24 * 3600
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export interface Idempotency {
  once(
    route: Route,
    req: Request,
    res: Response,
    actor: Actor | Anyone,
    work: () => Promise<{ status: number; body: string }>,
  ): Promise<void>
}

/** Tokens and tickets are never kept: there the key is not used, and each request gets its own. */
const givesSecrets = ({ path }: Route): boolean => path.startsWith('/api/auth/') || path === '/api/tickets'

export function idempotency(store: IdempotencyStore): Idempotency {
  return {
    async once(route, req, res, actor, work) {
      const given = req.get('idempotency-key')
      if (!given || !UNSAFE.has(req.method) || !('user' in actor) || givesSecrets(route))
        return sendJson(res, await work())
      if (given.length > 200)
        throw new RelayError('BODY_INVALID', {
          errors: [{ pointer: '/headers/idempotency-key', detail: 'At most 200 characters.' }],
        })
      const key = `${actor.scope?.tenant_id ?? 'platform'}:${actor.user.id}:${given}`
      const request_hash = createHash('sha256')
        .update(`${req.method} ${req.originalUrl} ${JSON.stringify(req.body ?? null)}`)
        .digest('hex')
      const known = await store.begin(key, request_hash, KEEP_SECONDS)
      if (known.state === 'mismatch') throw new RelayError('IDEMPOTENCY_MISMATCH')
      if (known.state === 'running')
        throw new RelayError('RATE_LIMITED', {
          detail: 'The first request with this Idempotency-Key is still running.',
          retry_after_seconds: 1,
        })
      if (known.state === 'done') {
        res.set('Idempotent-Replayed', 'true')
        return sendJson(res, known)
      }
      const answer = await work().catch(async (error: unknown) => {
        await store.abandon(key)
        throw error
      })
      // It is done: an answer that could not be kept must not make it look undone.
      await store.finish(key, answer.status, answer.body).catch(() => {})
      sendJson(res, answer)
    },
  }
}
