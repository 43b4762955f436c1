// Reading figures of a period, those of the period before, and the calls behind them.
import type { Reply } from '../../../../shared/bridge.ts'
import type { Analytics } from '../../../../shared/contract/analytics.ts'
import type { CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import type { Period } from './period.ts'

export interface CallsWanted {
  agent_id?: string
  outcome?: Outcome
}
/** `next_cursor` is null on the last page. */
export interface CallsPage {
  items: CallSummary[]
  next_cursor: string | null
}
export interface AnalyticsActions {
  /** `before` is null when the period before could not be read: the figures stand without it. */
  read(period: Period, before: Period, time_zone: string): Promise<Reply<{ now: Analytics; before: Analytics | null }>>
  /** One page, newest first. @param cursor of the page before; null for the first */
  readCalls(period: Period, wanted: CallsWanted, cursor: string | null): Promise<Reply<CallsPage>>
}

const CALLS_A_PAGE = 50

export function createAnalyticsActions({ bridge }: Pick<ConsolePorts, 'bridge'>): AnalyticsActions {
  return {
    async read(period, before, time_zone) {
      const [now, then] = await Promise.all([
        bridge.request('getAnalytics', { query: { start: period.start, time_zone } }),
        bridge.request('getAnalytics', { query: { ...before, time_zone } }),
      ])
      return now.ok ? { ok: true, value: { now: now.value, before: then.ok ? then.value : null } } : now
    },
    readCalls: (period, wanted, cursor) =>
      bridge.request('listCalls', {
        query: { limit: CALLS_A_PAGE, start: period.start, ...wanted, ...(cursor && { cursor }) },
      }),
  }
}
