// Answers beside the call, in text: summaries, classifications, suggestions for a supervisor. Pure.
import { matterOf } from './brain-dialogue.ts'
import type { Talk } from './brain-talk.ts'
import { HEARS } from './brain-talk.ts'

/**
 * The answer to an out-of-band question.
 * @returns JSON where the instructions ask for JSON, else a sentence or two
 * @throws never
 * @source ours
 */
export function sideAnswer(instructions: string, talk: Talk, isAnswered: (question: string) => boolean): string {
  const matter = matterOf(talk, isAnswered)
  const mood = talk.userTexts.some((text) => HEARS.isDistressed.test(text)) ? 'upset' : 'calm'
  if (/\bjson\b/i.test(instructions)) {
    const known: Record<string, unknown> = {
      outcome: matter.outcome,
      summary: matter.summary,
      reason: matter.reason,
      sentiment: mood === 'upset' ? 'negative' : 'neutral',
      mood,
      resolved: matter.outcome === 'resolved',
      topic: matter.reason,
      urgency: matter.urgency,
    }
    const named = Object.keys(known).filter((key) => new RegExp(`\\b${key}\\b`, 'i').test(instructions))
    return JSON.stringify(
      Object.fromEntries((named.length > 0 ? named : ['outcome', 'summary']).map((key) => [key, known[key]])),
    )
  }
  if (/suggest|next (line|sentence|step)|what should/i.test(instructions))
    return mood === 'upset'
      ? 'Acknowledge the trouble, then offer a colleague.'
      : 'Answer the question, then ask whether anything else is needed.'
  return matter.summary
}
