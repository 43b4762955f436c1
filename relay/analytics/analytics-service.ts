// Walk (iv): the figures of a period of one tenant, from roll-ups that were written when the calls ended.
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import { type AgentStatistics, agents } from '../agents/agent-records.ts'
import { RelayError } from '../platform/errors.ts'
import type { Clock } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import { readStatistics } from './agent-statistics.ts'
import { usageHourly } from './analytics-records.ts'
import { instantOf } from './period.ts'
import { summarize } from './summarize.ts'

export interface AnalyticsService {
  getAnalytics: Handler<Routes['getAnalytics']>
  /** For the pages of these agents; one without a call is missing. */
  statistics(actor: TenantActor, agent_ids: readonly string[]): Promise<Map<string, AgentStatistics>>
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const LONGEST_DAYS = 400

export function createAnalyticsService(deps: {
  store: DocStore
  clock: Clock
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
}): AnalyticsService {
  const { store } = deps
  return {
    async getAnalytics(actor, { query }) {
      const settings = await deps.tenantOf(actor.scope.tenant_id)
      const time_zone = query.time_zone ?? settings?.time_zone ?? 'UTC'
      const end = query.end ? instantOf(query.end, time_zone, 'end') : deps.clock.now()
      const start = query.start ? instantOf(query.start, time_zone, 'start') : new Date(end.getTime() - 7 * DAY_MS)
      if (start >= end)
        throw new RelayError('BODY_INVALID', {
          errors: [{ pointer: '/query/start', detail: 'The start must lie before the end.' }],
        })
      if (end.getTime() - start.getTime() > LONGEST_DAYS * DAY_MS)
        throw new RelayError('BODY_INVALID', {
          errors: [{ pointer: '/query/start', detail: `A period may be ${LONGEST_DAYS} days long.` }],
        })
      const tenant = store.forTenant(actor.scope)
      const [hours, known] = await Promise.all([
        usageHourly(tenant).find(
          { hour_at: { $gte: new Date(start.getTime() - HOUR_MS), $lt: end } },
          { fields: ['agent_id', 'agent_name', 'hour_at', 'q0', 'q1', 'q2', 'q3'] },
        ),
        agents(tenant).find({}, { fields: ['id', 'name', 'is_active'] }),
      ])
      return summarize(hours, known, { tenant_id: actor.scope.tenant_id, start, end, time_zone })
    },

    statistics: (actor, agent_ids) => readStatistics(store.forTenant(actor.scope), agent_ids),
  }
}
