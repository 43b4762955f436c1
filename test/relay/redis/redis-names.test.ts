// What things are called in Redis, and how values lie there.
import { describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { redisCallBus } from '../../../relay/redis/redis-call-bus.ts'
import { redisCallLeases } from '../../../relay/redis/redis-call-leases.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import { redisIdempotency } from '../../../relay/redis/redis-idempotency.ts'
import { redisKeys } from '../../../relay/redis/redis-keys.ts'
import { redisListenLines } from '../../../relay/redis/redis-listen-lines.ts'
import { redisLiveDirectory } from '../../../relay/redis/redis-live-directory.ts'
import { redisRateLimiter } from '../../../relay/redis/redis-rate-limiter.ts'
import { redisSessions } from '../../../relay/redis/redis-sessions.ts'
import { redisTickets } from '../../../relay/redis/redis-tickets.ts'
import { fromText, toText } from '../../../relay/redis/redis-values.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

describe('redis: keys', () => {
  const { tenantKey, sharedKey, textKey } = redisKeys('p:')

  test("a tenant stands right after the prefix, and what is nobody's has a dash there", () => {
    expect(tenantKey('tnt_1', 'call', 'CA1', 'commands')).toBe('p:tnt_1:call:CA1:commands')
    expect(sharedKey('relay', 'r1')).toBe('p:-:relay:r1')
  })

  test('no name can stand for another tenant, another key or the installation', () => {
    expect(tenantKey('tnt_1:live')).not.toBe(tenantKey('tnt_1', 'live'))
    expect(tenantKey('tnt_1', 'a:b')).not.toBe(tenantKey('tnt_1', 'a', 'b'))
    expect(tenantKey('tnt_1', 'a%3ab')).not.toBe(tenantKey('tnt_1', 'a:b'))
    expect(tenantKey('-', 'live')).not.toBe(sharedKey('live'))
  })

  test('a text belongs to the tenant in its first two parts, and shows nothing of itself', () => {
    expect(textKey('rate', 'api:tnt_1')).toMatch(/^p:tnt_1:rate:[\w-]{43}$/)
    expect(textKey('idempotency', 'tnt_1:usr_1:key')).toMatch(/^p:tnt_1:idempotency:/)
    expect(textKey('idempotency', 'platform:usr_1:tnt_1')).toMatch(/^p:-:idempotency:/)
    expect(textKey('rate', 'login:email:ana@example.com')).toMatch(/^p:-:rate:[\w-]{43}$/)
    expect(textKey('rate', 'a:tnt_1:x')).not.toBe(textKey('rate', 'a:tnt_1:y'))
  })
})

describe('redis: values', () => {
  test('what JSON can hold and Dates come back as they were', () => {
    const value = {
      started_at: new Date(1_893_456_000_123),
      turns: [{ at: new Date(0), text: 'hello', of: null }],
      'ends_at:': '2030-01-01T00:00:00.123Z',
    }
    expect(fromText(toText(value))).toEqual(value)
    expect(fromText(toText(new Date(5)))).toEqual(new Date(5))
  })

  test('no text of a person becomes a Date', () => {
    const texts = ['\u0000d1893456000123', '\u0000', '\u0000\u0000d5', 'd5', '{"$date":5}']
    expect(fromText(toText(texts))).toEqual(texts)
  })
})

withRedisServer(() => {
  describe('redis: names of two tenants that use everything', () => {
    const file = redisOfFile()

    test('every key and channel carries the prefix, and the tenant unless it is of the installation', async () => {
      const redis = await file.open()
      const deps = { redis, clock, log: file.log }
      const [bus, lines] = [redisCallBus<string, string>(deps), redisListenLines(deps)]
      const [events, directory] = [redisEventLog(deps), redisLiveDirectory<string>(deps)]
      const far = redisListenLines({ redis: await file.open(), clock })
      for (const tenant_id of ['tnt_one', 'tnt_two']) {
        const call = { tenant_id, call_sid: `CA${tenant_id}` }
        bus.serve(call, async () => 'answer')
        lines.serve(call, () => () => {})
        await until(async () => (await far.listen(call, { id: 'usr_1', name: 'Dana' }, silent)) !== null)
        directory.put(call, 'summary')
        events.subscribe(tenant_id, () => {})
        events.append({ event_type: 'agent.deleted', tenant_id, agent_id: 'agt_1' })
        await events.last_seq(tenant_id)
        await redisCallLeases(deps).acquire(tenant_id, 'CA1', 5, 30)
        await redisRateLimiter(deps).consume(`api:${tenant_id}`, { points: 5, seconds: 30 })
        await redisIdempotency(deps).begin(`${tenant_id}:usr_1:key`, 'hash', 30)
        const session = { session_id: `ses_${tenant_id}`, user_id: 'usr_1', tenant_id, token_hash: 'hash' }
        await redisSessions(deps).create({ ...session, previous: null, created_at_ms: 0 }, 30)
        await redisTickets({ redis, kind: 'socket' }).put(`ticket of ${tenant_id}`, { tenant_id }, 30)
      }
      const channels = (await redis.commands.pubsub('CHANNELS')) as string[]
      const names = [...(await redis.commands.keys('*')), ...channels].map((name) => name.split(':'))
      expect(names.filter(([one, two]) => one !== 'phony' || two !== 'tenant')).toEqual([])
      const kindsOf = (owner: string) => {
        const own = names.filter(([, , name]) => name === owner)
        return [...new Set(own.map(([, , , kind]) => kind))].sort()
      }
      const ofTenant = ['call', 'ear', 'events', 'idempotency', 'leases', 'live', 'rate-5-30']
      expect(kindsOf('tnt_one')).toEqual(ofTenant)
      expect(kindsOf('tnt_two')).toEqual(ofTenant)
      expect(kindsOf('-')).toEqual(['relay', 'session', 'sessions-of', 'ticket'])
      expect([...new Set(names.map(([, , owner]) => owner))].sort()).toEqual(['-', 'tnt_one', 'tnt_two'])
    })

    test('secrets and personal texts are hashed', async () => {
      const redis = await file.open()
      await redisTickets({ redis, kind: 'socket' }).put('secret-ticket', { for: 'me' }, 30)
      await redisRateLimiter({ redis }).consume('login:email:ana@example.com', { points: 5, seconds: 30 })
      await redisIdempotency({ redis }).begin('tnt_1:usr_1:personal words', 'hash', 30)
      const names = (await redis.commands.keys('*')).join(' ')
      expect(names).toMatch(/ticket/)
      expect(names).not.toMatch(/secret-ticket|ana@example|personal words/)
    })
  })
})

const silent = { onPiece: () => {}, onFlush: () => {}, onClose: () => {} }
