// Relays with an event log on one Redis, each with a console that hears one tenant.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { systemClock as clock } from '../../../relay/platform/clock.ts'
import { redisEventLog } from '../../../relay/redis/redis-event-log.ts'
import type { NewEvent, RelayEvent } from '../../../shared/events.ts'
import { freshName } from '../../support/fresh-name.ts'
import type { RedisOfFile } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

export const eventOf = (tenant_id: string, agent_id: string): NewEvent => ({
  event_type: 'agent.deleted',
  tenant_id,
  agent_id,
})
export const nameOf = (event: RelayEvent): string => (event as { agent_id: string }).agent_id

/** A relay whose console hears one tenant. */
export async function startRelay(file: RedisOfFile, tenant_id: string, url?: string) {
  const redis = await file.open(url)
  const log = redisEventLog({ redis, clock, log: file.log })
  const heard: RelayEvent[] = []
  /** After how many events it was told that some are missing. */
  const missed: number[] = []
  log.subscribe(
    tenant_id,
    (event) => void heard.push(event),
    () => void missed.push(heard.length),
  )
  log.append(eventOf(tenant_id, 'agt_warm'))
  await until(() => heard.length > 0)
  heard.length = 0
  return {
    redis,
    log,
    heard,
    missed,
    names: () => heard.map(nameOf),
    append: (name: string) => log.append(eventOf(tenant_id, name)),
    announce: (name: string) => log.announce(eventOf(tenant_id, name)),
  }
}
export type TestRelay = Awaited<ReturnType<typeof startRelay>>
export async function startTwoRelays(file: RedisOfFile) {
  const tenant_id = `tn_${freshName()}`
  const [a, b] = [await startRelay(file, tenant_id), await startRelay(file, tenant_id)]
  // The second one's first event.
  await until(() => a.heard.length > 0)
  a.heard.length = 0
  return { tenant_id, a, b }
}
export const seqsGrow = ({ heard }: TestRelay): boolean =>
  heard.every(({ seq }, n) => n === 0 || seq > heard[n - 1]!.seq)
/** Both have heard so many events, and no more. */
export const both = async ({ a, b }: { a: TestRelay; b: TestRelay }, count: number) => {
  await until(() => a.heard.length >= count && b.heard.length >= count)
  await sleep(50)
  expect([a.heard.length, b.heard.length]).toEqual([count, count])
  expect([seqsGrow(a), seqsGrow(b)]).toEqual([true, true])
}
