// What the instructions say, as facts that can be looked up: JSON objects, `key: value` lines, plain sentences.
// Later facts replace earlier ones of the same name, so a changed context changes the next answer. Pure.

export interface Fact {
  /** Names from the outside in, e.g. ["hours", "monday"]. Empty for a sentence. */
  readonly path: readonly string[]
  readonly value: unknown
  readonly key_words: ReadonlySet<string>
  readonly value_words: ReadonlySet<string>
}

/** Words of one meaning, so that a caller need not know the name of a field. */
const MEANINGS: Record<string, string> = Object.fromEntries(
  Object.entries({
    refund: 'refunds return returned returning money-back reimburse',
    hours: 'open opening opens close closing closes opened closed',
    price: 'prices cost costs fee fees much copay rate rates',
    invoice: 'bill bills billed billing invoices charge charged charges balance',
    payment: 'payments paid pay pays paying',
    pickup: 'pick picked collect',
    location: 'locations address located directions',
    delivery:
      'deliver delivered deliveries ship shipped shipping shipment arrive arrives arrival arriving package parcel tracking',
    appointment: 'appointments booking book booked slot slots visit visits schedule reschedule availability available',
    doctor: 'doctors dr physician physicians provider providers nurse',
    prescription: 'prescriptions refill refills medication medications medicine medicines pharmacy',
    insurance: 'insured insurances coverage covered cover plan plans',
    warranty: 'warranties guarantee guaranteed',
    discount: 'discounts promo promotion promotions deal deals offers coupon',
    cancel: 'cancelled canceled cancelling canceling cancellation',
    order: 'orders ordered purchase purchased',
    result: 'results lab labs test tests',
    contact: 'phone email mail telephone reach',
    upgrade: 'upgraded upgrades upgrading',
  }).flatMap(([meaning, words]) => [...words.split(' ').map((word) => [word, meaning]), [meaning, meaning]]),
)

const IDLE = new Set(
  'a an the and or but of on in at to for from with without by as is are was were be been being am do does did have has had i me my mine we our us you your it its this that these those there here what which who when how why can could would should will may might must just please so if then than not no yes any some tell about know need want like get got give let go going hello hi hey ok okay well really very also again one still now actually maybe thing something someone up out'.split(
    ' ',
  ),
)

/**
 * The words that carry meaning, in one form each.
 * @throws never
 * @source ours
 */
