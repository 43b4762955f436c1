// Escalation rules of a context: which words in a caller's turn ask for a person, and whether a call asked for one. Pure.
import { EscalationRules } from '../../shared/contract/agents.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import type { TurnRecord } from './transcript.ts'
import { UNSPACED } from './unspaced-scripts.ts'

/** The rules in force, or none when the context has none that hold their form. */
export function escalationRules(context: JsonObject): EscalationRules {
  const parsed = EscalationRules.safeParse(context.escalation_rules)
  return parsed.success ? parsed.data : { keywords: [] }
}

/**
 * The keywords that occur in a text as whole words, in the text's own spelling, each once. Case, the forms in which
 * Unicode writes a letter, and what stands between words do not matter. One without a letter or digit never fires.
 * @param text what the caller said
 */
export function wordsThatFired(text: string, rules: EscalationRules): string[] {
  const words = wordsOf(text)
  const said = inLine(words.map(({ folded }) => folded))
  const found = rules.keywords.flatMap((keyword) => {
    const wanted = Array.from(keyword, fold).join('').match(WORD) ?? []
    const at = wanted.some((word) => !SYMBOL.test(word)) ? said.indexOf(inLine(wanted)) : -1
    if (at < 0) return []
    const first = said.slice(0, at).split(' ').length - 1
    return [text.slice(words[first]!.from, words[first + wanted.length - 1]!.to)]
  })
  return [...new Set(found)]
}

/**
 * Whether an escalation was raised during a call, as far as its turns tell: they are on disk when it is raised.
 * @source `live/call-machine.ts`, "tools"; `live/call-words.ts`, `callerFinal`
 */
export const isEscalated = (turns: readonly TurnRecord[]): boolean =>
  turns.some(
    (turn) =>
      (turn.kind === 'speech' && turn.rule_words.length > 0) ||
      (turn.kind === 'tool' && turn.name === 'escalate' && !turn.failed),
  )

/** A letter of a script without spaces, or a word of another, or a symbol: "c++" is not "c". Punctuation parts words. */
const WORD = new RegExp(
  `(?=[\\p{L}\\p{N}])[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{N}]\\p{M}*)+|[\\p{Sm}\\p{Sc}\\p{So}]`,
  'gu',
)
const SYMBOL = /^\p{S}/u

/** The words of a text as they are compared, and where each stands in it. */
function wordsOf(text: string): { folded: string; from: number; to: number }[] {
  let folded = ''
  /** For each unit of the folded text, the letter of the text that it comes from. */
  const origin: { from: number; to: number }[] = []
  let at = 0
  for (const letter of text) {
    const place = { from: at, to: at + letter.length }
    const units = fold(letter)
    for (let unit = 0; unit < units.length; unit++) origin.push(place)
    folded += units
    at = place.to
  }
  return [...folded.matchAll(WORD)].map(({ 0: word, index }) => ({
    folded: word,
    from: origin[index]!.from,
    to: origin[index + word.length - 1]!.to,
  }))
}

/** One letter in its plainest form: taken apart, so that a text's form is the sum of its letters'. */
function fold(letter: string): string {
  if (letter <= '\x7f') return letter.toLowerCase()
  // Soft hyphens and the like are not seen.
  if (/\p{DI}/u.test(letter)) return ''
  // The apostrophe that Unicode takes for a letter parts words as the others do.
  if (/[\u02b9-\u02bd]/u.test(letter)) return "'"
  return letter.normalize('NFKD').toUpperCase().toLowerCase()
}

/**
 * Words in a line: they stand as whole words in another text whose line contains theirs. Put together again at the end,
 * because marks may come in any order; the dot of a Turkish capital İ is left out.
 */
const inLine = (words: readonly string[]): string => ` ${words.join(' ')} `.normalize('NFKC').replaceAll('i\u0307', 'i')
