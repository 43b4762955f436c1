// The events of one tenant at two relays while Redis is away, refuses, or has lost what it knew.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import { allSince } from '../../support/all-since.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'
import { both, eventOf, nameOf, seqsGrow, startRelay, startTwoRelays } from './event-relays.ts'

/** Forty events of a little over a quarter of a megabyte each: 31 of them are under eight. */
const SIGNS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN']
const large = (sign: string): string => sign.repeat(256 * 1024)

withRedisServer(() => {
  describe('redis: events while Redis is away', () => {
    const file = redisOfFile()
    const twoRelays = () => startTwoRelays(file)

    test('a listener that appends while it is told of an outage is told of that once, too', async () => {
      const { tenant_id, a, b } = await twoRelays()
      let left = 3
      a.log.subscribe(tenant_id, () => {
        if (left-- > 0) a.append(`agt_more${left}`)
      })
      file.server.pause()
      for (const name of ['agt_1', 'agt_2', 'agt_3']) a.append(name)
      await until(() => a.heard.length === 6)
      file.server.resume()
      await until(() => b.heard.length === 6)
      await sleep(50)
      expect([a.heard.length, b.heard.length]).toEqual([6, 6])
      expect(new Set(a.names())).toEqual(new Set(b.names()))
    })

    test('numbers grow although Redis lost them and its clock went back', async () => {
      const relays = await twoRelays()
      const { tenant_id, a } = relays
      const head = a.redis.keys.tenantKey(tenant_id, 'events', 'head')
      const future = (Date.now() + 3_600_000) * 1_000
      await a.redis.commands.hset(head, 'last', future, 'kept', 0)
      a.append('agt_1')
      await both(relays, 1)
      expect(a.heard[0]!.seq).toBe(future + 1)
      await a.redis.commands.flushall()
      a.append('agt_2')
      await both(relays, 2)
      await a.redis.commands.flushall()
      // This relay knows nothing of the numbers of before.
      const third = redisEventLog({ redis: await file.open(), clock, log: file.log })
      third.append(eventOf(tenant_id, 'agt_lost'))
      await until(async () => Number(await a.redis.commands.hget(head, 'last')) > 0)
      await a.redis.commands.client('KILL', 'TYPE', 'PUBSUB')
      await until(async () => Number(await a.redis.commands.hget(head, 'last')) > future)
      third.append(eventOf(tenant_id, 'agt_3'))
      await both(relays, 3)
      expect(relays.b.names()).toEqual(['agt_1', 'agt_2', 'agt_3'])
    })

    test('a relay that was cut off tells what it missed, and what comes next lies above what it told', async () => {
      const tenant_id = `tn_${freshName()}`
      const a = await startRelay(file, tenant_id)
      await a.redis.commands.acl('SETUSER', 'cut', 'on', '>word', '~*', '&*', '+@all')
      const b = await startRelay(file, tenant_id, file.server.url.replace('redis://', 'redis://cut:word@'))
      await until(() => a.heard.length > 0)
      a.heard.length = 0
      a.append('agt_1')
      await both({ a, b }, 1)
      await a.redis.commands.acl('SETUSER', 'cut', 'off')
      await a.redis.commands.client('KILL', 'USER', 'cut')
      await until(() => !b.redis.isUp)
      for (const name of ['agt_p1', 'agt_p2', 'agt_p3']) b.announce(name)
      a.append('agt_2')
      a.append('agt_3')
      await until(() => a.heard.length === 3)
      await a.redis.commands.acl('SETUSER', 'cut', 'on')
      await until(() => b.heard.length === 6)
      expect(b.names()).toEqual(['agt_1', 'agt_p1', 'agt_p2', 'agt_p3', 'agt_2', 'agt_3'])
      const told = b.heard.at(-1)!.seq
      a.append('agt_4')
      await until(() => b.heard.length === 7)
      expect(a.heard.at(-1)!.seq).toBeGreaterThan(told)
      expect((await allSince(b.log, tenant_id, told))?.map(nameOf)).toEqual(['agt_4'])
      expect([seqsGrow(a), seqsGrow(b)]).toEqual([true, true])
    })

    test("while Redis is away this relay's listeners are told at once, and the others once it is back", async () => {
      const relays = await twoRelays()
      const { tenant_id, a, b } = relays
      a.append('agt_before')
      await both(relays, 1)
      const last = a.heard[0]!.seq
      await file.server.kill9()
      await until(() => !a.redis.isUp && !b.redis.isUp)
      a.append('agt_a1')
      a.announce('agt_partial')
      a.append('agt_a2')
      b.append('agt_b1')
      expect(a.names()).toEqual(['agt_before', 'agt_a1', 'agt_partial', 'agt_a2'])
      expect(b.names()).toEqual(['agt_before', 'agt_b1'])
      expect(await allSince(a.log, tenant_id, last)).toBeNull()
      expect(await a.log.last_seq(tenant_id)).toBe(a.heard.at(-1)!.seq)
      await file.server.restart()
      const back = performance.now()
      await until(() => a.heard.length === 5 && b.heard.length === 4)
      expect(performance.now() - back).toBeLessThan(2_000)
      a.append('agt_after')
      await until(() => a.heard.length === 6 && b.heard.length === 5)
      expect(a.names()).toEqual(['agt_before', 'agt_a1', 'agt_partial', 'agt_a2', 'agt_b1', 'agt_after'])
      expect(b.names()).toEqual(['agt_before', 'agt_b1', 'agt_a1', 'agt_a2', 'agt_after'])
      expect([seqsGrow(a), seqsGrow(b)]).toEqual([true, true])
      // Numbers of before the loss are answered with null, those after it in full: nobody misses anything in silence.
      expect(await allSince(b.log, tenant_id, last)).toBeNull()
      expect(await allSince(b.log, tenant_id, b.heard.at(-1)!.seq)).toEqual([])
    })

    test('events on the way when the server stands still are told all the same, and kept once', async () => {
      const relays = await twoRelays()
      const { tenant_id, a, b } = relays
      a.append('agt_before')
      await both(relays, 1)
      const start = a.heard[0]!.seq
      file.server.pause()
      a.append('agt_1')
      await sleep(1)
      // On its way no more, but behind the first.
      a.announce('agt_partial')
      a.append('agt_2')
      const paused = performance.now()
      await until(() => a.heard.length === 4)
      expect(performance.now() - paused).toBeLessThan(900)
      a.append('agt_3')
      expect(a.names()).toEqual(['agt_before', 'agt_1', 'agt_partial', 'agt_2', 'agt_3'])
      await sleep(700)
      file.server.resume()
      await until(() => b.heard.length === 4)
      await until(() => a.redis.isUp && b.redis.isUp)
      await sleep(50)
      expect(b.names()).toEqual(['agt_before', 'agt_1', 'agt_2', 'agt_3'])
      expect(a.heard).toHaveLength(5)
      expect([seqsGrow(a), seqsGrow(b)]).toEqual([true, true])
      expect((await allSince(a.log, tenant_id, start))?.map(nameOf)).toEqual(['agt_1', 'agt_2', 'agt_3'])
    })

    test('who comes back right after an outage gets what was told during it', async () => {
      const { tenant_id, a } = await twoRelays()
      const start = await a.log.last_seq(tenant_id)
      await a.redis.commands.config('SET', 'maxmemory', '1mb')
      for (const name of ['agt_1', 'agt_2', 'agt_3']) a.append(name)
      await until(() => a.heard.length === 3)
      await a.redis.commands.config('SET', 'maxmemory', '0')
      expect((await allSince(a.log, tenant_id, start))?.map(nameOf)).toEqual(['agt_1', 'agt_2', 'agt_3'])
    })

    test('who begins to listen meanwhile hears this relay at once and the others after the return', async () => {
      const { tenant_id, a, b } = await twoRelays()
      await file.server.kill9()
      await until(() => !a.redis.isUp && !b.redis.isUp)
      const heard: string[] = []
      const other = `tn_${freshName()}`
      a.log.subscribe(other, (event) => void heard.push(nameOf(event)))
      a.log.append(eventOf(other, 'agt_away'))
      expect(heard).toEqual(['agt_away'])
      await file.server.restart()
      await until(() => a.redis.isUp && b.redis.isUp)
      await until(async () => (await allSince(b.log, other, 0)) === null && (await b.log.last_seq(other)) > 0)
      b.log.append(eventOf(other, 'agt_back'))
      await until(() => heard.length === 2)
      expect(heard).toEqual(['agt_away', 'agt_back'])
      expect(await a.log.last_seq(tenant_id)).toBeGreaterThan(0)
    })

    test("while Redis takes nothing more a relay's listeners are still told, and all once it does again", async () => {
      const relays = await twoRelays()
      const { a, b } = relays
      await a.redis.commands.config('SET', 'maxmemory', '1mb')
      for (const name of ['agt_1', 'agt_2']) a.append(name)
      await until(() => a.heard.length === 2)
      expect(b.heard).toEqual([])
      await a.redis.commands.config('SET', 'maxmemory', '0')
      await both(relays, 2)
      expect(b.names()).toEqual(['agt_1', 'agt_2'])
      expect(file.said).toContain('Redis refused a command')
    })

    test('ten thousand events of an outage reach the others, of more the newest', async () => {
      const { a, b } = await twoRelays()
      await file.server.kill9()
      await until(() => !a.redis.isUp && !b.redis.isUp)
      for (let n = 0; n < 10_003; n++) a.append(`agt_${n}`)
      expect(a.heard).toHaveLength(10_003)
      await file.server.restart()
      await until(() => b.heard.length >= 10_000)
      expect(b.names()[0]).toBe('agt_3')
      expect(b.names().at(-1)).toBe('agt_10002')
      expect(b.missed).toEqual([0])
      expect(file.said.filter((text) => text.startsWith('Redis is away for too long'))).toHaveLength(1)
    })

    test('of large events of an outage the newest eight megabytes reach the others, who are told of the rest', async () => {
      const relays = await twoRelays()
      const { tenant_id, a, b } = relays
      a.append('agt_before')
      await both(relays, 1)
      const before = b.heard[0]!.seq
      await a.redis.commands.config('SET', 'maxmemory', '1mb')
      for (const sign of SIGNS) a.append(large(sign))
      await until(() => a.heard.length === 41)
      await a.redis.commands.config('SET', 'maxmemory', '0')
      await until(() => b.heard.length === 32)
      expect(b.names().slice(1)).toEqual(SIGNS.slice(9).map(large))
      expect(b.missed).toEqual([1])
      expect(await allSince(b.log, tenant_id, before)).toBeNull()
      a.append('agt_after')
      await until(() => a.heard.length === 42 && b.heard.length === 33)
      expect(b.missed).toEqual([1])
      expect([seqsGrow(a), seqsGrow(b)]).toEqual([true, true])
    })

    test('a relay that was cut off for longer than the log reaches back is told that something is missing', async () => {
      const tenant_id = `tn_${freshName()}`
      const a = await startRelay(file, tenant_id)
      await a.redis.commands.acl('SETUSER', 'cut', 'on', '>word', '~*', '&*', '+@all')
      const b = await startRelay(file, tenant_id, file.server.url.replace('redis://', 'redis://cut:word@'))
      await until(() => a.heard.length > 0)
      a.append('agt_before')
      await until(() => b.heard.length === 1)
      await a.redis.commands.acl('SETUSER', 'cut', 'off')
      await a.redis.commands.client('KILL', 'USER', 'cut')
      await until(() => !b.redis.isUp)
      for (const sign of SIGNS) a.append(large(sign))
      await until(() => a.heard.length === 42)
      await a.redis.commands.acl('SETUSER', 'cut', 'on')
      await until(() => b.heard.length === 32)
      expect(b.names().slice(1)).toEqual(SIGNS.slice(9).map(large))
      expect([a.missed, b.missed]).toEqual([[], [1]])
    })

    test('the bound holds for what a relay kept that did not weigh events yet', async () => {
      const { tenant_id, a } = await twoRelays()
      const [stream, head] = [
        a.redis.keys.tenantKey(tenant_id, 'events'),
        `${a.redis.keys.tenantKey(tenant_id, 'events')}:head`,
      ]
      const prev = Number(await a.redis.commands.hget(head, 'kept'))
      const text = `${prev + 1} ${prev} 1 third 1 ${JSON.stringify({ ...eventOf(tenant_id, 'agt_old'), at: new Date() })}`
      await a.redis.commands.del(stream)
      await a.redis.commands.xadd(stream, `${prev + 1}-0`, 'e', text)
      await a.redis.commands.hdel(head, 'bytes')
      await a.redis.commands.hset(head, 'last', prev + 1, 'kept', prev + 1)
      a.append('agt_new')
      await until(() => a.heard.length === 2)
      expect((await allSince(a.log, tenant_id, prev))?.map(nameOf)).toEqual(['agt_old', 'agt_new'])
      for (const sign of SIGNS) a.append(large(sign))
      await until(() => a.heard.length === 42)
      expect(await allSince(a.log, tenant_id, a.heard[9]!.seq)).toBeNull()
      expect(await allSince(a.log, tenant_id, a.heard[11]!.seq)).toHaveLength(30)
    })
  })
})
