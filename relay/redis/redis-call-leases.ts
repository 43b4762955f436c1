// How many calls each tenant has in progress, over all relays: a sorted set of calls by when their leases end, in
// Redis's time. While Redis is away a relay counts its own calls; when it is back, or has lost its data, each relay
// brings it up to date with what it holds and what it gave back meanwhile.
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallLeases, CallRef, Clock } from '../platform/ports.ts'
import type { RedisConnection } from './redis-connection.ts'

const SWEPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local function hold(call, ttl_ms)
  redis.call('ZADD', KEYS[1], now + ttl_ms, call)
  if redis.call('PTTL', KEYS[1]) < tonumber(ttl_ms) then redis.call('PEXPIRE', KEYS[1], ttl_ms) end
  return 1
end
`
const COUNT = `${SWEPT} return redis.call('ZCARD', KEYS[1])`
const HOLD = `${SWEPT} return hold(ARGV[1], ARGV[2])`
const ACQUIRE = `${SWEPT}
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return hold(ARGV[1], ARGV[2])`
const RENEW = `${SWEPT}
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
return hold(ARGV[1], ARGV[2])`

interface Held {
  call: CallRef
  until_ms: number
}

/** Rejects never: a call is not refused because Redis is away. */
export function redisCallLeases(deps: { redis: RedisConnection; clock: Clock; log: Pick<Logger, 'warn'> }): CallLeases {
  const { redis, clock, log } = deps
  /** What this relay holds, and what it gave back without Redis having heard of it. */
  const held = new Map<string, Held>()
  const owed = new Map<string, CallRef>()

  const keyOf = (tenant_id: string): string => redis.keys.tenantKey(tenant_id, 'leases')
  const run = (script: string, { tenant_id, call_sid }: CallRef, ttl_ms: number, limit: number) =>
    redis.run(script, [keyOf(tenant_id)], [call_sid, Math.max(1, Math.round(ttl_ms)), limit])

  function keep(call: CallRef, ttl_seconds: number): true {
    held.set(nameOf(call), { call, until_ms: clock.monotonic_ms() + ttl_seconds * 1000 })
    owed.delete(nameOf(call))
    return true
  }
  function heldOf(tenant_id: string): Held[] {
    for (const [name, { until_ms }] of held) if (until_ms <= clock.monotonic_ms()) held.delete(name)
    return [...held.values()].filter(({ call }) => call.tenant_id === tenant_id)
  }

  async function giveBack(call: CallRef): Promise<void> {
    try {
      await redis.ask((commands) => commands.zrem(keyOf(call.tenant_id), call.call_sid))
      owed.delete(nameOf(call))
    } catch (error) {
      owed.set(nameOf(call), call)
      log.warn('A call lease is given back once Redis answers', { ...call, error: messageOf(error) })
    }
  }

  async function catchUp(): Promise<void> {
    for (const call of [...owed.values()]) await giveBack(call)
    for (const { call, until_ms } of [...held.values()]) {
      const left_ms = until_ms - clock.monotonic_ms()
      if (left_ms > 0 && held.has(nameOf(call))) await run(HOLD, call, left_ms, 0)
    }
  }
  redis.onChange((isUp) => {
    // When it fails Redis is away again, and the next return begins anew.
    if (isUp) catchUp().catch((error) => log.warn('Call leases could not be restored', { error: messageOf(error) }))
  })

  return {
    async acquire(tenant_id, call_sid, limit, ttl_seconds) {
      const call = { tenant_id, call_sid }
      try {
        return (await run(ACQUIRE, call, ttl_seconds * 1000, limit)) === 1 && keep(call, ttl_seconds)
      } catch {
        const own = heldOf(tenant_id)
        if (own.length < limit || own.some((lease) => lease.call.call_sid === call_sid)) return keep(call, ttl_seconds)
        // Redis may have given it before its answer was lost.
        void giveBack(call)
        return false
      }
    },
    async renew(tenant_id, call_sid, ttl_seconds) {
      const call = { tenant_id, call_sid }
      const isHeld = heldOf(tenant_id).some((lease) => lease.call.call_sid === call_sid)
      try {
        const isRenewed = (await run(isHeld ? HOLD : RENEW, call, ttl_seconds * 1000, 0)) === 1
        return isRenewed && keep(call, ttl_seconds)
      } catch {
        return isHeld && keep(call, ttl_seconds)
      }
    },
    async release(tenant_id, call_sid) {
      held.delete(nameOf({ tenant_id, call_sid }))
      await giveBack({ tenant_id, call_sid })
    },
    async count(tenant_id) {
      try {
        return Number(await redis.run(COUNT, [keyOf(tenant_id)], []))
      } catch {
        return heldOf(tenant_id).length
      }
    },
  }
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
