// What every event log must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventLog } from '../../relay/platform/ports.ts'
import type { NewEvent, RelayEvent } from '../../shared/events.ts'
import { until } from '../support/until.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function eventLogSuite(name: string, bench: SharedStateBench<EventLog>): void {
  describe(`${name}: event log`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    let log: EventLog
    beforeAll(async () => {
      opened = await bench.open()
      log = opened.port
    })
    afterAll(() => opened.close())

    const freshTenant = () => `tn_${bench.fresh()}`
    const event = (tenant_id: string, agent_id = 'agt_one'): NewEvent => ({
      event_type: 'agent.deleted',
      tenant_id,
      agent_id,
    })
    const idsOf = (events: RelayEvent[] | null) => events?.map((one) => (one as { agent_id: string }).agent_id) ?? null

    test('events have growing numbers and an instant', () => {
      const tenant_id = freshTenant()
      const start = log.last_seq(tenant_id)
      const [one, two] = [log.append(event(tenant_id)), log.append(event(tenant_id))]
      expect(one).toMatchObject({ event_type: 'agent.deleted', tenant_id, agent_id: 'agt_one' })
      expect(one.seq).toBeGreaterThan(start)
      expect(two.seq).toBeGreaterThan(one.seq)
      expect(log.last_seq(tenant_id)).toBe(two.seq)
      expect(new Date(one.at).toISOString()).toBe(one.at)
      expect(Number.isSafeInteger(two.seq)).toBe(true)
    })

    test('who comes later gets what was kept after a number', () => {
      const tenant_id = freshTenant()
      const start = log.last_seq(tenant_id)
      const events = ['agt_a', 'agt_b', 'agt_c'].map((agent_id) => log.append(event(tenant_id, agent_id)))
      expect(idsOf(log.since(tenant_id, start))).toEqual(['agt_a', 'agt_b', 'agt_c'])
      expect(idsOf(log.since(tenant_id, events[1]!.seq))).toEqual(['agt_c'])
      expect(log.since(tenant_id, events[2]!.seq)).toEqual([])
    })

    test('an announcement is heard and numbered, but not kept', async () => {
      const tenant_id = freshTenant()
      const start = log.last_seq(tenant_id)
      const heard: number[] = []
      log.subscribe(tenant_id, (one) => void heard.push(one.seq))
      const first = log.append(event(tenant_id, 'agt_a'))
      const between = log.announce(event(tenant_id, 'agt_b'))
      const last = log.append(event(tenant_id, 'agt_c'))
      await until(() => heard.length === 3)
      expect(heard).toEqual([first.seq, between.seq, last.seq])
      expect(idsOf(log.since(tenant_id, start))).toEqual(['agt_a', 'agt_c'])
      expect(idsOf(log.since(tenant_id, between.seq))).toEqual(['agt_c'])
    })

    test('tenants do not hear each other', async () => {
      const [one, two] = [freshTenant(), freshTenant()]
      const heard: string[] = []
      log.subscribe(one, (given) => void heard.push(given.tenant_id))
      log.append(event(two))
      log.append(event(one))
      await until(() => heard.length > 0)
      expect(heard).toEqual([one])
      expect(log.since(one, log.last_seq(two))?.map((given) => given.tenant_id) ?? []).not.toContain(two)
    })

    test('who left hears nothing more, the others still do', async () => {
      const tenant_id = freshTenant()
      const heard: string[] = []
      const leave = log.subscribe(tenant_id, () => void heard.push('left'))
      log.subscribe(tenant_id, () => void heard.push('stays'))
      leave()
      leave()
      log.append(event(tenant_id))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['stays'])
    })

    test('a listener that throws disturbs neither the others, nor the appender, nor itself', async () => {
      const tenant_id = freshTenant()
      let thrown = 0
      const heard: number[] = []
      log.subscribe(tenant_id, () => {
        thrown++
        throw new Error('a listener failed')
      })
      log.subscribe(tenant_id, (given) => void heard.push(given.seq))
      log.append(event(tenant_id))
      log.append(event(tenant_id))
      await until(() => heard.length === 2)
      expect(thrown).toBe(2)
    })

    test('a listener may leave or append while it listens', async () => {
      const tenant_id = freshTenant()
      const heard: string[] = []
      const leave = log.subscribe(tenant_id, () => {
        leave()
        heard.push('first')
        log.append(event(tenant_id))
      })
      log.subscribe(tenant_id, () => void heard.push('second'))
      log.append(event(tenant_id))
      await until(() => heard.length === 3)
      expect(heard.filter((who) => who === 'second')).toHaveLength(2)
    })

    test('numbers of which something is gone, or that were never given, are answered with null', () => {
      const tenant_id = freshTenant()
      const start = log.last_seq(tenant_id)
      log.append(event(tenant_id))
      expect(log.since(tenant_id, start - 1_000_000)).toBeNull()
      expect(log.since(tenant_id, 0)).toBeNull()
      expect(log.since(tenant_id, log.last_seq(tenant_id) + 1_000_000)).toBeNull()
    })

    test('ten thousand events are kept, older ones are gone', () => {
      const tenant_id = freshTenant()
      const start = log.last_seq(tenant_id)
      const first = log.append(event(tenant_id))
      for (let n = 0; n < 10_000; n++) log.append(event(tenant_id))
      expect(log.since(tenant_id, start)).toBeNull()
      expect(log.since(tenant_id, first.seq)).toHaveLength(10_000)
    })

    test('numbers grow over restarts, and numbers of before are answered with null or in full', async () => {
      if (opened.reopen === undefined) return
      const tenant_id = freshTenant()
      const before = log.append(event(tenant_id, 'agt_a'))
      await bench.wait(5)
      log = await opened.reopen()
      const after = log.append(event(tenant_id, 'agt_b'))
      expect(after.seq).toBeGreaterThan(before.seq)
      expect([null, ['agt_b']]).toContainEqual(idsOf(log.since(tenant_id, before.seq)))
    })
  })
}
