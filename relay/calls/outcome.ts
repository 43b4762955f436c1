// How a call ended when neither the model nor a supervisor said so. Pure; the rules are the text below.
import type { Outcome } from '../../shared/contract/calls.ts'

export interface OutcomeFacts {
  /** From the model's end-call tool. */
  said_by_agent: Outcome | null
  said_by_supervisor: Outcome | null
  escalated: boolean
  failed: boolean
  caller_spoke: boolean
}

/**
 * Outcome of an ended call that reached its agent, the first rule that fits:
 * a supervisor's word; the model's word; it broke: failed; an escalation was raised: escalated;
 * the caller never spoke: abandoned; else unresolved.
 * @source product text, "Success rate": outcome comes from the tool, or the supervisor, or else from stated rules
 */
export function decideOutcome(facts: OutcomeFacts): Outcome {
  if (facts.said_by_supervisor) return facts.said_by_supervisor
  if (facts.said_by_agent) return facts.said_by_agent
  if (facts.failed) return 'failed'
  if (facts.escalated) return 'escalated'
  if (!facts.caller_spoke) return 'abandoned'
  return 'unresolved'
}
