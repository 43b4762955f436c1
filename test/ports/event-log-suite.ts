// What every event log must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventLog } from '../../relay/platform/ports.ts'
import type { NewEvent, RelayEvent } from '../../shared/events.ts'
import { allSince } from '../support/all-since.ts'
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

    /** Everything one tenant is told, in order. */
    const hear = (tenant_id: string): RelayEvent[] => {
      const heard: RelayEvent[] = []
      log.subscribe(tenant_id, (given) => void heard.push(given))
      return heard
    }
    /** Appends one event each and waits until all are told. */
    const appended = async (tenant_id: string, ...agent_ids: string[]): Promise<RelayEvent[]> => {
      const heard: RelayEvent[] = []
      const leave = log.subscribe(tenant_id, (given) => void heard.push(given))
      for (const agent_id of agent_ids) log.append(event(tenant_id, agent_id))
      await until(() => heard.length === agent_ids.length)
      leave()
      return heard
    }

    test('events have growing numbers and an instant', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      const [one, two] = (await appended(tenant_id, 'agt_one', 'agt_two')) as [RelayEvent, RelayEvent]
      expect(one).toMatchObject({ event_type: 'agent.deleted', tenant_id, agent_id: 'agt_one' })
      expect(one.seq).toBeGreaterThan(start)
      expect(two.seq).toBeGreaterThan(one.seq)
      expect(await log.last_seq(tenant_id)).toBe(two.seq)
      expect(new Date(one.at).toISOString()).toBe(one.at)
      expect(Number.isSafeInteger(two.seq)).toBe(true)
    })

    test('who comes later gets what was kept after a number', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      const events = await appended(tenant_id, 'agt_a', 'agt_b', 'agt_c')
      expect(idsOf(await allSince(log, tenant_id, start))).toEqual(['agt_a', 'agt_b', 'agt_c'])
      expect(idsOf(await allSince(log, tenant_id, events[1]!.seq))).toEqual(['agt_c'])
      expect(await allSince(log, tenant_id, events[2]!.seq)).toEqual([])
    })

    test('an announcement is heard and numbered, but not kept', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      const heard = hear(tenant_id)
      log.append(event(tenant_id, 'agt_a'))
      log.announce(event(tenant_id, 'agt_b'))
      log.append(event(tenant_id, 'agt_c'))
      await until(() => heard.length === 3)
      expect(idsOf(heard)).toEqual(['agt_a', 'agt_b', 'agt_c'])
      expect(heard.map((one) => one.seq)).toEqual(heard.map((one) => one.seq).sort((a, b) => a - b))
      expect(new Set(heard.map((one) => one.seq)).size).toBe(3)
      expect(idsOf(await allSince(log, tenant_id, start))).toEqual(['agt_a', 'agt_c'])
      expect(idsOf(await allSince(log, tenant_id, heard[1]!.seq))).toEqual(['agt_c'])
    })

    test('a thousand appends in a row are told once each, in order, and nothing is missed', async () => {
      const tenant_id = freshTenant()
      let missed = 0
      log.subscribe(
        tenant_id,
        () => {},
        () => void missed++,
      )
      const names = Array.from({ length: 1_000 }, (_, n) => `agt_${n}`)
      expect(idsOf(await appended(tenant_id, ...names))).toEqual(names)
      expect(missed).toBe(0)
    })

    test('tenants do not hear each other', async () => {
      const [one, two] = [freshTenant(), freshTenant()]
      const heard: string[] = []
      log.subscribe(one, (given) => void heard.push(given.tenant_id))
      log.append(event(two))
      log.append(event(one))
      await until(() => heard.length > 0)
      expect(heard).toEqual([one])
      const foreign = await allSince(log, one, await log.last_seq(two))
      expect(foreign?.map((given) => given.tenant_id) ?? []).not.toContain(two)
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

    test('numbers of which something is gone, or that were never given, are answered with null', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      await appended(tenant_id, 'agt_a')
      expect(await allSince(log, tenant_id, start - 1_000_000)).toBeNull()
      expect(await allSince(log, tenant_id, 0)).toBeNull()
      expect(await allSince(log, tenant_id, (await log.last_seq(tenant_id)) + 1_000_000)).toBeNull()
    })

    test('ten thousand events are kept, far older ones are gone', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      const events = await appended(tenant_id, ...Array.from({ length: 10_001 }, (_, n) => `agt_${n}`))
      expect(await allSince(log, tenant_id, events[0]!.seq)).toHaveLength(10_000)
      await appended(tenant_id, ...Array.from({ length: 1_000 }, (_, n) => `agt_${n}`))
      expect(await allSince(log, tenant_id, start)).toBeNull()
    }, 20_000)

    test('of large events eight megabytes are kept, those before them are gone', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      // With its envelope a little over a quarter of a megabyte: 31 of them are under eight.
      const large = (sign: string) => sign.repeat(256 * 1024)
      const events = await appended(tenant_id, ...[...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'].map(large))
      expect(events).toHaveLength(40)
      expect(await allSince(log, tenant_id, start)).toBeNull()
      expect(await allSince(log, tenant_id, events[7]!.seq)).toBeNull()
      expect(await allSince(log, tenant_id, events[8]!.seq)).toEqual(events.slice(9))
    }, 20_000)

    test('what was missed comes in pages of about an eighth of a megabyte, one event at least, none left out', async () => {
      const tenant_id = freshTenant()
      const start = await log.last_seq(tenant_id)
      const sizes = [...Array<number>(700).fill(600), ...Array<number>(8).fill(50_000), 300_000, 300_000, 600, 300_000]
      const events = await appended(tenant_id, ...sizes.map((bytes) => 'x'.repeat(bytes)))
      const pages: RelayEvent[][] = []
      for (let seq = start; ; seq = pages.at(-1)!.at(-1)!.seq) {
        const page = await log.since(tenant_id, seq)
        if (page?.length === 0) break
        pages.push(page!)
      }
      expect(pages.flat()).toEqual(events)
      const bytesOf = (page: RelayEvent[]) => page.reduce((sum, one) => sum + JSON.stringify(one).length, 0)
      for (const page of pages) expect(bytesOf(page.slice(0, -1))).toBeLessThan(128 * 1024)
      for (const page of pages.slice(0, -1)) expect(bytesOf(page)).toBeGreaterThan(110 * 1024)
      const early = await log.since(tenant_id, events[699]!.seq)
      expect(early).toHaveLength(3)
    })

    test('bytes count and not letters, and small events that follow push the large ones out in their turn', async () => {
      const tenant_id = freshTenant()
      const wide = await appended(tenant_id, ...Array.from({ length: 20 }, () => 'ü'.repeat(256 * 1024)))
      expect(await allSince(log, tenant_id, wide[3]!.seq)).toBeNull()
      expect(await allSince(log, tenant_id, wide[4]!.seq)).toHaveLength(15)
      const small = await appended(tenant_id, ...Array.from({ length: 10_000 }, (_, n) => `agt_${n}`))
      expect(await allSince(log, tenant_id, wide[18]!.seq)).toBeNull()
      expect(await allSince(log, tenant_id, small[1_000]!.seq)).toHaveLength(8_999)
    }, 20_000)

    test('numbers grow over restarts, and numbers of before are answered with null or in full', async () => {
      if (opened.reopen === undefined) return
      const tenant_id = freshTenant()
      const [before] = await appended(tenant_id, 'agt_a')
      await bench.wait(5)
      log = await opened.reopen()
      const [after] = await appended(tenant_id, 'agt_b')
      expect(after!.seq).toBeGreaterThan(before!.seq)
      expect([null, ['agt_b']]).toContainEqual(idsOf(await allSince(log, tenant_id, before!.seq)))
    })
  })
}
