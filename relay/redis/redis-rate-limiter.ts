// Rate limits over all relays. While Redis is away each relay counts by itself, so the limits hold per relay.
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateLimiter } from '../platform/ports.ts'
import type { RedisConnection } from './redis-connection.ts'

export function redisRateLimiter({ redis }: { redis: RedisConnection }): RateLimiter {
  const limiters = new Map<string, RateLimiterRedis>()
  const limiterOf = (points: number, seconds: number): RateLimiterRedis => {
    const name = `${points}/${seconds}`
    const options = { points, duration: seconds, keyPrefix: '' }
    const limiter =
      limiters.get(name) ??
      new RateLimiterRedis({
        ...options,
        storeClient: redis.commands,
        insuranceLimiter: new RateLimiterMemory(options),
      })
    limiters.set(name, limiter)
    return limiter
  }
  return {
    async consume(key, { points, seconds }) {
      try {
        await limiterOf(points, seconds).consume(redis.keys.textKey(`rate-${points}-${seconds}`, key))
        return { allowed: true }
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        return { allowed: false, retry_after_ms: Math.max(1, refusal.msBeforeNext) }
      }
    },
  }
}
