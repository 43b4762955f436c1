// The wall of several relays: the calls of all, and none of a relay that is gone.
import { describe, expect, test } from 'vitest'
import type { CallRef } from '../../../relay/platform/ports.ts'
import { redisLiveDirectory } from '../../../relay/redis/redis-live-directory.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

withRedisServer(() => {
  const file = redisOfFile()

  describe('redis: the wall of several relays', () => {
    interface Summary {
      call_sid: string
      started_at: Date
    }
    const open = async () => {
      const [redis, clock] = [await file.open(), fakeClock()]
      return { redis, clock, directory: redisLiveDirectory<Summary>({ redis, clock }) }
    }
    const put = ({ directory }: Awaited<ReturnType<typeof open>>, call: CallRef) =>
      directory.put(call, { call_sid: call.call_sid, started_at: new Date(1_893_456_000_123) })
    const sids = async ({ directory }: Awaited<ReturnType<typeof open>>, tenant_id: string) =>
      (await directory.list(tenant_id)).summaries.map(({ call_sid }) => call_sid).sort()
    const tenant = () => {
      const tenant_id = `tn_${freshName()}`
      return { tenant_id, one: { tenant_id, call_sid: 'CA1' }, two: { tenant_id, call_sid: 'CA2' } }
    }

    test('each relay lists the calls of all, once each, Dates as Dates', async () => {
      const [a, b, { tenant_id, one, two }] = [await open(), await open(), tenant()]
      put(a, one)
      put(b, two)
      await until(async () => (await sids(a, tenant_id)).length === 2)
      await until(async () => (await sids(b, tenant_id)).length === 2)
      expect((await b.directory.list(tenant_id)).summaries.map(({ started_at }) => started_at.getTime())).toEqual([
        1_893_456_000_123, 1_893_456_000_123,
      ])
      a.directory.remove(one)
      await until(async () => (await sids(b, tenant_id)).length === 1)
      expect(await sids(a, tenant_id)).toEqual(['CA2'])
    })

    test('the calls of a relay that died are left out and cleaned away', async () => {
      const [a, b, { tenant_id, one, two }] = [await open(), await open(), tenant()]
      put(a, one)
      put(b, two)
      await until(async () => (await sids(b, tenant_id)).length === 2)
      const pulse = a.redis.keys.sharedKey('relay', a.redis.run_id)
      expect(await b.redis.commands.ttl(pulse)).toBeGreaterThan(8)
      expect(await b.redis.commands.ttl(pulse)).toBeLessThanOrEqual(10)
      await b.redis.commands.del(pulse)
      expect(await sids(b, tenant_id)).toEqual(['CA2'])
      expect(await b.redis.commands.hkeys(b.redis.keys.tenantKey(tenant_id, 'live'))).toEqual(['CA2'])
    })

    test('a relay that was only slow puts its calls again with its next pulse', async () => {
      const [a, b, { tenant_id, one }] = [await open(), await open(), tenant()]
      put(a, one)
      await until(async () => (await sids(b, tenant_id)).length === 1)
      await b.redis.commands.del(a.redis.keys.sharedKey('relay', a.redis.run_id))
      expect(await sids(b, tenant_id)).toEqual([])
      a.clock.advance(3_000)
      await until(async () => (await sids(b, tenant_id)).length === 1)
    })

    test('a call that was given to another relay is listed as that one has it, and gone when it has ended there', async () => {
      const [a, b, { tenant_id, one }] = [await open(), await open(), tenant()]
      put(a, one)
      await until(async () => (await sids(b, tenant_id)).length === 1)
      a.directory.give(one)
      expect(await sids(b, tenant_id)).toEqual(['CA1'])
      b.directory.put(one, { call_sid: 'CA1', started_at: new Date(7) })
      const times = async () =>
        (await a.directory.list(tenant_id)).summaries.map(({ started_at }) => started_at.getTime())
      await until(async () => (await times())[0] === 7)
      b.directory.remove(one)
      await until(async () => (await sids(a, tenant_id)).length === 0)
      // What the first puts again after a pause in its pulse is not that call.
      await b.redis.commands.del(a.redis.keys.sharedKey('relay', a.redis.run_id))
      a.clock.advance(3_000)
      await until(async () => (await b.redis.commands.exists(a.redis.keys.sharedKey('relay', a.redis.run_id))) === 1)
      expect(await sids(b, tenant_id)).toEqual([])
    })

    test('a call that another relay has taken over is not removed by the first', async () => {
      const [a, b, c, { tenant_id, one }] = [await open(), await open(), await open(), tenant()]
      put(a, one)
      await until(async () => (await sids(c, tenant_id)).length === 1)
      put(b, one)
      await until(async () => (await sids(b, tenant_id)).length === 1)
      await b.redis.commands.ping()
      a.directory.remove(one)
      await a.redis.commands.ping()
      expect(await sids(c, tenant_id)).toEqual(['CA1'])
    })

    test('a relay that stops takes its calls with it', async () => {
      const [a, b, { tenant_id, one }] = [await open(), await open(), tenant()]
      put(a, one)
      await until(async () => (await sids(b, tenant_id)).length === 1)
      await a.redis.close()
      expect(await sids(b, tenant_id)).toEqual([])
      expect(await b.redis.commands.exists(b.redis.keys.tenantKey(tenant_id, 'live'))).toBe(0)
    })
  })
})
