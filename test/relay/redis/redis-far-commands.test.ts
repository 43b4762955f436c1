// Commands to a call at another relay, and who is asked when relays die, stop or take a call over.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../relay/platform/clock.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import type { CallRef, Clock } from '../../../relay/platform/ports.ts'
import { redisCallBus } from '../../../relay/redis/redis-call-bus.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { freshName } from '../../support/fresh-name.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

withRedisServer(() => {
  const file = redisOfFile()
  const freshCall = (): CallRef => ({ tenant_id: `tn_${freshName()}`, call_sid: `CA${freshName()}` })

  describe('redis: commands to the call at another relay', () => {
    interface Command {
      say: string
      at?: Date
    }
    const open = async (clock: Clock = systemClock) => {
      const redis = await file.open()
      const bus = redisCallBus<Command, Command>({ redis, clock })
      /** Resolves when every relay can reach it. */
      const serve = async (call: CallRef, handler: (command: Command) => Promise<Command>) => {
        const end = bus.serve(call, handler)
        await file.settled(redis)
        return end
      }
      return { redis, bus, serve }
    }

    test('they reach it, and its answer comes back, Dates as Dates', async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      const at = new Date(1_893_456_000_123)
      await a.serve(call, async ({ say, at }) => ({ say: `heard ${say}`, at: new Date(at!.getTime() + 1) }))
      const answer = await b.bus.send(call, { say: 'hello', at }, 1_000)
      expect(answer).toEqual({ say: 'heard hello', at: new Date(at.getTime() + 1) })
    })

    test('a call is served for whoever hears of it through the event log', async () => {
      const [a, b] = [await open(), await open()]
      const tenant_id = `tn_${freshName()}`
      const logs = [a, b].map(({ redis }) => redisEventLog({ redis, clock: systemClock, log: file.log }))
      const answers: Promise<Command | null>[] = []
      logs[1]!.subscribe(tenant_id, (event) => {
        const { agent_id: call_sid } = event as { agent_id: string }
        answers.push(b.bus.send({ tenant_id, call_sid }, { say: call_sid }, 2_000))
      })
      await logs[1]!.last_seq(tenant_id)
      for (let n = 0; n < 50; n++) {
        a.bus.serve({ tenant_id, call_sid: `CA${n}` }, async ({ say }) => ({ say }))
        logs[0]!.append({ event_type: 'agent.deleted', tenant_id, agent_id: `CA${n}` })
      }
      await until(() => answers.length === 50)
      expect(await Promise.all(answers)).toEqual(Array.from({ length: 50 }, (_, n) => ({ say: `CA${n}` })))
    })

    test('an owner that fails fails the sender with the same message and code', async () => {
      const [a, b, one, two] = [await open(), await open(), freshCall(), freshCall()]
      await a.serve(one, async () => {
        throw new Error('no voice')
      })
      await a.serve(two, async () => {
        throw new RelayError('CALL_NOT_LIVE', { detail: 'It just ended.' })
      })
      await expect(b.bus.send(one, { say: '' }, 1_000)).rejects.toThrow('no voice')
      const refused = b.bus.send(two, { say: '' }, 1_000)
      await expect(refused).rejects.toThrow('It just ended.')
      await expect(refused).rejects.toMatchObject({ name: 'RelayError', code: 'CALL_NOT_LIVE' })
    })

    test("another tenant's call, one that ended and one that was never there answer null at once", async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      const end = await a.serve(call, async () => ({ say: 'mine' }))
      const start = performance.now()
      expect(await b.bus.send({ ...call, tenant_id: 'tn_other' }, { say: '' }, 5_000)).toBeNull()
      expect(await b.bus.send(freshCall(), { say: '' }, 5_000)).toBeNull()
      expect(await b.bus.send(call, { say: '' }, 5_000)).toEqual({ say: 'mine' })
      end()
      await until(async () => (await b.bus.send(call, { say: '' }, 5_000)) === null)
      expect(performance.now() - start).toBeLessThan(2_000)
    })

    test("an owner that is late answers null, and what it says then is nobody's", async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      let answer = (_: Command): void => {}
      await a.serve(call, () => new Promise((resolve) => (answer = resolve)))
      expect(await b.bus.send(call, { say: 'first' }, 100)).toBeNull()
      answer({ say: 'late' })
      await a.serve(call, async ({ say }) => ({ say }))
      expect(await b.bus.send(call, { say: 'second' }, 1_000)).toEqual({ say: 'second' })
    })

    test('a command that arrives after its time is not obeyed', async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      const obeyed: string[] = []
      await a.serve(call, async ({ say }) => {
        obeyed.push(say)
        return { say }
      })
      await b.bus.send(call, { say: 'warm' }, 1_000)
      const late = b.bus.send(call, { say: 'late' }, 60)
      const end = performance.now() + 150
      // This relay is busy with something else for a while.
      while (performance.now() < end);
      expect(await late).toBeNull()
      expect(await b.bus.send(call, { say: 'in time' }, 1_000)).toEqual({ say: 'in time' })
      expect(obeyed).toEqual(['warm', 'in time'])
    })

    test('a relay whose connection breaks at that moment is tried until it is back', async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      await a.serve(call, async ({ say }) => ({ say }))
      expect(await b.bus.send(call, { say: 'before' }, 1_000)).toEqual({ say: 'before' })
      const subscribers = String(await b.redis.commands.client('LIST', 'TYPE', 'PUBSUB'))
        .trim()
        .split('\n')
      const ids = subscribers.map((line) => Number(/^id=(\d+)/.exec(line)?.[1])).sort((x, y) => x - y)
      await b.redis.commands.client('KILL', 'ID', ids[0]!)
      expect(await b.bus.send(call, { say: 'after' }, 2_000)).toEqual({ say: 'after' })
    })

    test('who waits no more for a relay that does not hear sends nothing more', async () => {
      const [a, call] = [await open(), freshCall()]
      const owner = a.redis.keys.tenantKey(call.tenant_id, 'call', call.call_sid, 'commands')
      await a.redis.commands.set(owner, 'deaf-relay', 'PX', 10_000)
      const scripts = async () => /cmdstat_eval:calls=(\d+)/.exec(await a.redis.commands.info('commandstats'))?.[1]
      expect(await a.bus.send(call, { say: '' }, 200)).toBeNull()
      await sleep(100)
      const before = await scripts()
      await sleep(200)
      expect(await scripts()).toBe(before)
    })

    test('an owner that died is none after ten seconds at most; one that lives is renewed', async () => {
      const clock = fakeClock()
      const [a, b, call] = [await open(clock), await open(), freshCall()]
      await a.serve(call, async ({ say }) => ({ say }))
      await b.bus.send(call, { say: '' }, 1_000)
      const key = a.redis.keys.tenantKey(call.tenant_id, 'call', call.call_sid, 'commands')
      const left_ms = await b.redis.commands.pttl(key)
      expect(left_ms).toBeGreaterThan(8_000)
      expect(left_ms).toBeLessThanOrEqual(10_000)
      await b.redis.commands.pexpire(key, 50)
      clock.advance(3_000)
      await until(async () => (await b.redis.commands.pttl(key)) > 8_000)
      expect(await b.bus.send(call, { say: 'alive' }, 1_000)).toEqual({ say: 'alive' })
      // Lost with all else that Redis knew.
      await b.redis.commands.del(key)
      clock.advance(3_000)
      await until(async () => (await b.bus.send(call, { say: '' }, 1_000)) !== null)
    })

    test('the relay that took a call over keeps it, whatever the first one does', async () => {
      const clock = fakeClock()
      const [a, b, c, call] = [await open(clock), await open(), await open(), freshCall()]
      const end = await a.serve(call, async () => ({ say: 'first' }))
      expect(await c.bus.send(call, { say: '' }, 1_000)).toEqual({ say: 'first' })
      await b.serve(call, async () => ({ say: 'second' }))
      await until(async () => (await c.bus.send(call, { say: '' }, 1_000))?.say === 'second')
      clock.advance(3_000)
      end()
      await a.redis.close()
      expect(await c.bus.send(call, { say: '' }, 1_000)).toEqual({ say: 'second' })
    })

    test('a relay that stops gives its calls up', async () => {
      const [a, b, call] = [await open(), await open(), freshCall()]
      await a.serve(call, async () => ({ say: 'here' }))
      await b.bus.send(call, { say: '' }, 1_000)
      await a.redis.close()
      expect(await b.bus.send(call, { say: '' }, 1_000)).toBeNull()
    })
  })
})
