// What the page of figures shows, as its address says it: `/analytics/30d/agent/ag_…`. One comes back to what one left,
// and may send it to somebody. Pure.
import type { Outcome } from '../../../../shared/contract/calls.ts'
import { OUTCOMES } from '../../../../shared/contract/calls.ts'
import type { PeriodName } from './period.ts'
import { PERIODS } from './period.ts'

export interface View {
  period: PeriodName
  /** At most one of both. */
  agent_id: string | null
  outcome: Outcome | null
}

const USUAL: PeriodName = '7d'

/** @param rest what stands behind `/analytics/`. @returns the usual view for what is no address of ours. @source ours */
export function readAddress(rest: string): View {
  const [first = '', by = '', value = ''] = rest.split('/')
  const is_period = (PERIODS as readonly string[]).includes(first)
  const period = is_period ? (first as PeriodName) : USUAL
  // An address from before there were periods names the agent alone.
  if (!is_period) return { period, agent_id: first || null, outcome: null }
  const outcome = by === 'outcome' ? (OUTCOMES.find((each) => each === value) ?? null) : null
  return { period, agent_id: by === 'agent' && value ? value : null, outcome }
}

/** @source ours */
export function addressOf({ period, agent_id, outcome }: View): string {
  const by = agent_id ? `/agent/${agent_id}` : outcome ? `/outcome/${outcome}` : ''
  return `/analytics/${period}${by}`
}
