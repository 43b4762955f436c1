// The agent's side of a call: listens for what the caller wants, answers from the facts, asks back, fetches a
// person, says goodbye. The order of the rules is the order of their weight. Pure.
import type { BrainTool, Thought } from './brain.ts'
import { type Fact, findFact, phraseFact } from './brain-facts.ts'
import { fromNote, fromOutput } from './brain-notes.ts'
import { companyOf } from './brain-orders.ts'
import { HEARS, type Talk } from './brain-talk.ts'
import { callTool, type ToolCall, type ToolMatter } from './brain-tools.ts'

export interface Situation {
  readonly talk: Talk
  readonly facts: readonly Fact[]
  readonly greeting: string
  readonly tools: readonly BrainTool[]
  readonly instructions: string
  readonly seed: string
}

/** The mark by which an open question is found again when the context brings the answer. */
const DONT_KNOW = "I don't have that in front of me"
const ANYTHING_ELSE = /anything else|something else/i
const OFFERS_PERSON = /colleague|someone who can|supervisor/i
const ASKS_WHO = /order number|account number|your name|date of birth|phone number|reference/i

/**
 * What the agent says next, and which tools it calls.
 * @throws never
 * @source ours
 */
export function converse(situation: Situation): Thought {
  const { talk } = situation
  if (talk.outputs.length > 0 && talk.said === '')
    return say(
      talk.outputs
        .map((output) => fromOutput(output))
        .join(' ')
        .trim(),
    )
  const note =
    talk.notes
      .map((text) => fromNote(text))
      .filter((text) => text !== null)
      .at(-1) ?? null
  if (talk.said === '') return say(note ?? openingOrNudge(situation))
  const answer = reply(situation)
  return note ? { ...answer, text: `${answer.text} ${note}` } : answer
}

/** Nobody spoke: greet, come back after a break, or ask whether they are there. */
function openingOrNudge(situation: Situation): string {
  const { talk, greeting } = situation
  if (talk.agentTexts.length === 0 && talk.userTexts.length === 0) return greeting
  if (talk.notes.some((text) => /interrupt|dropped|reconnect|continue|resum/i.test(text)))
    return pick(situation, [
      'Sorry about that, we lost each other for a moment. Please go on.',
      'I am back. Sorry for the pause. Where were we?',
    ])
  if (talk.hasTurn)
    return pick(situation, [
      'Are you still there?',
      'Hello? I can hear you when you are ready.',
      'Take your time. I am still here.',
    ])
  return pick(situation, [
    'Is there anything else I can help you with?',
    'I am still here. What else can I do for you?',
  ])
}

function reply(situation: Situation): Thought {
  const { talk, tools } = situation
  const { said } = talk
  if (/^\(speech, [\d.]+ s\)( \(speech, [\d.]+ s\))*$/.test(said)) return say(unreadable(situation))
  if (HEARS.optsOut.test(said))
    return withTool(
      situation,
      "I understand. I am taking you off our list, and you won't be called again.",
      /opt_?out|do_not_call/i,
      'opt_out',
    )
  if (HEARS.isDistressed.test(said) && !hasCalled(talk, /escalat/i)) return distress(situation)
  if (HEARS.wantsPerson.test(said)) return person(situation)
  const last = talk.agentTexts.at(-1) ?? ''
  if (HEARS.agrees.test(said) && OFFERS_PERSON.test(last) && /\?/.test(last)) return person(situation)
  if (isFarewell(said, last)) return farewell(situation)
  const answered = fromFacts(situation)
  if (answered) return say(answered)
  if (HEARS.identifies.test(said) && ASKS_WHO.test(last)) return say(identified(situation))
  if (HEARS.asks.test(said)) return unknown(situation, tools)
  return say(listen(situation, last))
}

// ---- the single rules

function distress(situation: Situation): Thought {
  const isUrgent = HEARS.isUrgent.test(situation.talk.said)
  const text = isUrgent
    ? 'If this is an emergency, please hang up and dial nine one one. I am getting a person for you right now.'
    : pick(situation, [
        'I am really sorry about this. You should not have to go through that. Let me get a colleague who can fix it.',
        'I understand, and I am sorry. I am asking a colleague to step in right away.',
      ])
  return withTool(situation, text, /escalat/i, 'escalated')
}

function person(situation: Situation): Thought {
  if (hasCalled(situation.talk, /escalat/i))
    return say('I have asked a colleague already. They will be with you in a moment. Thank you for waiting.')
  const text = pick(situation, [
    'Of course. I am asking a colleague to join us. One moment, please.',
    'Certainly. Let me get somebody for you. Please stay on the line.',
  ])
  return withTool(situation, text, /escalat|transfer|handoff/i, 'escalated')
}

