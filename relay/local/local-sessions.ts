// Sign-ins inside one process, kept in the store so that a restart does not sign anyone out. Only hashes are kept of
// refresh tokens; the successor of a just-replaced one, which must be readable, stays in memory only.
import type { Clock, SessionRecord, SessionStore } from '../platform/ports.ts'
import type { CollectionSpec, DocStore } from '../store/doc-store.ts'
import { expiringMap } from './expiring-map.ts'

interface SessionDoc {
  _id: string
  user_id: string
  tenant_id: string | null
  token_hash: string
  created_at_ms: number
  over_at: Date
  [field: string]: unknown
}

const SESSIONS = {
  name: 'sessions',
  scope: 'platform',
  indexes: [{ keys: { user_id: 1 } }, { keys: { over_at: 1 } }],
} as const satisfies CollectionSpec

export function localSessions({ store, clock }: { store: DocStore; clock: Clock }): SessionStore {
  const docs = store.platform.collection<SessionDoc>(SESSIONS)
  // By the hash that came after it: put there before the store has the new hash, so that nobody sees one without the other.
  const replaced = expiringMap<SessionRecord['previous']>(clock)
  const until = (ttl_seconds: number) => new Date(clock.now().getTime() + ttl_seconds * 1000)

  return {
    async create({ session_id, previous, ...session }, ttl_seconds) {
      await docs.deleteMany({ over_at: { $lte: clock.now() } })
      if (previous !== null) replaced.set(`${session_id} ${session.token_hash}`, previous, ttl_seconds)
      await docs.insertOne({ _id: session_id, ...session, over_at: until(ttl_seconds) })
    },
    async get(session_id) {
      const doc = await docs.findOne({ _id: session_id, over_at: { $gt: clock.now() } })
      if (doc === null) return null
      const { user_id, tenant_id, token_hash, created_at_ms } = doc
      const previous = replaced.get(`${session_id} ${token_hash}`) ?? null
      return { session_id, user_id, tenant_id, token_hash, previous, created_at_ms }
    },
    async replace({ session_id, previous, ...session }, expected_hash, ttl_seconds) {
      const before = { _id: session_id, token_hash: expected_hash, over_at: { $gt: clock.now() } }
      replaced.set(`${session_id} ${session.token_hash}`, previous, ttl_seconds)
      const { matched } = await docs.updateOne(before, { $set: { ...session, over_at: until(ttl_seconds) } })
      const outdated_hash = matched > 0 ? expected_hash : session.token_hash
      if (session.token_hash !== expected_hash) replaced.delete(`${session_id} ${outdated_hash}`)
      return matched > 0
    },
    async revoke(session_id) {
      await docs.deleteMany({ _id: session_id })
    },
    async revokeUser(user_id) {
      await docs.deleteMany({ user_id })
    },
  }
}
