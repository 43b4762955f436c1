// Answers to requests with an Idempotency-Key, inside one process. Memory is bounded: when the kept answers outgrow it,
// those that finished first are forgotten, and a request that comes again after that is done again.
import type { Clock, IdempotencyStore } from '../platform/ports.ts'

interface Claim {
  request_hash: string
  over_at_ms: number
}
interface Answered extends Claim {
  status: number
  body: string
}

const TOTAL_BYTES = 32 * 1024 * 1024
/** A larger answer is not kept. */
const ANSWER_BYTES = 1024 * 1024
/** What a key, a hash and their objects take, so that empty answers do not pile up either. */
const ENTRY_BYTES = 600

export function localIdempotency({ clock }: { clock: Clock }): IdempotencyStore {
  const running = new Map<string, Claim>()
  /** In the order in which they finished. */
  const answered = new Map<string, Answered>()
  let total_bytes = 0

  const forget = (key: string): void => {
    running.delete(key)
    const known = answered.get(key)
    if (known === undefined) return
    total_bytes -= sizeOf(known)
    answered.delete(key)
  }
  const isOver = (claim: Claim): boolean => claim.over_at_ms <= clock.monotonic_ms()
  const keep = (key: string, claim: Answered): void => {
    answered.set(key, claim)
    total_bytes += sizeOf(claim)
    for (const [oldest, known] of answered) {
      if (total_bytes <= TOTAL_BYTES && !isOver(known)) break
      forget(oldest)
    }
  }

  return {
    async begin(key, request_hash, ttl_seconds) {
      const known = running.get(key) ?? answered.get(key)
      if (known === undefined || isOver(known)) {
        forget(key)
        running.set(key, { request_hash, over_at_ms: clock.monotonic_ms() + ttl_seconds * 1000 })
        return { state: 'new' }
      }
      if (known.request_hash !== request_hash) return { state: 'mismatch' }
      const answer = answered.get(key)
      return answer === undefined ? { state: 'running' } : { state: 'done', status: answer.status, body: answer.body }
    },
    async finish(key, status, body) {
      const claim = running.get(key)
      running.delete(key)
      if (claim === undefined || Buffer.byteLength(body) > ANSWER_BYTES) return
      keep(key, { ...claim, status, body })
    },
    async abandon(key) {
      forget(key)
    },
  }
}

const sizeOf = (claim: Answered): number => Buffer.byteLength(claim.body) + ENTRY_BYTES
