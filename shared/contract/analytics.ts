// Analytics: rates and sums over hourly roll-ups of one tenant.
import { z } from 'zod'
import { boundOf, Id, Instant, Usd } from '../primitives.ts'
import type { Route } from '../route.ts'
import { Outcome } from './calls.ts'

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour))

export const Analytics = z.object({
  tenant_id: Id,
  period: z.object({ start: Instant, end: Instant }),
  time_zone: z.string(),
  summary: z.object({
    total_agents: z.number().int(),
    active_agents: z.number().int(),
    total_calls: z.number().int(),
    total_minutes: z.number(),
    /** Seconds. */
    average_call_duration: z.number(),
    /** 0 to 1: resolved over ended calls that reached the agent. */
    success_rate: z.number(),
    /** With what the carrier took for calls that reached no agent. */
    cost: Usd,
    /** Calls in which an escalation was raised, or whose outcome says so. */
    escalated: z.number().int(),
  }),
  agent_performance: z.array(
    z.object({
      agent_id: Id,
      name: z.string(),
      calls: z.number().int(),
      minutes: z.number(),
      success_rate: z.number(),
      /** Seconds. */
      average_duration: z.number(),
      cost: Usd,
      escalated: z.number().int(),
    }),
  ),
  /** Calls by the hour in which they started, in the time zone asked for: all 24 hours, "0" to "23". */
  hourly_distribution: z.record(z.enum(HOURS as [string, ...string[]]), z.number().int()),
  outcomes: z.partialRecord(Outcome, z.number().int()),
})
export type Analytics = z.output<typeof Analytics>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const PeriodBound = boundOf(z.iso.datetime({ offset: true }).or(z.iso.date()))

export const analyticsRoutes = {
  getAnalytics: {
    method: 'get',
    path: '/api/analytics',
    permission: 'analytics.read',
    query: z.strictObject({
      start: PeriodBound.optional(),
      end: PeriodBound.optional(),
      time_zone: z.string().refine(isTimeZone, 'This is not an IANA time zone.').optional(),
    }),
    response: Analytics,
    summary: 'Calls, minutes, success and cost of a period; without one, the last 7 days',
  },
} as const satisfies Record<string, Route>
