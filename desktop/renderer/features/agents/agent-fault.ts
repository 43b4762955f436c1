// What is wrong with an agent now, from its calls that are on. Pure.
import type { Attention, AttentionReason, CallSummary } from '../../../../shared/contract/calls.ts'

/** Faults of the agent itself, not needs of a caller. */
const FAULTS: readonly AttentionReason[] = ['tool_failing', 'model_trouble', 'slow_replies']

export interface AgentFault {
  attention: Attention
  /** Calls that have it. */
  count: number
}

/** The fault that most calls of the agent have, with its oldest sign; null when there is none. @source design.md section 4, agent cell */
export function faultNow(calls: readonly CallSummary[], agent_id: string): AgentFault | null {
  const signs = calls
    .filter((call) => call.agent_id === agent_id && call.ended_at === null)
    .flatMap((call) => call.live?.attention ?? [])
    .filter((attention) => attention.level >= 2 && FAULTS.includes(attention.reason))
  const faults = FAULTS.map((reason) => signs.filter((sign) => sign.reason === reason))
  const most = faults.reduce((a, b) => (b.length > a.length ? b : a))
  const [first] = most.toSorted((a, b) => a.since_at.localeCompare(b.since_at))
  return first ? { attention: first, count: most.length } : null
}
