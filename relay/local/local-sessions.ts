// Sign-ins inside one process, kept in the store so that a restart does not sign anyone out. Only hashes are kept of
// refresh tokens; the successor of a just-replaced one, which must be readable, stays in memory only.
import type { Clock, SessionRecord, SessionStore } from '../platform/ports.ts'
import type { CollectionSpec, DocStore } from '../store/doc-store.ts'

interface SessionDoc {
  _id: string
  user_id: string
  tenant_id: string | null
  token_hash: string
  created_at_ms: number
  over_at: Date
  [field: string]: unknown
}

const SESSIONS = { name: 'sessions', scope: 'platform', indexes: [{ keys: { user_id: 1 } }, { keys: { over_at: 1 } }] } as const satisfies CollectionSpec

export function localSessions({ store, clock }: { store: DocStore; clock: Clock }): SessionStore {
  const docs = store.platform.collection<SessionDoc>(SESSIONS)
  const previous = new Map<string, SessionRecord['previous']>()
  const until = (ttl_seconds: number) => new Date(clock.now().getTime() + ttl_seconds * 1000)

  return {
    async create({ session_id, previous: before, ...session }, ttl_seconds) {
      await docs.deleteMany({ over_at: { $lte: clock.now() } })
      if (before) previous.set(session_id, before)
      await docs.insertOne({ _id: session_id, ...session, over_at: until(ttl_seconds) })
    },
    async get(session_id) {
      const doc = await docs.findOne({ _id: session_id, over_at: { $gt: clock.now() } })
      if (!doc) return null
      const { user_id, tenant_id, token_hash, created_at_ms } = doc
      return { session_id, user_id, tenant_id, token_hash, created_at_ms, previous: previous.get(session_id) ?? null }
    },
    async replace({ session_id, previous: before, ...session }, expected_hash, ttl_seconds) {
      const { matched } = await docs.updateOne({ _id: session_id, token_hash: expected_hash, over_at: { $gt: clock.now() } }, { $set: { ...session, over_at: until(ttl_seconds) } })
      if (matched > 0) previous.set(session_id, before)
      return matched > 0
    },
    async revoke(session_id) {
      previous.delete(session_id)
      await docs.deleteMany({ _id: session_id })
    },
    async revokeUser(user_id) {
      await docs.deleteMany({ user_id })
    },
  }
}
