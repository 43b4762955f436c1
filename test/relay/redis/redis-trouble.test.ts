// Everything that can befall Redis while three relays append: broken connections, a server that stands still, one
// that dies. It keeps what it was given (append only, written at once), so in the end every event must have been told
// everywhere.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import { allSince } from '../../support/all-since.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

const EVENTS_EACH = 600
const TENANT = 'tn_troubled'

withRedisServer(() => {
  describe('redis: events in trouble', () => {
    const file = redisOfFile({ appendonly: true, settings: { appendfsync: 'always' } })

    async function relay(name: string) {
      const redis = await file.open()
      const log = redisEventLog({ redis, clock, log: file.log })
      const [heard, names]: [RelayEvent[], Set<string>] = [[], new Set()]
      log.subscribe(TENANT, (event) => {
        heard.push(event)
        names.add((event as { agent_id: string }).agent_id)
      })
      const append = async () => {
        for (let n = 0; n < EVENTS_EACH; n++) {
          log.append({ event_type: 'agent.deleted', tenant_id: TENANT, agent_id: `agt_${name}${n}` })
          if (n % 2 === 0) await sleep(10)
        }
      }
      return { redis, log, heard, names, append }
    }

    /** A connection of any relay, but not the one that asks. */
    const breakOne = async (admin: Awaited<ReturnType<typeof file.open>>, nth: number) => {
      const clients = String(await admin.commands.client('LIST'))
        .trim()
        .split('\n')
      const own = await admin.commands.client('ID')
      const ids = clients.map((line) => Number(/^id=(\d+)/.exec(line)?.[1])).filter((id) => id !== own)
      await admin.commands.client('KILL', 'ID', ids[nth % ids.length]!)
    }

    test("each is told once at every relay, numbers grow, and each relay's order is kept", async () => {
      const relays = [await relay('a'), await relay('b'), await relay('c')]
      const admin = await file.open()
      const start = await relays[0]!.log.last_seq(TENANT)
      await Promise.all([trouble(), ...relays.map(({ append }) => append())])
      await until(() => relays.every(({ names }) => names.size === 3 * EVENTS_EACH))
      for (const { heard } of relays) {
        expect(heard).toHaveLength(3 * EVENTS_EACH)
        expect(heard.every(({ seq }, n) => n === 0 || seq > heard[n - 1]!.seq)).toBe(true)
        for (const name of ['a', 'b', 'c']) expect(orderOf(heard, name)).toEqual(orderOfAppends(name))
      }
      await until(() => relays.every(({ redis }) => redis.isUp))
      const kept = (await allSince(relays[0]!.log, TENANT, start)) ?? []
      expect(kept).toHaveLength(3 * EVENTS_EACH)
      for (const name of ['a', 'b', 'c']) expect(orderOf(kept, name)).toEqual(orderOfAppends(name))

      async function trouble(): Promise<void> {
        for (let nth = 0; nth < 4; nth++) {
          await sleep(150)
          await breakOne(admin, nth)
        }
        for (const ms of [200, 700, 1_300]) {
          file.server.pause()
          await sleep(ms)
          file.server.resume()
          await sleep(200)
        }
        await file.server.restart()
      }
    })

    const orderOf = (events: RelayEvent[], name: string): string[] =>
      events.map((event) => (event as { agent_id: string }).agent_id).filter((id) => id.startsWith(`agt_${name}`))
    const orderOfAppends = (name: string): string[] => Array.from({ length: EVENTS_EACH }, (_, n) => `agt_${name}${n}`)
  })
})