export function meaningWords(text: string): Set<string> {
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/['’]s\b/g, '')
    .split(/[^a-z0-9]+/)
  return new Set(words.filter((word) => word.length > 1 && !IDLE.has(word)).map((word) => MEANINGS[word] ?? stem(word)))
}

function stem(word: string): string {
  if (/^\d+$/.test(word) || word.length < 5) return word
  return word.replace(/(ies)$/, 'y').replace(/(?<!s)s$/, '')
}

/**
 * All facts of a text, the last of a name winning.
 * @throws never
 * @source ours
 */
export function readFacts(...texts: readonly string[]): Fact[] {
  const facts = new Map<string, Fact>()
  for (const text of texts) {
    const { objects, rest } = takeJson(text)
    for (const fact of readLines(rest)) facts.set(fact.path.join('/').toLowerCase() || String(fact.value), fact)
    for (const object of objects)
      for (const fact of flatten(object, [])) facts.set(fact.path.join('/').toLowerCase(), fact)
  }
  return [...facts.values()]
}

/** Finds balanced braces that parse; what is left is read line by line. */
function takeJson(text: string): { objects: unknown[]; rest: string } {
  const objects: unknown[] = []
  let rest = ''
  for (let at = 0; at < text.length; ) {
    const end = text[at] === '{' ? closingBrace(text, at) : -1
    const parsed = end > 0 ? parseObject(text.slice(at, end)) : null
    if (parsed) objects.push(parsed)
    else rest += text[at]
    at = parsed ? end : at + 1
  }
  return { objects, rest }
}

function closingBrace(text: string, start: number): number {
  let depth = 0
  let isQuoted = false
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (isQuoted) {
      if (sign === '\\') at++
      else if (sign === '"') isQuoted = false
    } else if (sign === '"') isQuoted = true
    else if (sign === '{') depth++
    else if (sign === '}' && --depth === 0) return at + 1
  }
  return -1
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

function flatten(value: unknown, path: readonly string[]): Fact[] {
  if (typeof value !== 'object' || value === null) return value === null || path.length === 0 ? [] : [fact(path, value)]
  if (Array.isArray(value)) {
    if (value.every((part) => typeof part !== 'object'))
      return value.length > 0 && path.length > 0 ? [fact(path, value)] : []
    return value.flatMap((part) => flatten(part, path.length > 0 ? path : ['']))
  }
  const parts = Object.entries(value)
  const inner = parts.flatMap(([key, part]) => flatten(part, [...path, key]))
  const isSmall = path.length > 0 && parts.length <= 5 && parts.every(([, part]) => typeof part !== 'object')
  return isSmall ? [fact(path, value), ...inner] : inner
}

const LINE = /^(\s*)(?:[-*•]\s+|\d+[.)]\s+)?\**"?([A-Za-z][A-Za-z0-9 _.\-/']{0,48}?)"?\**\s*:(?!\/\/)\**\s*(.*)$/
/** Lines that direct the agent rather than tell it something. */
const DIRECTIVE =
  /^(you|your (role|task|job|goal)|never|always|do|don't|please|if|when|be|keep|use|answer|speak|say|ask|greet|tell|note|important|rules?|instructions?|example|tone|style|role|task|goal|context|business context|respond|language|remember|read|make|let|end|call)\b/i

function readLines(text: string): Fact[] {
  const facts: Fact[] = []
  const parents: { indent: number; key: string }[] = []
  for (const line of text.split('\n')) {
    const [, space = '', key = '', value = ''] = LINE.exec(line) ?? []
    if (key === '') {
      facts.push(...readSentences(line))
      continue
    }
    while (parents.length > 0 && parents.at(-1)!.indent >= space.length) parents.pop()
    const path = [...parents.map((parent) => parent.key), key]
    if (value.trim() === '') parents.push({ indent: space.length, key })
    else if (!DIRECTIVE.test(key) && key.split(/[\s_]+/).length <= 6) facts.push(fact(path, readValue(value)))
  }
  return facts
}

function readValue(text: string): unknown {
  const bare = text.trim().replace(/,$/, '')
  try {
    return JSON.parse(bare)
  } catch {
    return bare.replace(/^["']|["']$/g, '')
  }
}

const TELLS =
  /\b(is|are|was|takes?|costs?|opens?|closes?|can|will|has|have|lasts?|within|must|accepts?|offers?|arrives?|allows?)\b/i

/** Sentences about the agent's work are not for the caller. */
const BEHIND_THE_SCENES = /\b(you|callers?|context|tool|agent|prompt|json)\b/i

/** Plain sentences that state something, for prompts that weave the context into prose. */
function readSentences(line: string): Fact[] {
  const sentences =
    line.replace(/^\s*(?:[-*•#]+\s+|\d+[.)]\s+)/, '').match(/[^.!?]+(?:[.!?](?=\S)[^.!?]*)*[.!?]?/g) ?? []
  return sentences
    .map((sentence) => sentence.trim())
    .filter(
      (sentence) =>
        sentence.length > 12 &&
        sentence.length < 300 &&
        TELLS.test(sentence) &&
        !DIRECTIVE.test(sentence) &&
        !BEHIND_THE_SCENES.test(sentence),
    )
    .map((sentence) => {
      const [before = '', ...after] = sentence.split(TELLS)
      return {
        path: [],
        value: sentence,
        key_words: meaningWords(before),
        value_words: meaningWords(after.join(' ')),
      }
    })
}

function fact(path: readonly string[], value: unknown): Fact {
  const text = typeof value === 'object' ? Object.values(value as object).join(' ') : String(value)
  return { path, value, key_words: meaningWords(path.join(' ')), value_words: meaningWords(text) }
}

/**
 * Facts that are new or other than before; the parts of a changed object speak for it.
 * @throws never
 * @source ours
 */
export function changedFacts(before: readonly Fact[], after: readonly Fact[]): Fact[] {
  const known = new Map(before.map((fact) => [fact.path.join('/'), JSON.stringify(fact.value)]))
  return after.filter((fact) => {
    const isSpeakable = fact.path.length > 0 && !NEVER_SPOKEN.test(fact.path.join('/'))
    const isWhole = typeof fact.value === 'object' && !Array.isArray(fact.value)
    return isSpeakable && !isWhole && known.get(fact.path.join('/')) !== JSON.stringify(fact.value)
  })
}

/**
 * The fact that answers best.
 * @param threshold what fits must score: half of a two-word name is 2.25, a whole name 3
 * @returns null when nothing fits well enough
 * @throws never
 * @source ours: names count three times as much as values, and rare words more than common ones
 */
export function findFact(facts: readonly Fact[], question: string, threshold = 2.2): Fact | null {
  const asked = meaningWords(question)
  let best: Fact | null = null
  let bestScore = threshold
  for (const candidate of facts) {
    const score = scoreOf(candidate, asked)
    if (score > bestScore) [best, bestScore] = [candidate, score]
  }
  return best
}

function scoreOf(candidate: Fact, asked: ReadonlySet<string>): number {
  if (NEVER_SPOKEN.test(candidate.path.join('/'))) return 0
  let named = 0
  let valued = 0
  let number = 0
  for (const word of asked) {
    const isNumber = /^\d{3,}$/.test(word)
    if (candidate.key_words.has(word)) named++
    else if (candidate.value_words.has(word)) valued++
    else continue
    if (isNumber) number += 3
  }
  if (named === 0 && number === 0) return valued >= 2 ? 1 + valued * 0.7 : 0
  const coverage = named / Math.max(candidate.key_words.size, 1)
  return named * 3 * (0.5 + 0.5 * coverage) + Math.min(valued, 2) * 0.8 + number
}

const NEVER_SPOKEN = /greeting|escalation_rules|persona|voice|secret|password|token|opening_line|system_prompt/i

/**
 * A fact as a sentence to say.
 * @throws never
 * @source ours
 */
export function phraseFact({ path, value }: Fact): string {
  if (path.length === 0) return ended(String(value))
  const label = labelOf(path)
  if (typeof value === 'boolean')
    return value ? `Yes: ${label}, that is available.` : `I'm afraid not. ${capital(label)} is not available.`
  if (Array.isArray(value)) return `For ${label} we have ${joined(value.map(spoken))}.`
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => `${labelOf([key])} ${spoken(part)}`)
    return `About ${label}: ${joined(parts)}.`
  }
  const text = spoken(value)
  if (/[.!?]$/.test(text) || STANDS_ALONE.test(text)) return capital(ended(text))
  const plural = /[^s]s$/.test(label) && !/status$/.test(label)
  return `The ${label} ${plural ? 'are' : 'is'} ${ended(text)}`
}

/** Values that are sentences already and need no "The … is" before them. */
const STANDS_ALONE =
  /^(we|you|it|they|he|she|an?|the|this|that|stop|please|bring|give|call|yes|no|if)\b(?=.* .* )|\b(is|are|was|were|takes?|ships?|needs?|drops?|left|comes?|goes|will|can|must)\b/i

function labelOf(path: readonly string[]): string {
  const name = path
    .filter((part) => part !== '' && !/^(context|data|policies|info|details|company|business|faq|facts)$/i.test(part))
    .slice(-2)
  return (name.length > 0 ? name : path)
    .join(' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_\-./]+/g, ' ')
    .trim()
    .toLowerCase()
}

function spoken(value: unknown): string {
  return String(value).replace(/_/g, ' ').trim()
}

function joined(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
