import type { CallSummary } from '../../../../shared/contract/calls.ts'

/**
 * The person who ended a call; null when the agent, the caller, the carrier or the clock did. The record has it as a
 * sentence only.
 * @source `relay/live/call-machine.ts`, hangUp
 */
export function endedBy(call: Pick<CallSummary, 'ended_at' | 'end_reason'>): string | null {
  if (call.ended_at === null) return null
  const name = /^(.+) ended the call\.$/.exec(call.end_reason ?? '')?.[1] ?? null
  return name === null || /^The (agent|caller|carrier)$/.test(name) ? null : name
}
