// The events of one tenant at two relays: each once, in order, at both, also when a subscription breaks.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import { allSince } from '../../support/all-since.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'
import { both, eventOf, nameOf, startTwoRelays } from './event-relays.ts'

withRedisServer(() => {
  describe('redis: events of two relays', () => {
    const file = redisOfFile()
    const twoRelays = () => startTwoRelays(file)

    test('while both append, both hear the same events in the same order with the same numbers', async () => {
      const relays = await twoRelays()
      const { a, b } = relays
      for (let n = 0; n < 200; n++) {
        a.append(`agt_a${n}`)
        b.append(`agt_b${n}`)
        if (n % 10 === 0) a.announce(`agt_partial${n}`)
        if (n % 5 === 0) await sleep(1)
      }
      await both(relays, 420)
      expect(a.heard).toEqual(b.heard)
      expect(a.names().filter((name) => name.startsWith('agt_a'))).toEqual(
        Array.from({ length: 200 }, (_, n) => `agt_a${n}`),
      )
    })

    test('who asks at the other relay gets what was appended at this one', async () => {
      const { tenant_id, a, b } = await twoRelays()
      const start = await b.log.last_seq(tenant_id)
      for (const name of ['agt_1', 'agt_2', 'agt_3']) a.append(name)
      await until(() => b.heard.length === 3)
      expect((await allSince(b.log, tenant_id, start))?.map(nameOf)).toEqual(['agt_1', 'agt_2', 'agt_3'])
      expect(await a.log.last_seq(tenant_id)).toBe(await b.log.last_seq(tenant_id))
    })

    test('between subscribing and asking for the newest number nothing can slip through', async () => {
      const { tenant_id, a } = await twoRelays()
      const third = redisEventLog({ redis: await file.open(), clock, log: file.log })
      const names: string[] = []
      for (let n = 0; n < 20; n++) a.append(`agt_${n}`)
      const heard: RelayEvent[] = []
      third.subscribe(tenant_id, (event) => void heard.push(event))
      for (let n = 20; n < 40; n++) a.append(`agt_${n}`)
      const newest = await third.last_seq(tenant_id)
      await until(() => a.heard.length === 40)
      const before = a.heard.filter(({ seq }) => seq <= newest)
      await until(() => heard.some(({ seq }) => seq === a.heard.at(-1)!.seq) || before.length === 40)
      for (const event of [...before, ...heard.filter(({ seq }) => seq > newest)]) names.push(nameOf(event))
      expect(names).toEqual(Array.from({ length: 40 }, (_, n) => `agt_${n}`))
    })

    test('a subscription that is killed in mid-flow loses nothing', async () => {
      const relays = await twoRelays()
      const { a, b } = relays
      const admin = await file.open()
      for (let n = 0; n < 1_000; n++) {
        a.append(`agt_a${n}`)
        if (n % 2 === 0) b.append(`agt_b${n}`)
        if (n % 5 === 0) await sleep(1)
        if (n % 250 === 100) await admin.commands.client('KILL', 'TYPE', 'PUBSUB')
      }
      await both(relays, 1_500)
      expect(file.said).toContain('Redis is away')
      for (const { names } of [a, b]) {
        expect(new Set(names()).size).toBe(1_500)
        expect(names().filter((name) => name.startsWith('agt_a'))).toEqual(
          Array.from({ length: 1_000 }, (_, n) => `agt_a${n}`),
        )
      }
    })

    test('an event that was kept and not heard is noticed at the next one, and told before it', async () => {
      const relays = await twoRelays()
      const { tenant_id, a, b } = relays
      a.append('agt_1')
      await both(relays, 1)
      const [prev, seq] = [a.heard[0]!.seq, a.heard[0]!.seq + 1]
      const body = JSON.stringify({ ...eventOf(tenant_id, 'agt_2'), at: a.heard[0]!.at })
      const { keys, commands } = a.redis
      await commands.xadd(keys.tenantKey(tenant_id, 'events'), `${seq}-0`, 'e', `${seq} ${prev} 1 third 1 ${body}`)
      await commands.hset(keys.tenantKey(tenant_id, 'events', 'head'), 'last', seq, 'kept', seq)
      b.announce('agt_3')
      b.append('agt_4')
      await both(relays, 4)
      expect(a.heard).toEqual(b.heard)
      expect(a.names()).toEqual(['agt_1', 'agt_2', 'agt_3', 'agt_4'])
    })

    test('one missed in a break is told after it, also when nothing follows', async () => {
      const relays = await twoRelays()
      const { a, b } = relays
      a.append('agt_1')
      await both(relays, 1)
      const admin = await file.open()
      await admin.commands.client('KILL', 'TYPE', 'PUBSUB')
      a.append('agt_2')
      await both(relays, 2)
      expect([a.names(), b.names()]).toEqual([
        ['agt_1', 'agt_2'],
        ['agt_1', 'agt_2'],
      ])
    })

    test('announcements of this relay are heard from the moment somebody subscribes here', async () => {
      const { a } = await twoRelays()
      const heard: string[] = []
      const names = Array.from({ length: 20 }, (_, n) => `agt_${n}`)
      for (const name of names) {
        const tenant_id = `tn_${freshName()}`
        a.log.subscribe(tenant_id, (event) => void heard.push(nameOf(event)))
        a.log.announce(eventOf(tenant_id, name))
      }
      await until(() => heard.length === 20)
      expect(heard.sort()).toEqual(names.sort())
    })

    test('after a number that was given here nothing is missed, though the subscription failed at first', async () => {
      const { a, b } = await twoRelays()
      const tenant_id = `tn_${freshName()}`
      const heard: string[] = []
      file.server.pause()
      b.log.subscribe(tenant_id, (event) => void heard.push(nameOf(event)))
      await sleep(320)
      file.server.resume()
      const newest = await b.log.last_seq(tenant_id)
      a.log.append(eventOf(tenant_id, 'agt_1'))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['agt_1'])
      expect(await a.log.last_seq(tenant_id)).toBeGreaterThan(newest)
    })

    test('who leaves at once, or after a while, leaves no channel behind', async () => {
      const { a } = await twoRelays()
      const other = `tn_${freshName()}`
      a.log.subscribe(other, () => {})()
      const leave = a.log.subscribe(other, () => {})
      await a.log.last_seq(other)
      a.log.append(eventOf(other, 'agt_1'))
      leave()
      await sleep(50)
      expect(String(await a.redis.commands.pubsub('CHANNELS'))).not.toContain(other)
      const heard: string[] = []
      a.log.subscribe(other, (event) => void heard.push(nameOf(event)))
      a.log.append(eventOf(other, 'agt_2'))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['agt_2'])
    })

    test('what was appended last reaches the others although the relay stops', async () => {
      const { a, b } = await twoRelays()
      for (let n = 0; n < 1_000; n++) a.append(`agt_${n}`)
      await a.redis.close()
      await until(() => b.heard.length === 1_000)
      expect(b.names().at(-1)).toBe('agt_999')
    })
  })
})
