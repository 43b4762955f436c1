// The carrier's status words as a ladder: a call only ever climbs it. Pure.
import type { CallStatus } from '../../shared/contract/calls.ts'

const RANK: Record<CallStatus, number> = {
  queued: 0,
  initiated: 1,
  ringing: 2,
  'in-progress': 3,
  completed: 4,
  busy: 4,
  failed: 4,
  'no-answer': 4,
  canceled: 4,
}

export const isTerminal = (status: CallStatus): boolean => RANK[status] === 4

/**
 * The status after a report, whatever order reports come in: the higher rank wins, a terminal status never changes.
 * @source Twilio: callbacks come "with no guarantee of order"; protocols A.2
 */
export function nextStatus(current: CallStatus, reported: CallStatus): CallStatus {
  return RANK[reported] > RANK[current] ? reported : current
}
