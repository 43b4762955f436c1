// What an instruction orders to be said: quoted texts word for word, greetings, who the agent is. Pure.
import type { Fact } from './brain-facts.ts'

const QUOTED =
  /\b(say|speak|read|repeat|greet|tell|respond|reply|answer|open|begin|start|announce|deliver|utter)\b[^"“\n]{0,160}["“]([^"”]+)["”]/gi
const AFTER_COLON =
  /\b(?:say|speak|read|repeat|greet|tell|announce|utter)\b[^:\n]{0,120}\b(?:exactly|verbatim|word for word|following|this(?: text| sentence| message)?|with|caller|aloud|out loud|text|sentence|message)\b[^:\n]{0,60}:\s*([\s\S]+)$/i
const TAGGED = /\b(?:say|speak|read|repeat|greet|announce)\b[\s\S]{0,200}?<([a-z_]+)>\s*([\s\S]+?)\s*<\/\1>/i

/**
 * The text an order (instructions of one response) wants spoken word for word.
 * @returns null when it orders nothing verbatim
 * @throws never
 * @source protocols: "say exactly this" is a response.create with instructions to read a text verbatim
 */
export function verbatimText(instructions: string): string | null {
  const order = taskOf(instructions)
  const tagged = TAGGED.exec(order)
  if (tagged) return tagged[2]!.trim()
  // Directions come last; a base prompt in front may quote other things.
  const quoted = [...order.matchAll(QUOTED)].at(-1)
  if (quoted) return quoted[2]!.trim()
  const after = AFTER_COLON.exec(order)
  return after
    ? after[1]!
        .trim()
        .split(/\n\s*\n/)[0]!
        .trim()
    : null
}

/** The last paragraph: a whole prompt may stand in front of what is asked for now. */
function taskOf(instructions: string): string {
  return (
    instructions
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? ''
  )
}

/**
 * Whether the order is to tell the caller what changed.
 * @throws never
 * @source ours
 */
export function asksForNews(instructions: string): boolean {
  return /\bcontext\b[^.]{0,40}\bchanged\b|what (is|has) (new|changed)/i.test(taskOf(instructions))
}

/**
 * Whether the order is to open the call.
 * @throws never
 * @source ours
 */
export function asksForGreeting(instructions: string): boolean {
  return /\bgreet\b|begin the call|start the (call|conversation)/i.test(taskOf(instructions))
}

/**
 * What is said when the order only says what it is about.
 * @returns null when the conversation should simply go on
 * @throws never
 * @source ours
 */
export function freeOrder(instructions: string): string | null {
  const order = taskOf(instructions)
  if (order.length > 400) return null
  if (/voice ?mail|answering machine|leave (a|the) message/i.test(order))
    return 'Hello, we tried to reach you. Please call us back at your convenience. Thank you, and goodbye.'
  if (/(time|duration|limit)[^.]{0,60}(up|over|reached|end)|wrap up|end the call politely/i.test(order))
    return 'I am sorry, we have come to the end of the time for this call. Thank you for calling, and goodbye.'
  if (/say ['"“]?(good)?-?bye|farewell/i.test(order)) return 'Thank you for calling. Goodbye.'
  if (/apologi[sz]e/i.test(order)) return 'I am sorry about that, and thank you for your patience.'
  if (/hold|wait|one moment/i.test(order) && order.length < 200) return 'One moment, please. I am looking into it.'
  return null
}

const GREETINGS = [
  /greet[^"“\n]{0,80}["“]([^"”]{3,500})["”]/i,
  /\b(?:greet(?:ing)?(?: the)?(?: callers?| message)?(?: with| by saying)?(?: exactly)?|opening line)\s*[:=]\s*["“]?([^\n"”]{3,500})/i,
]

/**
 * How the call is opened.
 * @throws never
 * @source ours
 */
export function greetingOf(instructions: string, facts: readonly Fact[]): string {
  for (const pattern of GREETINGS) {
    const found = pattern.exec(instructions)
    if (found) return found[1]!.trim()
  }
  const field = facts.find((fact) => /^(greeting|greeting_message|opening_line)$/i.test(fact.path.at(-1) ?? ''))
  if (typeof field?.value === 'string') return field.value
  const name = nameOf(instructions)
  const company = companyOf(instructions, facts)
  const opening = company ? `Hello, thank you for calling ${company}.` : 'Hello, and thank you for calling.'
  return `${opening}${name ? ` This is ${name}.` : ''} How can I help you today?`
}

/**
 * The agent's own name, if the instructions give one.
 * @throws never
 * @source ours
 */
export function nameOf(instructions: string): string | null {
  const found = /\b(?:[Yy]our name is|[Yy]ou are|named|called)\s+([A-Z][a-z]{2,14})\b/.exec(instructions)
  return found && !/^(An?|The|Our|Helpful)$/.test(found[1]!) ? found[1]! : null
}

/**
 * Whom the agent speaks for, if the instructions or facts say so.
 * @throws never
 * @source ours
 */
export function companyOf(instructions: string, facts: readonly Fact[]): string | null {
  const field = facts.find((fact) =>
    /^(company|company_name|business|business_name|clinic|organi[sz]ation|store_name)$/i.test(fact.path.at(-1) ?? ''),
  )
  if (typeof field?.value === 'string') return field.value
  return (
    /\b(?:for|at|of|from|behalf of)\s+([A-Z][\w&'-]+(?:\s+(?:[A-Z][\w&'-]+|&|of))*)/.exec(instructions)?.[1] ?? null
  )
}
