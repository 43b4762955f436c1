// Answers to requests with an Idempotency-Key, over all relays. A claim is a hash: the request, who claims it, until
// when the answer is kept, and the answer once it is there.
import { randomBytes } from 'node:crypto'
import type { IdempotencyStore } from '../platform/ports.ts'
import type { RedisConnection } from './redis-connection.ts'

/** A relay that died leaves its claims open; no request takes so long. */
const RUNNING_MS = 60_000

const BEGIN = `
local claim = redis.call('HMGET', KEYS[1], 'request', 'status', 'body')
if not claim[1] then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'request', ARGV[1], 'by', ARGV[2], 'until', string.format('%.0f', now + ARGV[3] * 1000))
  redis.call('PEXPIRE', KEYS[1], math.min(ARGV[3] * 1000, ARGV[4]))
  return {'new'}
end
if claim[1] ~= ARGV[1] then return {'mismatch'} end
if not claim[2] then return {'running'} end
return {'done', claim[2], claim[3]}`

const FINISH = `
local kept_until = redis.call('HGET', KEYS[1], 'until')
if not kept_until then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1], 'body', ARGV[2])
return redis.call('PEXPIREAT', KEYS[1], kept_until)`

const TAKE_BACK = `
if redis.call('HGET', KEYS[1], 'by') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

export function redisIdempotency({ redis }: { redis: RedisConnection }): IdempotencyStore {
  const keyOf = (key: string): string => redis.keys.textKey('idempotency', key)
  /** Claims that failed: whether Redis made them is not known until it is asked to take them back. */
  const doubtful = new Map<string, string>()

  async function takeBack(key: string, by: string): Promise<void> {
    try {
      await redis.run(TAKE_BACK, [key], [by])
      doubtful.delete(by)
    } catch {
      doubtful.set(by, key)
      setTimeout(() => doubtful.delete(by), RUNNING_MS).unref()
    }
  }
  redis.onChange((isUp) => {
    if (isUp) for (const [by, key] of [...doubtful]) void takeBack(key, by)
  })

  return {
    async begin(key, request_hash, ttl_seconds) {
      const by = randomBytes(9).toString('base64url')
      const args = [request_hash, by, ttl_seconds, RUNNING_MS]
      const answer = await redis.run(BEGIN, [keyOf(key)], args).catch((error: unknown) => {
        void takeBack(keyOf(key), by)
        throw error
      })
      const [state, status, body] = answer as ['new' | 'running' | 'mismatch' | 'done', string, string]
      return state === 'done' ? { state, status: Number(status), body } : { state }
    },
    async finish(key, status, body) {
      await redis.run(FINISH, [keyOf(key)], [status, body])
    },
    async abandon(key) {
      await redis.ask((commands) => commands.del(keyOf(key)))
    },
  }
}
