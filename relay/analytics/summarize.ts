// From hourly roll-ups to the figures of a period. Pure.
import type { Analytics } from '../../shared/contract/analytics.ts'
import type { Outcome } from '../../shared/contract/calls.ts'
import type { AgentStatistics } from '../agents/agent-records.ts'
import { type HourRecord, NO_AGENT, QUARTERS, type QuarterSums } from './analytics-records.ts'

interface Sums extends QuarterSums {
  escalated: number
  last_call_at: Date | null
}
interface Slice {
  agent_id: string
  agent_name: string
  starts_at_ms: number
  sums: QuarterSums
}

const QUARTER_MS = 900_000
const empty = (): Sums => ({ calls: 0, seconds: 0, cost: 0, outcomes: {}, escalated: 0, last_call_at: null })

/** Quarters of hours that start within the period. */
function slices(hours: readonly HourRecord[], period: { start: Date; end: Date }): Slice[] {
  return hours.flatMap((hour) =>
    QUARTERS.flatMap((quarter, index) => {
      const sums = hour[quarter]
      const starts_at_ms = hour.hour_at.getTime() + index * QUARTER_MS
      const isInside = starts_at_ms >= period.start.getTime() && starts_at_ms < period.end.getTime()
      return sums && isInside ? [{ agent_id: hour.agent_id, agent_name: hour.agent_name, starts_at_ms, sums }] : []
    }),
  )
}

/** Earlier relays counted escalated calls among the outcomes only, perhaps in the first calls of the same quarter. */
const escalatedIn = (sums: QuarterSums): number => Math.max(sums.escalated ?? 0, sums.outcomes?.escalated ?? 0)

function add(total: Sums, sums: QuarterSums): void {
  total.calls += sums.calls ?? 0
  total.seconds += sums.seconds ?? 0
  total.cost += sums.cost ?? 0
  total.escalated += escalatedIn(sums)
  for (const [outcome, count] of Object.entries(sums.outcomes ?? {})) {
    total.outcomes[outcome as Outcome] = (total.outcomes[outcome as Outcome] ?? 0) + (count ?? 0)
  }
}

/**
 * Resolved calls over ended calls that reached the agent.
 * @returns 0 to 1; 0 when there was no call
 * @source product text, "Success rate"
 */
export function successRate(sums: Pick<QuarterSums, 'calls' | 'outcomes'>): number {
  return sums.calls === 0 ? 0 : round((sums.outcomes.resolved ?? 0) / sums.calls, 4)
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits
const minutes = (seconds: number): number => round(seconds / 60, 2)
const average = (sums: QuarterSums): number => (sums.calls === 0 ? 0 : round(sums.seconds / sums.calls, 1))

/** The hour of the day, 0 to 23, in a time zone. */
function hourIn(time_zone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: time_zone, hour: '2-digit', hourCycle: 'h23' })
  return (ms) => String(Number(format.format(ms)))
}

export function summarize(
  hours: readonly HourRecord[],
  agents: readonly { id: string; name: string; is_active: boolean }[],
  query: { tenant_id: string; start: Date; end: Date; time_zone: string },
): Analytics {
  const total = empty()
  const byAgent = new Map<string, { name: string; sums: Sums }>(
    agents.map((agent) => [agent.id, { name: agent.name, sums: empty() }]),
  )
  const hourly: Record<string, number> = Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [String(hour), 0]))
  const hourOf = hourIn(query.time_zone)
  for (const slice of slices(hours, query)) {
    add(total, slice.sums)
    if (slice.agent_id === NO_AGENT) continue
    const agent = byAgent.get(slice.agent_id) ?? { name: slice.agent_name, sums: empty() }
    byAgent.set(slice.agent_id, agent)
    add(agent.sums, slice.sums)
    const hour = hourOf(slice.starts_at_ms)
    hourly[hour] = (hourly[hour] ?? 0) + (slice.sums.calls ?? 0)
  }
  return {
    tenant_id: query.tenant_id,
    period: { start: query.start.toISOString(), end: query.end.toISOString() },
    time_zone: query.time_zone,
    summary: {
      total_agents: agents.length,
      active_agents: agents.filter((agent) => agent.is_active).length,
      total_calls: total.calls,
      total_minutes: minutes(total.seconds),
      average_call_duration: average(total),
      success_rate: successRate(total),
      cost: round(total.cost, 4),
      escalated: total.escalated,
    },
    agent_performance: [...byAgent]
      .map(([agent_id, { name, sums }]) => ({
        agent_id,
        name,
        calls: sums.calls,
        minutes: minutes(sums.seconds),
        success_rate: successRate(sums),
        average_duration: average(sums),
        cost: round(sums.cost, 4),
        escalated: sums.escalated,
      }))
      .sort((a, b) => b.calls - a.calls || a.name.localeCompare(b.name)),
    hourly_distribution: hourly,
    outcomes: total.outcomes,
  }
}

/** Statistics of every agent over all time. */
export function agentStatistics(hours: readonly HourRecord[]): Map<string, AgentStatistics> {
  const byAgent = new Map<string, Sums>()
  for (const hour of hours) {
    const sums = byAgent.get(hour.agent_id) ?? empty()
    byAgent.set(hour.agent_id, sums)
    for (const quarter of QUARTERS) if (hour[quarter]) add(sums, hour[quarter])
    if (!sums.last_call_at || hour.last_call_at > sums.last_call_at) sums.last_call_at = hour.last_call_at
  }
  return new Map(
    [...byAgent].map(([agent_id, sums]) => [
      agent_id,
      {
        total_calls: sums.calls,
        total_minutes: minutes(sums.seconds),
        average_duration: average(sums),
        success_rate: successRate(sums),
        last_call: sums.last_call_at,
      },
    ]),
  )
}
