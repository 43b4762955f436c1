// Redis goes away and comes back: what still works meanwhile, what fails and how soon, and that all is well afterwards.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { liveSessions } from '../../../relay/access/live-sessions.ts'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import type { CallRef, TapListener } from '../../../relay/platform/ports.ts'
import { redisCallBus } from '../../../relay/redis/redis-call-bus.ts'
import { redisCallLeases } from '../../../relay/redis/redis-call-leases.ts'
import type { RedisConnection } from '../../../relay/redis/redis-connection.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import { redisIdempotency } from '../../../relay/redis/redis-idempotency.ts'
import { redisListenLines } from '../../../relay/redis/redis-listen-lines.ts'
import { redisLiveDirectory } from '../../../relay/redis/redis-live-directory.ts'
import { redisRateLimiter } from '../../../relay/redis/redis-rate-limiter.ts'
import { redisSessions } from '../../../relay/redis/redis-sessions.ts'
import { redisTickets } from '../../../relay/redis/redis-tickets.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

const DANA = { id: 'usr_dana', name: 'Dana' }
/** 0.3 s and what a busy machine adds; without a timeout of commands it is a second and more. */
const SOON_MS = 800
const SESSION = { session_id: 'ses_1', user_id: 'usr_1', tenant_id: 'tn_1', token_hash: 'hash', previous: null }

