// What the floor did in a week.
import type { Analytics } from '../../../shared/contract/analytics.ts'
import { floorAgents } from './fake-agents.ts'
import { TENANT_ID } from './fake-floor.ts'

const HOURS = [
  34, 26, 17, 17, 26, 68, 162, 324, 545, 732, 799, 749, 613, 673, 715, 690, 596, 477, 366, 289, 213, 145, 85, 51,
]

const OUTCOMES = { resolved: 7000, transferred: 598, unresolved: 402, voicemail: 214, abandoned: 137, failed: 61 }
const OUTCOMES_BEFORE = {
  resolved: 6679,
  transferred: 586,
  unresolved: 307,
  voicemail: 223,
  abandoned: 135,
  failed: 42,
}
const COSTS = [893.4, 612.1, 471.8, 196.6, 96.3, 48.2]
/** What the success rate of each agent was, above what it is. */
const RATES_BEFORE = [0.006, 0.071, -0.011, -0.004, 0.002, 0.021]

/** @param is_before the period before: somewhat fewer calls, and fewer faults */
export function floorAnalytics(start: string, end: string, is_before: boolean): Analytics {
  const share = is_before ? 0.942 : 1
  const agents = floorAgents(Date.parse(end))
  const escalated = agents.map(({ statistics }) => Math.round(statistics.total_calls * (is_before ? 0.028 : 0.0254)))
  return {
    tenant_id: TENANT_ID,
    period: { start, end },
    time_zone: 'America/Chicago',
    summary: {
      total_agents: 6,
      active_agents: 5,
      total_calls: Math.round(8412 * share),
      total_minutes: is_before ? 20_548 : 21_370,
      average_call_duration: is_before ? 155 : 152,
      success_rate: is_before ? 0.843 : 0.832,
      cost: is_before ? 2277 : 2318,
      escalated: escalated.reduce((sum, count) => sum + count, 0),
    },
    agent_performance: agents.map((each, index) => ({
      agent_id: each.id,
      name: each.name,
      calls: Math.round(each.statistics.total_calls * share),
      minutes: each.statistics.total_minutes,
      success_rate: each.statistics.success_rate + (is_before ? (RATES_BEFORE[index] ?? 0) : 0),
      average_duration: each.statistics.average_duration,
      cost: COSTS[index] ?? 0,
      escalated: escalated[index] ?? 0,
    })),
    hourly_distribution: Object.fromEntries(
      HOURS.map((count, hour) => [String(hour), Math.round(count * (is_before ? 0.9 + 0.03 * (hour % 4) : 1))]),
    ),
    outcomes: is_before ? OUTCOMES_BEFORE : OUTCOMES,
  }
}

/** Of a tenant in which nothing was made and nobody called. */
export const NO_FIGURES: Analytics['summary'] = {
  total_agents: 0,
  active_agents: 0,
  total_calls: 0,
  total_minutes: 0,
  average_call_duration: 0,
  success_rate: 0,
  cost: 0,
  escalated: 0,
}
