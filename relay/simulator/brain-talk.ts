// The conversation as the brain sees it: what the caller said last, what was said before, what is still open.
// Pure.
import type { BrainItem } from './brain.ts'

export interface Talk {
  /** What the caller said since the agent spoke last. */
  readonly said: string
  /** Something was said at all, readable or not. */
  readonly hasTurn: boolean
  /** Notes for the agent since it spoke last. */
  readonly notes: readonly string[]
  /** Results of tools since the agent spoke last, with the tool's name. */
  readonly outputs: readonly { name: string; output: string }[]
  readonly userTexts: readonly string[]
  readonly agentTexts: readonly string[]
  readonly systemTexts: readonly string[]
  readonly calledTools: readonly string[]
}

/**
 * Reads the items of a conversation.
 * @throws never
 * @source ours
 */
export function readTalk(items: readonly BrainItem[]): Talk {
  const lastSpoken = items.findLastIndex((item) => item.kind === 'assistant' && item.text !== '')
  const recent = items.slice(lastSpoken + 1)
  const names = new Map(items.flatMap((item) => (item.kind === 'call' ? [[item.call_id, item.name] as const] : [])))
  // What came before a tool's result was dealt with by calling the tool.
  const lastResult = recent.findLastIndex((item) => item.kind === 'output')
  const recentUser = recent.slice(lastResult + 1).filter((item) => item.kind === 'user')
  return {
    said: recentUser
      .map((item) => ('text' in item ? item.text : ''))
      .filter((text) => text !== '')
      .join(' '),
    hasTurn: recentUser.length > 0,
    notes: texts(recent, 'system'),
    outputs: recent.flatMap((item) =>
      item.kind === 'output' ? [{ name: names.get(item.call_id) ?? '', output: item.output }] : [],
    ),
    userTexts: texts(items, 'user'),
    agentTexts: texts(items, 'assistant'),
    systemTexts: texts(items, 'system'),
    calledTools: [...names.values()],
  }
}

function texts(items: readonly BrainItem[], kind: 'user' | 'assistant' | 'system'): string[] {
  return items.flatMap((item) => (item.kind === kind && item.text !== '' ? [item.text] : []))
}

/** What a caller's words amount to. */
export const HEARS = {
  wantsPerson:
    /\b(real|actual|live) (person|human|agent)|\b(a|another|some) (person|human)\b|\bhuman being|\bsupervisor\b|\b(your|the|a) manager\b|\brepresentative\b|(speak|talk) (to|with) (a|an|your|someone|somebody|anyone)|transfer me|put me through|\boperator\b/i,
  isDistressed:
    /\b(ridiculous|unacceptable|outrageous|furious|fed up|lawyer|sue you|terrible|the worst|sick of|third time|chest pain|emergency|scared|can't breathe|cannot breathe|useless|incompetent|disgusting)\b/i,
  isUrgent:
    /\b(chest pain|smoke|on fire|gas leak|emergency|can't breathe|cannot breathe|bleeding|fainted|passed out)\b/i,
  optsOut:
    /\b(don't|do not|stop|never) call(ing)? (me|us|here|this)|take me off|remove (me|my number)|do[- ]not[- ]call list/i,
  saysBye:
    /\b(good ?bye|bye[- ]?bye|bye( now)?\b|that('s| is| was| will be) (all|it|everything)\b(?! (right|fine|good|well))|nothing else|have a (good|nice|great|lovely)|talk to you later)/i,
  thanks: /\b(thank you|thanks|cheers|appreciate)\b/i,
  /** Thanks alone, at the beginning. */
  onlyThanks: /^(okay |ok |oh |great |perfect |wonderful |all right )?[,.]?\s*(thank you|thanks)\b/i,
  agrees:
    /^(oh |well |um |uh )?(yes|yeah|yep|sure|please|okay|ok|correct|right|that's right|exactly|of course|go ahead)\b/i,
  declines: /^(oh |well |um |uh )?(no|nope|not really|i'm good|not today)\b/i,
  asks: /\?|^(so |and |but |okay |well |um )?(what|when|where|who|why|how|is|are|can|could|do|does|did|will|would|may|which)\b/i,
  identifies:
    /\d{3,}|\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)[\s,-]+){2,}|\bmy name is\b|\bthis is [A-Z]|\bborn\b|\bdate of birth\b|\bmy number is\b|\b(january|february|march|april|may|june|july|august|september|october|november|december) (\d|the|first|second|third|twent)/i,
} as const