withRedisServer(() => {
  const file = redisOfFile()
  const freshCall = (): CallRef => ({ tenant_id: `tn_${freshName()}`, call_sid: `CA${freshName()}` })
  const down = async (...relays: RedisConnection[]) => {
    await file.server.kill9()
    await until(() => relays.every((redis) => !redis.isUp))
  }
  /** @returns after how many milliseconds all are up */
  const back = async (...relays: RedisConnection[]) => {
    await file.server.restart()
    const start = performance.now()
    await until(() => relays.every((redis) => redis.isUp))
    return performance.now() - start
  }
  const two = async () => [await file.open(), await file.open()] as const

  describe('redis away: sign-ins, tickets and idempotency', () => {
    const asks = (redis: RedisConnection): Record<string, () => Promise<unknown>> => {
      const [sessions, idempotency] = [redisSessions({ redis }), redisIdempotency({ redis })]
      const tickets = redisTickets({ redis, kind: 'socket' })
      return {
        'a new sign-in': () => sessions.create({ ...SESSION, created_at_ms: 0 }, 60),
        'a sign-in looked up': () => sessions.get('ses_1'),
        'a rotation': () => sessions.replace({ ...SESSION, created_at_ms: 0 }, 'hash', 60),
        'a sign-out': () => sessions.revoke('ses_1'),
        'a user shut out': () => sessions.revokeUser('usr_1'),
        'a new ticket': () => tickets.put('ticket', {}, 30),
        'a ticket taken': () => tickets.take('ticket'),
        'a request begun': () => idempotency.begin('tn_1:usr_1:key', 'hash', 60),
        'a request finished': () => idempotency.finish('tn_1:usr_1:key', 200, ''),
        'a request abandoned': () => idempotency.abandon('tn_1:usr_1:key'),
      }
    }
    const verdictOf = async (ask: () => Promise<unknown>) => {
      const start = performance.now()
      const verdict = await ask().then(
        () => 'done',
        (error: unknown) => (error instanceof RelayError ? error.code : error),
      )
      return { verdict, ms: performance.now() - start }
    }

    test('each fails as "away" soon, at once when it is known, and works again after the return', async () => {
      const redis = await file.open()
      const all = Object.entries(asks(redis))
      file.server.pause()
      const first = await Promise.all(all.map(([, ask]) => verdictOf(ask)))
      expect(first.map(({ verdict }) => verdict)).toEqual(all.map(() => 'STORE_UNAVAILABLE'))
      expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(SOON_MS)
      await until(() => !redis.isUp)
      const second = await Promise.all(all.map(([, ask]) => verdictOf(ask)))
      expect(second.map(({ verdict }) => verdict)).toEqual(all.map(() => 'STORE_UNAVAILABLE'))
      expect(Math.max(...second.map(({ ms }) => ms))).toBeLessThan(100)
      file.server.resume()
      const resumed = performance.now()
      await until(() => redis.isUp)
      expect(performance.now() - resumed).toBeLessThan(2_000)
      for (const [name, ask] of all) expect([name, (await verdictOf(ask)).verdict]).toEqual([name, 'done'])
    })

    test('who is signed in goes on meanwhile, and hardly waits for it', async () => {
      const redis = await file.open()
      const sessions = liveSessions({ sessions: redisSessions({ redis }), clock })
      await sessions.create({ ...SESSION, created_at_ms: 0 }, 60)
      file.server.pause()
      const start = performance.now()
      expect(await Promise.all([sessions.goesOn('ses_1'), sessions.goesOnNow('ses_1')])).toEqual([true, true])
      expect(performance.now() - start).toBeLessThan(SOON_MS)
      await until(() => !redis.isUp)
      expect(await sessions.goesOn('ses_1')).toBe(true)
      file.server.resume()
      await until(() => redis.isUp)
      await sessions.revoke('ses_1')
      expect(await sessions.goesOn('ses_1')).toBe(false)
    })

    test('a request whose beginning was in doubt may begin again once Redis is back', async () => {
      const [a, b] = await two()
      file.server.pause()
      await expect(redisIdempotency({ redis: a }).begin('tn_1:usr_1:doubt', 'hash', 3_600)).rejects.toThrow()
      file.server.resume()
      await until(() => b.isUp)
      const begin = () => redisIdempotency({ redis: b }).begin('tn_1:usr_1:doubt', 'hash', 3_600)
      await until(async () => (await begin().catch(() => null))?.state === 'new')
    })
  })

  describe('redis away: commands', () => {
    test('a call of this relay obeys, one elsewhere is "away" and not "gone"; afterwards all do again', async () => {
      const [a, b] = await two()
      const [own, far] = [freshCall(), freshCall()]
      // The owner's clock stands still, so nothing is renewed but by the return itself.
      const clocks = [clock, fakeClock()]
      const buses = [a, b].map((redis, n) => redisCallBus<string, string>({ redis, clock: clocks[n]! }))
      buses[0]!.serve(own, async (command) => `own: ${command}`)
      buses[1]!.serve(far, async (command) => `far: ${command}`)
      await file.settled(b)
      expect(await buses[0]!.send(far, 'hello', 1_000)).toBe('far: hello')
      await down(a, b)
      expect(await buses[0]!.send(own, 'hang up', 1_000)).toBe('own: hang up')
      await expect(buses[0]!.send(far, 'hang up', 1_000)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      const late = freshCall()
      buses[1]!.serve(late, async (command) => `late: ${command}`)
      expect(await back(a, b)).toBeLessThan(2_000)
      await until(async () => (await buses[0]!.send(late, 'hello', 1_000)) === 'late: hello')
      expect(await buses[0]!.send(far, 'hello', 1_000)).toBe('far: hello')
    })

    test('a deadline shorter than the patience with Redis is kept', async () => {
      const [a] = await two()
      const bus = redisCallBus<string, string>({ redis: a, clock })
      file.server.pause()
      const start = performance.now()
      expect(await bus.send(freshCall(), 'hello', 100)).toBeNull()
      expect(performance.now() - start).toBeLessThan(250)
      file.server.resume()
    })
  })

  describe('redis away: listening', () => {
    const ear = () => {
      const heard: string[] = []
      const listener: TapListener = {
        onPiece: (_voice, _at_ms, mulaw) => void heard.push(mulaw.toString()),
        onFlush: () => {},
        onClose: () => void heard.push('closed'),
      }
      return { heard, listener }
    }
    async function scene() {
      const [a, b] = await two()
      const [near, far] = [redisListenLines({ redis: a, clock }), redisListenLines({ redis: b, clock })]
      const taps = new Set<TapListener>()
      const call = freshCall()
      near.serve(call, (_person, listener) => {
        taps.add(listener)
        return () => void taps.delete(listener)
      })
      await file.settled(a)
      const say = (text: string) => {
        for (const tap of taps) tap.onPiece('agent', 0, Buffer.from(text))
      }
      return { a, b, near, far, call, taps, say }
    }

    test("who listens at the call's relay hears on; who listens elsewhere hears again after the return", async () => {
      const { a, b, near, far, call, taps, say } = await scene()
      const [one, two] = [ear(), ear()]
      await near.listen(call, DANA, one.listener)
      await far.listen(call, DANA, two.listener)
      await until(() => taps.size === 2)
      await down(a, b)
      say('away')
      expect(one.heard).toEqual(['away'])
      await expect(far.listen(call, DANA, ear().listener)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await back(a, b)
      say('back')
      await until(() => two.heard.length > 0)
      expect(two.heard).toEqual(['back'])
      expect(one.heard).toEqual(['away', 'back'])
    })

    test('pieces that a slow Redis does not take are dropped, not kept', async () => {
      const { far, call, taps, say } = await scene()
      const { heard, listener } = ear()
      await far.listen(call, DANA, listener)
      await until(() => taps.size === 1)
      file.server.pause()
      for (let n = 0; n < 5_000; n++) say('piece')
      file.server.resume()
      await until(() => heard.length > 0)
      await sleep(100)
      expect(heard.length).toBeLessThanOrEqual(200)
      say('afterwards')
      await until(() => heard.includes('afterwards'))
    })
  })

  describe('redis away: the wall', () => {
    const sids = async (directory: ReturnType<typeof redisLiveDirectory<{ sid: string }>>, tenant_id: string) =>
      (await directory.list(tenant_id)).summaries.map(({ sid }) => sid).sort()

    test('a relay lists its own calls; after the return both list all, also when Redis lost everything', async () => {
      const [a, b] = await two()
      const [one, two_] = [a, b].map((redis) => redisLiveDirectory<{ sid: string }>({ redis, clock }))
      const tenant_id = `tn_${freshName()}`
      one!.put({ tenant_id, call_sid: 'CA1' }, { sid: 'CA1' })
      two_!.put({ tenant_id, call_sid: 'CA2' }, { sid: 'CA2' })
      await until(async () => (await sids(one!, tenant_id)).length === 2)
      await down(a, b)
      one!.put({ tenant_id, call_sid: 'CA3' }, { sid: 'CA3' })
      expect(await sids(one!, tenant_id)).toEqual(['CA1', 'CA3'])
      expect(await sids(two_!, tenant_id)).toEqual(['CA2'])
      const start = performance.now()
      await back(a, b)
      await until(async () => (await sids(one!, tenant_id)).length === 3 && (await sids(two_!, tenant_id)).length === 3)
      expect(performance.now() - start).toBeLessThan(2_500)
    })

    test('a list that lacks calls of another relay is not called whole, until that one has had its time to return', async () => {
      const [a, b] = await two()
      const [here, there] = [fakeClock(), fakeClock()]
      const one = redisLiveDirectory<string>({ redis: a, clock: here })
      const other = redisLiveDirectory<string>({ redis: b, clock: there })
      const tenant_id = `tn_${freshName()}`
      other.put({ tenant_id, call_sid: 'CA1' }, 'there')
      await until(async () => (await one.list(tenant_id)).summaries.length === 1)
      expect(await one.list(tenant_id)).toEqual({ summaries: ['there'], is_whole: true })
      file.server.pause()
      expect(await one.list(tenant_id)).toEqual({ summaries: [], is_whole: false })
      await until(() => !a.isUp && !b.isUp)
      expect(await one.list(tenant_id)).toEqual({ summaries: [], is_whole: false })
      file.server.resume()
      await until(() => a.isUp && b.isUp)
      await until(async () => (await one.list(tenant_id)).summaries.length === 1)
      expect((await one.list(tenant_id)).is_whole).toBe(false)
      here.advance(3_000)
      expect(await one.list(tenant_id)).toEqual({ summaries: ['there'], is_whole: true })
    })

    test('a call that ended during the outage is not there afterwards', async () => {
      const [a, b] = await two()
      const [one, two_] = [a, b].map((redis) => redisLiveDirectory<{ sid: string }>({ redis, clock }))
      const tenant_id = `tn_${freshName()}`
      one!.put({ tenant_id, call_sid: 'CA1' }, { sid: 'CA1' })
      one!.put({ tenant_id, call_sid: 'CA2' }, { sid: 'CA2' })
      await until(async () => (await sids(two_!, tenant_id)).length === 2)
      file.server.pause()
      await until(() => !a.isUp && !b.isUp)
      one!.remove({ tenant_id, call_sid: 'CA1' })
      file.server.resume()
      await until(() => a.isUp && b.isUp)
      await until(async () => (await sids(two_!, tenant_id)).length === 1)
      expect(await sids(two_!, tenant_id)).toEqual(['CA2'])
    })
  })

  describe('redis away: counts', () => {
    test('each relay keeps the limit of calls by itself; afterwards all know of all', async () => {
      const [a, b] = await two()
      const [one, other] = [a, b].map((redis) => redisCallLeases({ redis, clock, log: file.log }))
      const tenant_id = `tn_${freshName()}`
      expect(await one!.acquire(tenant_id, 'CA1', 2, 60)).toBe(true)
      await down(a, b)
      expect(await one!.acquire(tenant_id, 'CA2', 2, 60)).toBe(true)
      expect(await one!.acquire(tenant_id, 'CA3', 2, 60)).toBe(false)
      expect(await one!.renew(tenant_id, 'CA2', 60)).toBe(true)
      expect(await one!.renew(tenant_id, 'CA9', 60)).toBe(false)
      expect(await one!.count(tenant_id)).toBe(2)
      expect(await other!.acquire(tenant_id, 'CA4', 2, 60)).toBe(true)
      await back(a, b)
      await until(async () => (await other!.count(tenant_id)) === 3)
      expect(await other!.acquire(tenant_id, 'CA5', 2, 60)).toBe(false)
    })

    test('a lease given back during the outage is free afterwards', async () => {
      const [a, b] = await two()
      const [one, other] = [a, b].map((redis) => redisCallLeases({ redis, clock, log: file.log }))
      const tenant_id = `tn_${freshName()}`
      await one!.acquire(tenant_id, 'CA1', 1, 3_600)
      file.server.pause()
      await until(() => !a.isUp && !b.isUp)
      await one!.release(tenant_id, 'CA1')
      file.server.resume()
      await until(() => a.isUp && b.isUp)
      await until(() => other!.acquire(tenant_id, 'CA2', 1, 60))
      expect(file.said).toContain('A call lease is given back once Redis answers')
    })

    test('a lease that Redis lost comes back with the next renewal', async () => {
      const [a] = await two()
      const leases = redisCallLeases({ redis: a, clock, log: file.log })
      const tenant_id = `tn_${freshName()}`
      await leases.acquire(tenant_id, 'CA1', 1, 60)
      await a.commands.del(a.keys.tenantKey(tenant_id, 'leases'))
      expect(await leases.renew(tenant_id, 'CA1', 60)).toBe(true)
      expect(await leases.count(tenant_id)).toBe(1)
    })

    test('rates are counted by the relay itself, without waiting once the absence is known', async () => {
      const redis = await file.open()
      const limiter = redisRateLimiter({ redis })
      const [key, limit] = [freshName(), { points: 2, seconds: 60 }]
      file.server.pause()
      const start = performance.now()
      expect(await limiter.consume(key, limit)).toEqual({ allowed: true })
      expect(performance.now() - start).toBeLessThan(SOON_MS)
      await until(() => !redis.isUp)
      const known = performance.now()
      expect(await limiter.consume(key, limit)).toEqual({ allowed: true })
      expect(await limiter.consume(key, limit)).toMatchObject({ allowed: false })
      expect(performance.now() - known).toBeLessThan(250)
      file.server.resume()
    })
  })

  describe('redis away: everything at once', () => {
    test('a relay begins, works and stops as if nothing were the matter', async () => {
      const [a, b] = await two()
      await down(a, b)
      const deps = { redis: a, clock, log: file.log }
      const call = freshCall()
      const [bus, lines] = [redisCallBus<string, string>(deps), redisListenLines(deps)]
      const [events, directory] = [redisEventLog(deps), redisLiveDirectory<string>(deps)]
      const heard: string[] = []
      events.subscribe(call.tenant_id, ({ event_type }) => void heard.push(event_type))
      const ends = [bus.serve(call, async (command) => command), lines.serve(call, () => () => {})]
      directory.put(call, 'summary')
      events.append({ event_type: 'agent.deleted', tenant_id: call.tenant_id, agent_id: 'agt_1' })
      events.announce({ event_type: 'agent.deleted', tenant_id: call.tenant_id, agent_id: 'agt_2' })
      expect(await directory.list(call.tenant_id)).toEqual({ summaries: ['summary'], is_whole: false })
      expect(await events.last_seq(call.tenant_id)).toBeGreaterThan(1_700_000_000_000_000)
      for (const end of ends) end()
      directory.remove(call)
      await a.close()
      expect(heard).toEqual(['agent.deleted', 'agent.deleted'])
      await file.server.restart()
      await until(() => b.isUp)
    })
  })
})
