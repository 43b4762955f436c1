import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { correctCost, rollUpCall } from '../../../relay/analytics/analytics-records.ts'
import { createAnalyticsService } from '../../../relay/analytics/analytics-service.ts'
import type { CallRecord } from '../../../relay/calls/call-facts.ts'
import type { DocStore, TenantStore } from '../../../relay/store/doc-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { sharedTableStore } from '../../support/in-process-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SCOPE = tenantScope('tnt_acme0000', 'relay')
const STARTED = new Date('2030-01-01T09:10:00.000Z')
const ENDED = new Date('2030-01-01T09:12:00.000Z')
let place: ReturnType<typeof temporaryFolder>
let store: DocStore
let tenant: TenantStore
let calls = 0

beforeEach(async () => {
  place = temporaryFolder()
  store = (await sharedTableStore(place.path)).store
  tenant = store.forTenant(SCOPE)
})
afterEach(async () => {
  await store.close()
  place.remove()
})

const ended = (change: Partial<CallRecord>): CallRecord =>
  ({
    call_sid: `CA${String(++calls).padStart(32, '0')}`,
    agent_id: 'agt_ada0',
    agent_name: 'Ada',
    started_at: STARTED,
    answered_at: STARTED,
    ended_at: ENDED,
    outcome: 'resolved',
    duration_seconds: 120,
    cost: 0.5,
    ...change,
  }) as CallRecord

function analytics() {
  const clock = fakeClock(new Date('2030-01-02T00:00:00.000Z'))
  const service = createAnalyticsService({ store, clock, tenantOf: async () => null })
  const actor = { scope: SCOPE } as Parameters<typeof service.statistics>[0]
  return {
    period: (start?: string) => service.getAnalytics(actor, { query: start ? { start } : {} }),
    of: (...agent_ids: string[]) => service.statistics(actor, agent_ids),
  }
}

describe('which calls count', () => {
  it('one whose caller hung up before the media stream did not reach the agent: it counts nowhere', async () => {
    await rollUpCall(tenant, ended({}))
    await rollUpCall(tenant, ended({ answered_at: null, outcome: 'abandoned', duration_seconds: 0 }))
    const { summary, hourly_distribution, outcomes } = await analytics().period()
    expect(summary).toMatchObject({ total_calls: 1, success_rate: 1, average_call_duration: 120 })
    expect(hourly_distribution['9']).toBe(1)
    expect(outcomes).toEqual({ resolved: 1 })
    expect((await analytics().of('agt_ada0')).get('agt_ada0')).toMatchObject({ total_calls: 1, success_rate: 1 })
  })

  it('what the carrier takes for one that reached no agent is in the cost of its quarter of an hour, and in nothing else', async () => {
    const refused = ended({ answered_at: null, outcome: 'refused', duration_seconds: 0, cost: 0 })
    await rollUpCall(tenant, ended({}))
    for (const call of [refused, refused, { ...refused, call_sid: 'CAnobody', agent_id: null }])
      expect(await correctCost(tenant, call, 0.01)).toBe(true)
    const { summary, agent_performance, hourly_distribution, outcomes } = await analytics().period()
    expect(summary).toMatchObject({ total_calls: 1, total_minutes: 2, success_rate: 1, cost: 0.52 })
    expect(agent_performance).toMatchObject([{ agent_id: 'agt_ada0', calls: 1, cost: 0.5 }])
    expect([hourly_distribution['9'], outcomes]).toEqual([1, { resolved: 1 }])
    expect((await analytics().period('2030-01-01T09:15:00Z')).summary.cost).toBe(0)
    expect((await analytics().of('agt_ada0')).get('agt_ada0')).toMatchObject({ total_calls: 1, last_call: STARTED })
  })

  it('one that broke before it was answered, at a sudden end of the relay, counts nowhere either', async () => {
    await rollUpCall(tenant, ended({ answered_at: null, outcome: 'failed' }))
    expect((await analytics().period()).summary.total_calls).toBe(0)
  })

  it('no outcome hides a call that reached its agent', async () => {
    await rollUpCall(tenant, ended({}))
    await rollUpCall(tenant, ended({ outcome: 'refused' }))
    expect((await analytics().period()).summary).toMatchObject({ total_calls: 2, success_rate: 0.5 })
  })
})

describe('escalated calls', () => {
  it('one in which an escalation was raised counts once, whatever its outcome says, and not twice when told twice', async () => {
    const unresolved = ended({ outcome: 'unresolved', escalated: true })
    await rollUpCall(tenant, unresolved)
    await rollUpCall(tenant, unresolved)
    await rollUpCall(tenant, ended({ outcome: 'failed', escalated: true }))
    await rollUpCall(tenant, ended({ escalated: false }))
    const { summary, agent_performance, outcomes } = await analytics().period()
    expect(summary.escalated).toBe(2)
    expect(agent_performance).toMatchObject([{ agent_id: 'agt_ada0', calls: 3, escalated: 2 }])
    expect(outcomes).toEqual({ unresolved: 1, failed: 1, resolved: 1 })
  })

  it('so does one that only its outcome calls escalated, as in the records of earlier relays', async () => {
    const { escalated: _not_there, ...earlier } = ended({ outcome: 'escalated' })
    await rollUpCall(tenant, earlier as CallRecord)
    expect((await analytics().period()).summary.escalated).toBe(1)
  })
})

describe('figures of an agent', () => {
  it('only the roll-ups of the agents asked for are read', async () => {
    await rollUpCall(tenant, ended({}))
    await rollUpCall(tenant, ended({ agent_id: 'agt_bob0' }))
    expect([...(await analytics().of('agt_bob0')).keys()]).toEqual(['agt_bob0'])
    expect([...(await analytics().of()).keys()]).toEqual([])
  })
})
