// The words for what the relay says in codes. The product's nouns only.
import type { Attention, AttentionReason, Outcome, Speaker } from '../../../shared/contract/calls.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { Role } from '../../../shared/permissions.ts'

export const REASONS: Record<AttentionReason, string> = {
  asked_for_a_person: 'Asked for a person',
  agent_asks_for_help: 'Agent asks for help',
  escalation_keyword: 'Escalation word said',
  tool_failing: 'Tool failing',
  slow_replies: 'Slow replies',
  long_silence: 'Long silence',
  length_over_limit: 'Length over limit',
  model_trouble: 'Model trouble',
}

export const OUTCOME_WORDS: Record<Outcome, string> = {
  resolved: 'Resolved',
  unresolved: 'Unresolved',
  escalated: 'Escalated',
  transferred: 'Transferred',
  voicemail: 'Voicemail',
  abandoned: 'Abandoned',
  refused: 'Refused',
  failed: 'Failed',
}

/** How a call ended. @param outcome null for a call of which nothing is known any more. @source ours */
export const outcomeWord = (outcome: Outcome | null): string => (outcome ? OUTCOME_WORDS[outcome] : 'Out of reach')

export const SPEAKER_WORDS: Record<Speaker, string> = {
  caller: 'Caller',
  agent: 'Agent',
  supervisor: 'Supervisor',
}

export const ROLE_WORDS: Record<Role, string> = {
  supervisor: 'Supervisor',
  agent_manager: 'Agent manager',
  analyst: 'Analyst',
  tenant_admin: 'Tenant admin',
  platform_admin: 'Platform admin',
}

/** What the relay writes where the caller spoke and no words came of it. @source contract/calls.ts, SpeechTurn */
export const NOT_TRANSCRIBED = '(not transcribed)'

export const LEVEL_WORDS = ['nothing', 'watch', 'needs you', 'now'] as const

/**
 * The evidence cut at the words to stress, in order. The relay gives the words as they stand in the text, so they are
 * looked for as they are; a word does not end before a mark that belongs to its last letter.
 * @source contract/calls.ts, Attention
 */
export function stressed(text: string, words: readonly string[]): Part[] {
  const wanted = words.filter((word) => word !== '').sort((one, two) => two.length - one.length)
  if (wanted.length === 0) return [{ text, is_stressed: false, at: 0 }]
  const either = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  let at = 0
  return text
    .split(new RegExp(`(${either})(?!\\p{M})`, 'giu'))
    .map((part, index): Part => {
      at += part.length
      return { text: part, is_stressed: index % 2 === 1, at: at - part.length }
    })
    .filter((part) => part.text !== '')
}

/** A stretch of a text, and where it starts in it. */
export interface Part {
  text: string
  is_stressed: boolean
  at: number
}

/** What stands in the lane and on a card. @source design.md section 4, attention item */
export function reasonWords(attention: Attention): string {
  return REASONS[attention.reason]
}

/** A refusal in one sentence: what happened, and the field at fault. @source errors.ts; design.md section 6 */
export function problemWords(problem: Problem): string {
  const at_fault = problem.errors?.[0]
  if (!at_fault) return problem.detail || problem.title
  return at_fault.detail
}
