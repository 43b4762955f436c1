// Answers to requests with an Idempotency-Key, inside one process.
import type { Clock, IdempotencyStore } from '../platform/ports.ts'

type Entry = { request_hash: string; over_at_ms: number; answer: { status: number; body: string } | null }

export function localIdempotency({ clock }: { clock: Clock }): IdempotencyStore {
  const entries = new Map<string, Entry>()
  const sweep = () => {
    for (const [key, { over_at_ms }] of entries) if (over_at_ms <= clock.monotonic_ms()) entries.delete(key)
  }
  return {
    async begin(key, request_hash, ttl_seconds) {
      sweep()
      const known = entries.get(key)
      if (!known) {
        entries.set(key, { request_hash, over_at_ms: clock.monotonic_ms() + ttl_seconds * 1000, answer: null })
        return { state: 'new' }
      }
      if (known.request_hash !== request_hash) return { state: 'mismatch' }
      return known.answer ? { state: 'done', ...known.answer } : { state: 'running' }
    },
    async finish(key, status, body) {
      const known = entries.get(key)
      if (known) known.answer = { status, body }
    },
    async abandon(key) {
      entries.delete(key)
    },
  }
}
