// Answers to requests with an Idempotency-Key, over all relays. A claim is a hash: the request, who claims it, until
// when the answer is kept, and the answer once it is there. What is kept of a tenant is bounded, as all tenants share
// the memory: of one that outgrows it the oldest bodies go first, so that it is still known that those requests were
// carried out, and the oldest answers last.
import { randomBytes } from 'node:crypto'
import type { IdempotencyStore } from '../platform/ports.ts'
import { answerNotKept, BODY_BYTES, TENANT_ANSWERS, TENANT_BYTES } from '../platform/repeated-requests.ts'
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

/**
 * Two lists of what the tenant's answers are called, in the order in which they finished: all, and those with a body.
 * Each name has the end of its time before it: a claim of that name that was made anew is another one. What is over is
 * the oldest and goes first. The lists and the sum of bytes end with the newest answer.
 */
const FINISH = `
local kept_until = redis.call('HGET', KEYS[1], 'until')
if not kept_until then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1])
redis.call('PEXPIREAT', KEYS[1], kept_until)
redis.call('RPUSH', KEYS[2], kept_until .. ':' .. KEYS[1])
if ARGV[2] == '1' then
  redis.call('HSET', KEYS[1], 'body', ARGV[3])
  redis.call('RPUSH', KEYS[3], #ARGV[3] .. ':' .. kept_until .. ':' .. KEYS[1])
  redis.call('INCRBY', KEYS[4], #ARGV[3])
end
local function isThat(name, its_until) return redis.call('HGET', name, 'until') == its_until end
local answers = tonumber(ARGV[5])
local bytes = tonumber(redis.call('GET', KEYS[4]) or 0)
while bytes > tonumber(ARGV[4]) or redis.call('LLEN', KEYS[3]) > answers do
  local oldest = redis.call('LPOP', KEYS[3])
  if not oldest then bytes = 0 break end
  local size, its_until, name = string.match(oldest, '^(%d+):(%d+):(.*)$')
  if isThat(name, its_until) then redis.call('HDEL', name, 'body') end
  bytes = math.max(0, bytes - size)
end
redis.call('SET', KEYS[4], string.format('%.0f', bytes))
while redis.call('LLEN', KEYS[2]) > answers do
  local its_until, name = string.match(redis.call('LPOP', KEYS[2]), '^(%d+):(.*)$')
  if isThat(name, its_until) then redis.call('DEL', name) end
end
for at = 2, 4 do redis.call('PEXPIREAT', KEYS[at], kept_until) end
return 1`

const TAKE_BACK = `
if redis.call('HGET', KEYS[1], 'by') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

export function redisIdempotency({ redis }: { redis: RedisConnection }): IdempotencyStore {
  const keyOf = (key: string): string => redis.keys.textKey('idempotency', key)
  const boundsOf = (key: string): string[] =>
    ['answers', 'bodies', 'bytes'].map((part) => redis.keys.ownersKey(key, 'idempotency', part))
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
      const [state, status, body] = answer as ['new' | 'running' | 'mismatch' | 'done', string, string | null]
      if (state !== 'done') return { state }
      if (body === null) throw answerNotKept()
      return { state, status: Number(status), body }
    },
    async finish(key, status, body) {
      const kept = Buffer.byteLength(body) <= BODY_BYTES ? ['1', body] : ['0', '']
      await redis.run(FINISH, [keyOf(key), ...boundsOf(key)], [status, ...kept, TENANT_BYTES, TENANT_ANSWERS])
    },
    async abandon(key) {
      await redis.ask((commands) => commands.del(keyOf(key)))
    },
  }
}
