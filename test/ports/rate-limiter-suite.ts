// What every rate limiter must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RateLimiter } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function rateLimiterSuite(name: string, bench: SharedStateBench<RateLimiter>): void {
  describe(`${name}: rate limiter`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    let limiter: RateLimiter
    beforeAll(async () => {
      opened = await bench.open()
      limiter = opened.port
    })
    afterAll(() => opened.close())

    test('lets through as many as the limit and says when to come back', async () => {
      const [key, limit] = [bench.fresh(), { points: 3, seconds: 1 }]
      for (let n = 0; n < 3; n++) expect(await limiter.consume(key, limit)).toEqual({ allowed: true })
      const refused = await limiter.consume(key, limit)
      expect(refused).toMatchObject({ allowed: false })
      const { retry_after_ms } = refused as { retry_after_ms: number }
      expect(retry_after_ms).toBeGreaterThan(0)
      expect(retry_after_ms).toBeLessThanOrEqual(1_000)
      await bench.wait(retry_after_ms + 20)
      expect(await limiter.consume(key, limit)).toEqual({ allowed: true })
    })

    test('keys do not count for each other', async () => {
      const limit = { points: 1, seconds: 60 }
      expect(await limiter.consume(bench.fresh(), limit)).toEqual({ allowed: true })
      expect(await limiter.consume(bench.fresh(), limit)).toEqual({ allowed: true })
    })

    test('many at once get no more than the limit', async () => {
      const [key, limit] = [bench.fresh(), { points: 10, seconds: 60 }]
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.consume(key, limit)))
      expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(10)
    })

    test('a limit of zero lets nobody through', async () => {
      expect(await limiter.consume(bench.fresh(), { points: 0, seconds: 60 })).toMatchObject({
        allowed: false,
      })
    })

    test('being refused does not make the wait longer', async () => {
      const [key, limit] = [bench.fresh(), { points: 1, seconds: 1 }]
      await limiter.consume(key, limit)
      for (let n = 0; n < 20; n++) await limiter.consume(key, limit)
      await bench.wait(1_020)
      expect(await limiter.consume(key, limit)).toEqual({ allowed: true })
    })
  })
}
