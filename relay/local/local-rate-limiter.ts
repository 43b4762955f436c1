// Rate limits inside one process.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateLimiter } from '../platform/ports.ts'

export function localRateLimiter(): RateLimiter {
  const limiters = new Map<string, RateLimiterMemory>()
  return {
    async consume(key, { points, seconds }) {
      const name = `${points}/${seconds}`
      const limiter = limiters.get(name) ?? new RateLimiterMemory({ points, duration: seconds, keyPrefix: name })
      limiters.set(name, limiter)
      try {
        await limiter.consume(key)
        return { allowed: true }
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        return { allowed: false, retry_after_ms: Math.max(1, refusal.msBeforeNext) }
      }
    },
  }
}
