// Escalation rules of a context: which words in a caller's turn ask for a person. Pure.
import { EscalationRules } from '../../shared/contract/agents.ts'
import type { JsonObject } from '../../shared/primitives.ts'

/** The rules in force, or none when the context has none that hold their form. */
export function escalationRules(context: JsonObject): EscalationRules {
  const parsed = EscalationRules.safeParse(context.escalation_rules)
  return parsed.success ? parsed.data : { keywords: [] }
}

/**
 * The keywords that occur in a text as whole words, in the text's own spelling, each once.
 * @param text what the caller said
 */
export function wordsThatFired(text: string, rules: EscalationRules): string[] {
  const found = rules.keywords.flatMap((keyword) => {
    const words = keyword
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const match = new RegExp(`(?<![\\p{L}\\p{N}])${words.join('\\s+')}(?![\\p{L}\\p{N}])`, 'iu').exec(text)
    return match ? [match[0]] : []
  })
  return [...new Set(found)]
}
