// The model's mind, without a model: follows instructions and context by rules, so that the same conversation
// with the same context always gets the same answer, and a changed context another. Pure.

import { converse, matterOf } from './brain-dialogue.ts'
import { changedFacts, type Fact, findFact, phraseFact, readFacts } from './brain-facts.ts'
import { asksForGreeting, asksForNews, freeOrder, greetingOf, verbatimText } from './brain-orders.ts'
import { sideAnswer } from './brain-side.ts'
import { readTalk } from './brain-talk.ts'
import { argumentsFor, type ToolCall } from './brain-tools.ts'

export interface BrainTool {
  readonly name: string
  readonly description?: string
  readonly parameters?: Record<string, unknown>
}

export type BrainItem =
  | { kind: 'user' | 'assistant' | 'system'; text: string }
  | { kind: 'call'; name: string; call_id: string; arguments: string }
  | { kind: 'output'; call_id: string; output: string }

export interface BrainInput {
  readonly instructions: string
  /** The instructions came with this one response, not with the session. */
  readonly isOrder: boolean
  /** The instructions of the response before, so that a change can be told. */
  readonly previous_instructions: string | null
  readonly items: readonly BrainItem[]
  readonly tools: readonly BrainTool[]
  readonly tool_choice: string | { type: string; name?: string | null | undefined }
  readonly modality: 'audio' | 'text'
  readonly isOutOfBand: boolean
  /** Varies phrases between sessions. */
  readonly seed: string
}

export interface Thought {
  /** What is said or written; may be empty. */
  readonly text: string
  readonly calls: readonly ToolCall[]
}

/**
 * Decides what the model says and does next.
 * @throws never
 * @source ours
 */
export function think(input: BrainInput): Thought {
  const talk = readTalk(input.items)
  const facts = readFacts(input.instructions, ...talk.systemTexts)
  const isAnswered = (question: string) => findFact(facts, question) !== null
  const forced = forcedTool(input)
  if (forced)
    return {
      text: '',
      calls: [{ name: forced.name, arguments: argumentsFor(forced, matterOf(talk, isAnswered)) }],
    }
  if (input.isOutOfBand && input.modality === 'text')
    return { text: sideAnswer(input.instructions, talk, isAnswered), calls: [] }
  const greeting = greetingOf(input.instructions, facts)
  const ordered = input.isOrder ? orderedText(input, facts, greeting) : null
  if (ordered !== null) return { text: ordered, calls: [] }
  const thought = converse({
    talk,
    facts,
    greeting,
    tools: input.tools,
    instructions: input.instructions,
    seed: input.seed,
  })
  return input.tool_choice === 'none' ? { ...thought, calls: [] } : thought
}

/** What the instructions of one response want said, if they want something particular. */
function orderedText(input: BrainInput, facts: readonly Fact[], greeting: string): string | null {
  const { instructions, previous_instructions } = input
  const verbatim = verbatimText(instructions)
  if (verbatim !== null) return verbatim
  if (asksForNews(instructions)) {
    const news = changedFacts(readFacts(previous_instructions ?? ''), facts).slice(0, 2)
    if (news.length > 0) return `I have news for you. ${news.map(phraseFact).join(' ')}`
    return 'I have just been given an update, and I will keep it in mind.'
  }
  return asksForGreeting(instructions) ? greeting : freeOrder(instructions)
}

function forcedTool({ tools, tool_choice }: BrainInput): BrainTool | undefined {
  if (tool_choice === 'required') return tools[0]
  return typeof tool_choice === 'object' ? tools.find((tool) => tool.name === tool_choice.name) : undefined
}