function isFarewell(said: string, last: string): boolean {
  if (/^\s*(so |and )?(what|when|where|how|can|could|do|is)\b[^.!]*\?\s*$/i.test(said)) return false
  if (HEARS.saysBye.test(said)) return true
  const isShort = said.split(/\s+/).length <= 9 && !/\?/.test(said)
  return isShort && ANYTHING_ELSE.test(last) && (HEARS.declines.test(said) || HEARS.onlyThanks.test(said))
}

function farewell(situation: Situation): Thought {
  const company = companyOf(situation.instructions, situation.facts)
  const calling = company ? `Thank you for calling ${company}.` : 'Thank you for calling.'
  const text = `${pick(situation, ["You're welcome.", 'My pleasure.', 'Glad I could help.'])} ${calling} ${pick(situation, ['Have a good day. Goodbye!', 'Take care, and goodbye!'])}`
  const isOpen = situation.talk.agentTexts.some((said) => said.includes(DONT_KNOW))
  // Who asked for a person was handed over, also when the person did not come in time.
  const outcome = hasCalled(situation.talk, /escalat/i) ? 'escalated' : isOpen ? 'unresolved' : 'resolved'
  return withTool(situation, text, /end_?call|hang_?up|finish/i, outcome)
}

/** Told rather than asked, a half-matching name is chance. */
const STATEMENT_SCORE = 2.6

/** Answers from the facts; also what could not be answered before and can be now. */
function fromFacts(situation: Situation): string | null {
  const { talk, facts } = situation
  const open = openQuestion(talk)
  const late = open === null ? null : findFact(facts, open)
  const threshold = HEARS.asks.test(talk.said) || /\?/.test(talk.said) ? undefined : STATEMENT_SCORE
  const before = isFragment(talk.said) ? `${talk.userTexts.at(-2) ?? ''} ` : ''
  const now = findFact(facts, talk.said, threshold) ?? (before ? findFact(facts, before + talk.said) : null)
  const parts: string[] = []
  if (late && late !== now) parts.push(`I have the answer to your question now. ${phraseFact(late)}`)
  if (now) {
    const isRepeated = talk.agentTexts.some((said) => said.includes(phraseFact(now)))
    const openers = isRepeated
      ? ['As I said: ', 'Once more: ']
      : ['', 'Let me see. ', 'Yes, I have that here. ', 'Sure. ']
    parts.push(pick(situation, openers) + phraseFact(now))
  }
  if (parts.length === 0) return null
  return `${parts.join(' ')} ${pick(situation, ['Does that help?', 'Is there anything else you would like to know?', 'Is there anything else I can do for you?'])}`
}

function openQuestion(talk: Talk): string | null {
  const last = talk.agentTexts.at(-1) ?? ''
  if (!last.includes(DONT_KNOW)) return null
  return talk.userTexts.at(-2) ?? null
}

/** "The blue one", "For Tuesday": only the question before gives it a meaning. */
function isFragment(said: string): boolean {
  return (
    said.split(/\s+/).length <= 5 && !HEARS.asks.test(said) && !HEARS.agrees.test(said) && !HEARS.declines.test(said)
  )
}

function identified(situation: Situation): string {
  const { talk, facts } = situation
  const topic = talk.userTexts.slice(0, -1).join(' ')
  const found = findFact(facts, `${topic} ${talk.said}`)
  const thanks = pick(situation, [
    'Thank you, I have found you.',
    'Perfect, I can see it now.',
    'Thank you. I have your details here.',
  ])
  const matter = found
    ? phraseFact(found)
    : pick(situation, [
        'I have made a note of the problem, and it is being looked at today.',
        'Everything is in order on our side, and I have added a note to your file.',
      ])
  return `${thanks} ${matter} Is there anything else I can help you with?`
}

function unknown(situation: Situation, tools: readonly BrainTool[]): Thought {
  const { talk } = situation
  if (!hasCalled(talk, /ask_?supervisor/i) && tools.some((tool) => /ask_?supervisor/i.test(tool.name)))
    return withTool(
      situation,
      'That is a good question. Let me check that with my supervisor. One moment.',
      /ask_?supervisor/i,
      'unresolved',
    )
  const offer = hasCalled(talk, /escalat/i)
    ? 'My colleague will be able to tell you.'
    : 'Would you like me to ask a colleague?'
  return say(`I'm sorry, ${DONT_KNOW}. ${offer}`)
}

