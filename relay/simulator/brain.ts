// The model's mind, without a model: follows instructions and context by rules, so that the same conversation
// with the same context always gets the same answer, and a changed context another. Pure.

import { converse, matterOf } from './brain-dialogue.ts'
import { findFact, readFacts } from './brain-facts.ts'
import { freeOrder, greetingOf, verbatimText } from './brain-orders.ts'
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
  const ordered = input.isOrder ? (verbatimText(input.instructions) ?? orderedFreely(input, talk.said)) : null
  if (ordered !== null) return { text: ordered, calls: [] }
  const greeting = greetingOf(input.instructions, facts)
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

/** A short order without a quotation; a long one is a whole prompt, and the conversation goes on under it. */
function orderedFreely(input: BrainInput, said: string): string | null {
  return said === '' || input.instructions.length < 300 ? freeOrder(input.instructions) : null
}

function forcedTool({ tools, tool_choice }: BrainInput): BrainTool | undefined {
  if (tool_choice === 'required') return tools[0]
  return typeof tool_choice === 'object' ? tools.find((tool) => tool.name === tool_choice.name) : undefined
}
