// Answers to requests with an Idempotency-Key, inside one process. Memory is bounded for each tenant by itself, so that
// none pushes another's answers out. Of a tenant that outgrows it the oldest bodies go first: it is still known that
// those requests were carried out. The oldest answers go last, and such a request that comes again is done again.
import type { Clock, IdempotencyStore } from '../platform/ports.ts'
import { answerNotKept, BODY_BYTES, TENANT_ANSWERS, TENANT_BYTES } from '../platform/repeated-requests.ts'

interface Claim {
  request_hash: string
  over_at_ms: number
}
interface Answered extends Claim {
  status: number
  /** Null when it was too large, or had to go. */
  body: string | null
}
/** Of one tenant. */
interface Answers {
  /** In the order in which they finished, as the bodies are. */
  all: Map<string, Answered>
  /** Bytes of the bodies that are kept. */
  bodies: Map<string, number>
  total_bytes: number
  /** Of the newest. */
  over_at_ms: number
}

export function localIdempotency({ clock }: { clock: Clock }): IdempotencyStore {
  const running = new Map<string, Claim>()
  /** The one that finished a request last is the last. */
  const tenants = new Map<string, Answers>()

  const isOver = ({ over_at_ms }: { over_at_ms: number }): boolean => over_at_ms <= clock.monotonic_ms()
  const keep = (key: string, claim: Claim, status: number, body: string): void => {
    const tenant = tenantOf(key)
    const answers = tenants.get(tenant) ?? { all: new Map(), bodies: new Map(), total_bytes: 0, over_at_ms: 0 }
    tenants.delete(tenant)
    tenants.set(tenant, Object.assign(answers, { over_at_ms: claim.over_at_ms }))
    add(answers, key, { ...claim, status, body })
    for (const oldest of answers.bodies.keys()) {
      if (answers.total_bytes <= TENANT_BYTES) break
      dropBody(answers, oldest)
    }
    for (const [oldest, known] of answers.all) {
      if (answers.all.size <= TENANT_ANSWERS && !isOver(known)) break
      forget(answers, oldest)
    }
    for (const [idle, theirs] of tenants) {
      if (!isOver(theirs)) break
      tenants.delete(idle)
    }
  }

  return {
    async begin(key, request_hash, ttl_seconds) {
      const answers = tenants.get(tenantOf(key))
      const answer = answers?.all.get(key)
      const known = running.get(key) ?? answer
      if (known === undefined || isOver(known)) {
        if (answers) forget(answers, key)
        running.set(key, { request_hash, over_at_ms: clock.monotonic_ms() + ttl_seconds * 1000 })
        return { state: 'new' }
      }
      if (known.request_hash !== request_hash) return { state: 'mismatch' }
      if (answer === undefined) return { state: 'running' }
      if (answer.body === null) throw answerNotKept()
      return { state: 'done', status: answer.status, body: answer.body }
    },
    async finish(key, status, body) {
      const claim = running.get(key)
      running.delete(key)
      if (claim !== undefined) keep(key, claim, status, body)
    },
    async abandon(key) {
      running.delete(key)
    },
  }
}

/** A key begins with its tenant, or with `platform`. */
const tenantOf = (key: string): string => key.split(':', 1)[0]!

function add(answers: Answers, key: string, answer: Answered & { body: string }): void {
  const bytes = Buffer.byteLength(answer.body)
  if (bytes > BODY_BYTES) return void answers.all.set(key, { ...answer, body: null })
  answers.all.set(key, answer)
  answers.bodies.set(key, bytes)
  answers.total_bytes += bytes
}

function dropBody(answers: Answers, key: string): void {
  const answer = answers.all.get(key)
  if (answer) answer.body = null
  answers.total_bytes -= answers.bodies.get(key) ?? 0
  answers.bodies.delete(key)
}

function forget(answers: Answers, key: string): void {
  dropBody(answers, key)
  answers.all.delete(key)
}