/** A problem told, or a yes or a no: show that it was heard, and ask on. */
function listen(situation: Situation, last: string): string {
  const { said } = situation.talk
  if (HEARS.declines.test(said)) return 'All right. Is there anything else I can help you with?'
  if (HEARS.agrees.test(said) && ANYTHING_ELSE.test(last)) return 'Of course. What is it?'
  if (HEARS.thanks.test(said)) return "You're welcome. Is there anything else I can help you with?"
  const feeling =
    /\b(problem|broken|wrong|late|lost|missing|twice|not working|damaged|worried|hurts?|pain|stuck|locked)\b/i.test(
      said,
    )
      ? pick(situation, ["I'm sorry to hear that.", 'Oh, that should not happen.', "I'm sorry about the trouble."])
      : pick(situation, ['Thank you.', 'I see.', 'All right.'])
  const agent = situation.talk.agentTexts.join(' ')
  const question = whoQuestion(situation.talk.userTexts.join(' '))
  if (!ASKS_WHO.test(agent) && !agent.includes(question)) return `${feeling} ${question}`
  const notes = [
    'I have noted that down. Is there anything else I should know?',
    'I have added that to your file. Anything else I can do for you?',
    'I understand. How else can I help you?',
  ]
  return `${feeling} ${notes[situation.talk.agentTexts.length % notes.length]}`
}

function whoQuestion(topic: string): string {
  if (/appointment|doctor|prescription|refill|nurse|clinic|medic|lab|test result/i.test(topic))
    return 'May I have your name and date of birth, please?'
  if (/order|package|deliver|ship|parcel/i.test(topic)) return 'May I have your order number, please?'
  if (/bill|invoice|charge|account|payment|subscription|password/i.test(topic))
    return 'Could you give me your account number, please?'
  return 'Could you tell me a little more about it?'
}

/** The caller's words cannot be read (foreign audio): keep the conversation going all the same. */
function unreadable(situation: Situation): string {
  const lines = [
    'Thank you. Could you tell me a little more about that?',
    'I see. Let me make a note of that. What happened then?',
    'I understand. I am looking at your file right now. Everything seems to be in order.',
    'All right. Is there anything else I can help you with?',
  ]
  return lines[Math.max(0, situation.talk.userTexts.length - 1) % lines.length]!
}

// ---- helpers

function withTool(situation: Situation, text: string, names: RegExp, outcome: ToolMatter['outcome']): Thought {
  const matter = matterOf(situation.talk, (question) => findFact(situation.facts, question) !== null)
  const calls: ToolCall[] = callTool(situation.tools, names, { ...matter, outcome })
  return { text, calls }
}

/**
 * What the call is about and how it stands, for arguments and summaries.
 * @throws never
 * @source ours
 */
export function matterOf(talk: Talk, isAnswered: (question: string) => boolean): ToolMatter {
  const readable = talk.userTexts.filter((text) => !text.startsWith('('))
  const questions = readable.filter((text) => HEARS.asks.test(text))
  const topic = questions[0] ?? readable[0] ?? 'an unclear request'
  const isUpset = readable.some((text) => HEARS.isDistressed.test(text))
  const isEscalated = talk.calledTools.some((name) => /escalat/i.test(name))
  const answered = questions.filter(isAnswered).length
  const isOpen = talk.agentTexts.some((text) => text.includes(DONT_KNOW)) && answered < questions.length
  const outcome = isEscalated ? 'escalated' : isOpen ? 'unresolved' : 'resolved'
  const ending =
    outcome === 'resolved'
      ? 'It was answered.'
      : outcome === 'escalated'
        ? 'A colleague was asked to help.'
        : 'It could not be answered.'
  return {
    outcome,
    summary: `The caller said: "${shorten(topic)}" ${ending}`,
    reason: isUpset ? `The caller is upset: "${shorten(readable.at(-1) ?? topic)}"` : shorten(readable.at(-1) ?? topic),
    urgency: readable.some((text) => HEARS.isUrgent.test(text)) ? 'high' : 'normal',
    question: shorten(readable.at(-1) ?? topic),
    why: readable.some((text) => HEARS.wantsPerson.test(text)) ? 'caller_asks' : isUpset ? 'distress' : 'cannot_help',
  }
}

function shorten(text: string): string {
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}

function hasCalled(talk: Talk, names: RegExp): boolean {
  return talk.calledTools.some((name) => names.test(name))
}

function say(text: string): Thought {
  return { text, calls: [] }
}

/** One of several ways to say it: by the session's seed and how far the call has come. */
function pick(situation: Situation, ways: readonly string[]): string {
  let hash = situation.talk.agentTexts.length * 7
  for (let i = 0; i < situation.seed.length; i++) hash = (hash * 31 + situation.seed.charCodeAt(i)) >>> 0
  return ways[hash % ways.length]!
}
