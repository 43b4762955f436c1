import { describe, expect, it } from 'vitest'
import type { HourRecord } from '../../../relay/analytics/analytics-records.ts'
import { agentStatistics, summarize } from '../../../relay/analytics/summarize.ts'
import { Analytics } from '../../../shared/contract/analytics.ts'

const hour = (at: string, change: Partial<HourRecord>): HourRecord => ({
  _id: at,
  tenant_id: 'tnt_acme',
  agent_id: 'agt_a1b2',
  agent_name: 'Billing',
  hour_at: new Date(at),
  last_call_at: new Date(at),
  call_sids: [],
  ...change,
})
const sums = (calls: number, resolved: number) => ({
  calls,
  seconds: calls * 60,
  cost: calls * 0.1,
  outcomes: { resolved, unresolved: calls - resolved },
})
const agents = [
  { id: 'agt_a1b2', name: 'Billing', is_active: true },
  { id: 'agt_c3d4', name: 'Orders', is_active: false },
]
const query = {
  tenant_id: 'tnt_acme',
  start: new Date('2026-03-01T00:00:00Z'),
  end: new Date('2026-03-02T00:00:00Z'),
  time_zone: 'UTC',
}

describe('analytics', () => {
  it('sums, averages and rates a period, with all 24 hours', () => {
    const result = summarize([hour('2026-03-01T09:00:00Z', { q0: sums(4, 3), q2: sums(2, 0) })], agents, query)
    expect(result.summary).toEqual({
      total_agents: 2,
      active_agents: 1,
      total_calls: 6,
      total_minutes: 6,
      average_call_duration: 60,
      success_rate: 0.5,
      cost: 0.6,
      escalated: 0,
    })
    expect(Object.keys(result.hourly_distribution)).toHaveLength(24)
    expect(result.hourly_distribution['9']).toBe(6)
    expect(result.outcomes).toEqual({ resolved: 3, unresolved: 3 })
    expect(Analytics.parse(result)).toEqual(result)
  })
  it('escalated calls are counted beside the outcomes; what an earlier relay wrote has them among the outcomes only', () => {
    const earlier = { ...sums(3, 1), outcomes: { resolved: 1, escalated: 2 } }
    const result = summarize(
      [
        hour('2026-03-01T08:00:00Z', { q0: earlier }),
        // The relay was replaced in mid-quarter: one call was added to two.
        hour('2026-03-01T09:00:00Z', { q0: { ...earlier, calls: 4, escalated: 0 } }),
        hour('2026-03-01T10:00:00Z', { q0: { ...sums(2, 2), escalated: 1 } }),
      ],
      agents,
      query,
    )
    expect(result.summary.escalated).toBe(5)
    expect(result.agent_performance[0]).toMatchObject({ name: 'Billing', escalated: 5 })
    expect(result.outcomes).toMatchObject({ resolved: 4, escalated: 4 })
  })
  it('an hour of the day is that of the time zone, also half hours off', () => {
    const calls = [hour('2026-03-01T18:00:00Z', { q1: sums(1, 1), q2: sums(2, 2) })]
    expect(summarize(calls, agents, { ...query, time_zone: 'Asia/Kolkata' }).hourly_distribution).toMatchObject({
      '23': 1,
      '0': 2,
    })
  })
  it('only quarters that begin within the period count', () => {
    const calls = [hour('2026-03-01T23:00:00Z', { q3: sums(1, 1) }), hour('2026-03-02T00:00:00Z', { q0: sums(5, 5) })]
    expect(summarize(calls, agents, query).summary.total_calls).toBe(1)
  })
  it('a deleted agent keeps its name in the table', () => {
    const result = summarize(
      [hour('2026-03-01T09:00:00Z', { agent_id: 'agt_gone', agent_name: 'Old line', q0: sums(1, 0) })],
      agents,
      query,
    )
    expect(result.agent_performance.find((agent) => agent.agent_id === 'agt_gone')).toMatchObject({
      name: 'Old line',
      calls: 1,
    })
  })
  it('without calls every figure is 0, never NaN', () => {
    expect(Object.values(summarize([], [], query).summary).every((figure) => figure === 0)).toBe(true)
  })
  it('an agent’s own figures run over all time', () => {
    const result = agentStatistics([
      hour('2026-03-01T09:00:00Z', { q0: sums(1, 1) }),
      hour('2026-02-01T09:00:00Z', { q0: sums(3, 1) }),
    ])
    expect(result.get('agt_a1b2')).toEqual({
      total_calls: 4,
      total_minutes: 4,
      average_duration: 60,
      success_rate: 0.5,
      last_call: new Date('2026-03-01T09:00:00Z'),
    })
  })
})
