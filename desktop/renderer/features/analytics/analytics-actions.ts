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
  /**
   * One page of the calls that are over, newest first: those in progress are in no figure yet.
   * @param cursor of the page before; null for the first
   */
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
    async readCalls(period, wanted, cursor) {
      const items: CallSummary[] = []
      let next = cursor
      do {
        const reply = await bridge.request('listCalls', {
          query: { limit: CALLS_A_PAGE, start: period.start, ...wanted, ...(next && { cursor: next }) },
        })
        if (!reply.ok) return reply
        items.push(...reply.value.items.filter(({ ended_at }) => ended_at !== null))
        next = reply.value.next_cursor
        // The newest calls may all be in progress: a page without any call is no page.
      } while (items.length === 0 && next)
      return { ok: true, value: { items, next_cursor: next } }
    },
  }
}
