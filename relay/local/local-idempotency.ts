// Answers to requests with an Idempotency-Key, inside one process.
import type { Clock, IdempotencyStore } from '../platform/ports.ts'
import { expiringMap } from './expiring-map.ts'

interface Claim {
  request_hash: string
  answer: { status: number; body: string } | null
}

export function localIdempotency({ clock }: { clock: Clock }): IdempotencyStore {
  const claims = expiringMap<Claim>(clock)
  return {
    async begin(key, request_hash, ttl_seconds) {
      const claim = claims.get(key)
      if (claim === undefined) {
        claims.set(key, { request_hash, answer: null }, ttl_seconds)
        return { state: 'new' }
      }
      if (claim.request_hash !== request_hash) return { state: 'mismatch' }
      return claim.answer === null ? { state: 'running' } : { state: 'done', ...claim.answer }
    },
    async finish(key, status, body) {
      const claim = claims.get(key)
      if (claim !== undefined) claim.answer = { status, body }
    },
    async abandon(key) {
      claims.delete(key)
    },
  }
}
