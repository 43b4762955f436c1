// Why a call needs a person, or needed one when it is over: an escalated call that ended is no quiet call. Pure.
import type { Attention, CallSummary, Turn } from '../../../../shared/contract/calls.ts'

/**
 * @param kept what was seen when the call ended; nothing for a call that ended before
 * @returns of a live call what the relay says; of one that is over also what its turns tell
 * @source design.md principle 6; `relay/calls/escalation.ts`, isEscalated
 */
export function needsOf(call: CallSummary, turns: readonly Turn[], kept: readonly Attention[]): readonly Attention[] {
  if (call.ended_at === null) return call.live?.attention ?? []
  const told = turns.flatMap(needOf)
  const first = told.filter((each, index) => told.findIndex(({ reason }) => reason === each.reason) === index)
  return [...kept, ...first.filter(({ reason }) => !kept.some((other) => other.reason === reason))].sort(
    (a, b) => b.level - a.level || a.since_at.localeCompare(b.since_at),
  )
}

/** What one turn says of it, at the level such a reason has by itself. @source `relay/calls/attention.ts` */
function needOf(turn: Turn): Attention[] {
  if (turn.kind === 'speech' && turn.rule_words.length > 0) {
    const { speaker, text, rule_words, at } = turn
    return [{ level: 2, reason: 'escalation_keyword', evidence: text, speaker, words: rule_words, since_at: at }]
  }
  if (turn.kind !== 'tool' || turn.name !== 'escalate' || turn.failed) return []
  const { reason, why, urgency } = turn.arguments
  const asked = why === 'caller_asks'
  return [
    {
      level: asked || urgency === 'high' ? 3 : 2,
      reason: asked ? 'asked_for_a_person' : 'agent_asks_for_help',
      evidence: typeof reason === 'string' ? reason : '',
      speaker: null,
      words: [],
      since_at: turn.at,
    },
  ]
}
