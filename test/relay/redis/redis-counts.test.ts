// What several relays count and remember together: leases, rates, tickets, answers, sign-ins.
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../relay/platform/clock.ts'
import { redisCallLeases } from '../../../relay/redis/redis-call-leases.ts'
import { redisIdempotency } from '../../../relay/redis/redis-idempotency.ts'
import { redisRateLimiter } from '../../../relay/redis/redis-rate-limiter.ts'
import { redisSessions } from '../../../relay/redis/redis-sessions.ts'
import { redisTickets } from '../../../relay/redis/redis-tickets.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'

withRedisServer(() => {
  const file = redisOfFile()

  describe('redis: counts and sign-ins of several relays', () => {
    test("relays share a tenant's limit of calls", async () => {
      const tenant_id = `tn_${freshName()}`
      const relays = [await file.open(), await file.open()].map((redis) =>
        redisCallLeases({ redis, clock: systemClock, log: file.log }),
      )
      const wanted = Array.from({ length: 30 }, (_, n) => relays[n % 2]!.acquire(tenant_id, `CA${n}`, 7, 30))
      expect((await Promise.all(wanted)).filter(Boolean)).toHaveLength(7)
      expect(await relays[1]!.count(tenant_id)).toBe(7)
    })

    test('a lease may be renewed and given back at another relay', async () => {
      const tenant_id = `tn_${freshName()}`
      const [a, b] = [await file.open(), await file.open()].map((redis) =>
        redisCallLeases({ redis, clock: systemClock, log: file.log }),
      )
      await a!.acquire(tenant_id, 'CA1', 1, 30)
      expect(await b!.renew(tenant_id, 'CA1', 30)).toBe(true)
      await b!.release(tenant_id, 'CA1')
      expect(await a!.count(tenant_id)).toBe(0)
    })

    test('a ticket, an answer, a sign-in and a rate are known at both', async () => {
      const [a, b] = [await file.open(), await file.open()]
      const kind = 'socket'
      await redisTickets({ redis: a, kind }).put('ticket', { for: 'me' }, 30)
      expect(await redisTickets({ redis: b, kind: 'stream' }).take('ticket')).toBeNull()
      expect(await redisTickets({ redis: b, kind }).take('ticket')).toEqual({ for: 'me' })
      expect(await redisTickets({ redis: a, kind }).take('ticket')).toBeNull()

      await redisIdempotency({ redis: a }).begin('tn_1:usr_1:key', 'hash', 30)
      expect(await redisIdempotency({ redis: b }).begin('tn_1:usr_1:key', 'hash', 30)).toEqual({ state: 'running' })

      const session = { session_id: 'ses_1', user_id: 'usr_1', tenant_id: null, token_hash: 'hash', created_at_ms: 0 }
      await redisSessions({ redis: a }).create({ ...session, previous: null }, 30)
      expect(await redisSessions({ redis: b }).get('ses_1')).toEqual({ ...session, previous: null })

      const [key, limit] = [freshName(), { points: 1, seconds: 30 }]
      expect(await redisRateLimiter({ redis: a }).consume(key, limit)).toEqual({ allowed: true })
      expect(await redisRateLimiter({ redis: b }).consume(key, limit)).toMatchObject({ allowed: false })
    })

    test('a claim whose relay died may be made again after a minute; an answer is kept for its time', async () => {
      const redis = await file.open()
      const idempotency = redisIdempotency({ redis })
      await idempotency.begin('tn_1:usr_1:died', 'hash', 3_600)
      const ttlOf = (key: string) => redis.commands.ttl(redis.keys.textKey('idempotency', key))
      expect(await ttlOf('tn_1:usr_1:died')).toBeLessThanOrEqual(60)
      await idempotency.finish('tn_1:usr_1:died', 200, 'body')
      expect(await ttlOf('tn_1:usr_1:died')).toBeGreaterThan(3_500)
    })

    test('a refresh token in the clear is gone from Redis after half a minute', async () => {
      const redis = await file.open()
      const previous = { token_hash: 'hash 1', replaced_at_ms: 5, successor: 'the-token' }
      const session = { session_id: 'ses_2', user_id: 'usr_1', tenant_id: 'tn_1', token_hash: 'h', created_at_ms: 0 }
      await redisSessions({ redis }).create({ ...session, previous }, 3_600)
      const key = redis.keys.sharedKey('session', 'ses_2')
      expect(Object.values(await redis.commands.hgetall(key)).join()).not.toContain('the-token')
      expect(await redis.commands.ttl(`${key}:successor`)).toBeLessThanOrEqual(30)
      await redis.commands.del(`${key}:successor`)
      expect((await redisSessions({ redis }).get('ses_2'))?.previous).toEqual({ ...previous, successor: '' })
    })
  })
})
