// The shared-state ports on a real Redis, against the suites that the local ones pass too.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../relay/platform/clock.ts'
import { silentLogger as log } from '../../relay/platform/logger.ts'
import { redisCallBus } from '../../relay/redis/redis-call-bus.ts'
import { redisCallLeases } from '../../relay/redis/redis-call-leases.ts'
import { openRedis, type RedisConnection } from '../../relay/redis/redis-connection.ts'
import { redisEventLog } from '../../relay/redis/redis-event-log.ts'
import { redisIdempotency } from '../../relay/redis/redis-idempotency.ts'
import { redisListenLines } from '../../relay/redis/redis-listen-lines.ts'
import { redisLiveDirectory } from '../../relay/redis/redis-live-directory.ts'
import { redisRateLimiter } from '../../relay/redis/redis-rate-limiter.ts'
import { redisSessions } from '../../relay/redis/redis-sessions.ts'
import { redisTickets } from '../../relay/redis/redis-tickets.ts'
import { freshName } from '../support/fresh-name.ts'
import { type RedisServer, startRedisServer, withRedisServer } from '../support/redis-server.ts'
import { callBusSuite } from './call-bus-suite.ts'
import { callLeasesSuite } from './call-leases-suite.ts'
import { eventLogSuite } from './event-log-suite.ts'
import { idempotencySuite } from './idempotency-suite.ts'
import { listenLinesSuite } from './listen-lines-suite.ts'
import { liveDirectorySuite } from './live-directory-suite.ts'
import { rateLimiterSuite } from './rate-limiter-suite.ts'
import { sessionsSuite } from './sessions-suite.ts'
import type { SharedStateBench } from './shared-state-bench.ts'
import { ticketsSuite } from './tickets-suite.ts'

withRedisServer(() => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer()
  })
  afterAll(() => server.stop())

  function bench<Port>(make: (redis: RedisConnection) => Port): SharedStateBench<Port> {
    return {
      wait: (ms) => sleep(ms),
      fresh: freshName,
      others: { leave: () => server.kill9(), comeBack: () => server.restart() },
      async open() {
        const open = () => openRedis({ url: server.url, key_prefix: 'phony:tenant:', log })
        const connections = [await open()]
        return {
          port: make(connections[0]!),
          async reopen() {
            const next = await open()
            connections.push(next)
            return make(next)
          },
          async close() {
            for (const connection of connections) await connection.close()
          },
        }
      },
    }
  }

  const suites = {
    tickets: () =>
      ticketsSuite(
        'redis',
        bench((redis) => redisTickets({ redis, kind: 'socket' })),
      ),
    sessions: () =>
      sessionsSuite(
        'redis',
        bench((redis) => redisSessions({ redis })),
      ),
    rateLimiter: () =>
      rateLimiterSuite(
        'redis',
        bench((redis) => redisRateLimiter({ redis })),
      ),
    leases: () =>
      callLeasesSuite(
        'redis',
        bench((redis) => redisCallLeases({ redis, clock, log })),
      ),
    idempotency: () =>
      idempotencySuite(
        'redis',
        bench((redis) => redisIdempotency({ redis })),
      ),
    bus: () =>
      callBusSuite(
        'redis',
        bench((redis) => redisCallBus({ redis, clock })),
      ),
    directory: () =>
      liveDirectorySuite(
        'redis',
        bench((redis) => redisLiveDirectory({ redis, clock })),
      ),
    lines: () =>
      listenLinesSuite(
        'redis',
        bench((redis) => redisListenLines({ redis, clock })),
      ),
    events: () =>
      eventLogSuite(
        'redis',
        bench((redis) => redisEventLog({ redis, clock, log })),
      ),
  }
  for (const suite of Object.values(suites)) suite()

  describe('redis: what the suites left', () => {
    test('every key begins with the prefix', async () => {
      const redis = await openRedis({ url: server.url, key_prefix: 'phony:tenant:', log })
      const names = await redis.commands.keys('*')
      await redis.close()
      expect(names.length).toBeGreaterThan(20)
      expect(names.filter((name) => !/^phony:tenant:(tn_[0-9a-f]+|-):./.test(name))).toEqual([])
    })
  })
})
