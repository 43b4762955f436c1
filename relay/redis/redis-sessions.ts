// Sign-ins in Redis: every relay knows them, and they end by themselves. Only hashes are kept of refresh tokens. The
// successor of a just-replaced one must be readable for a moment, so it lies apart and is gone soon after.
//
//   session:<id>            hash: user, token (hash of the current one), record (all the rest)
//   session:<id>:successor  the successor, for a moment
//   sessions-of:<user>      sorted set: session ids by when they end
import type { SessionRecord, SessionStore } from '../platform/ports.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Longer than a replaced token is good for. */
const SUCCESSOR_MS = 30_000

/**
 * KEYS session, successor, sessions of the user.
 * ARGV id, user, token, record, successor or '', ttl in ms, ttl of the successor, token expected to be there or ''.
 */
const WRITE = `
if ARGV[8] ~= '' and redis.call('HGET', KEYS[1], 'token') ~= ARGV[8] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'user', ARGV[2], 'token', ARGV[3], 'record', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('DEL', KEYS[2])
if ARGV[5] ~= '' then redis.call('SET', KEYS[2], ARGV[5], 'PX', ARGV[7]) end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZADD', KEYS[3], now + ARGV[6], ARGV[1])
if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[3], ARGV[6]) end
return 1`

const READ = `return {redis.call('HGET', KEYS[1], 'record'), redis.call('GET', KEYS[2])}`

/** KEYS session, successor. ARGV id, what the key of a user's sessions begins with. */
const REVOKE = `
local user = redis.call('HGET', KEYS[1], 'user')
if user then redis.call('ZREM', ARGV[2] .. user, ARGV[1]) end
return redis.call('DEL', KEYS[1], KEYS[2])`

/** KEYS sessions of the user. ARGV what the key of a session begins with. */
const REVOKE_ALL = `
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  redis.call('DEL', ARGV[1] .. id, ARGV[1] .. id .. ':successor')
end
return redis.call('DEL', KEYS[1])`

export function redisSessions({ redis }: { redis: RedisConnection }): SessionStore {
  const keysOf = (session_id: string): [string, string] => {
    const key = redis.keys.sharedKey('session', session_id)
    return [key, `${key}:successor`]
  }
  const ofUser = (user_id: string): string => redis.keys.sharedKey('sessions-of', user_id)

  async function write(session: SessionRecord, ttl_seconds: number, expected: string): Promise<boolean> {
    const { session_id, user_id, token_hash, previous } = session
    const kept = { ...session, previous: previous && { ...previous, successor: '' } }
    const keys = [...keysOf(session_id), ofUser(user_id)]
    const values = [session_id, user_id, token_hash, JSON.stringify(kept), previous?.successor ?? '']
    return (await redis.run(WRITE, keys, [...values, ttl_seconds * 1000, SUCCESSOR_MS, expected])) === 1
  }

  return {
    async create(session, ttl_seconds) {
      await write(session, ttl_seconds, '')
    },
    async get(session_id) {
      const [text, successor] = (await redis.run(READ, keysOf(session_id), [])) as [string | null, string | null]
      if (text === null) return null
      const session = JSON.parse(text) as SessionRecord
      const { previous } = session
      return { ...session, previous: previous && { ...previous, successor: successor ?? '' } }
    },
    replace: (session, expected_hash, ttl_seconds) => write(session, ttl_seconds, expected_hash),
    async revoke(session_id) {
      await redis.run(REVOKE, keysOf(session_id), [session_id, ofUser('')])
    },
    async revokeUser(user_id) {
      await redis.run(REVOKE_ALL, [ofUser(user_id)], [redis.keys.sharedKey('session', '')])
    },
  }
}
