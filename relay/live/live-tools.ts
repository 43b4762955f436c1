// The tools the model may call, and what it wants with a call of one. Source: product text, "The call"; protocols D.11.
import { OUTCOMES, type Outcome } from '../../shared/contract/calls.ts'
import type { ToolCall, ToolDefinition } from './live-ports.ts'

export const LIVE_TOOLS: ToolDefinition[] = [
  {
    name: 'end_call',
    description: 'End the call after goodbyes are said. Say how it went.',
    parameters: {
      type: 'object',
      properties: {
        outcome: {
          type: 'string',
          enum: ['resolved', 'unresolved', 'escalated', 'voicemail'],
          description:
            'resolved only if the caller got what they called for; escalated if you asked for a person and the caller still needs one',
        },
        summary: { type: 'string', description: 'One sentence: what the caller wanted and what was done' },
      },
      required: ['outcome', 'summary'],
      additionalProperties: false,
    },
  },
  {
    name: 'escalate',
    description:
      'Tell a human supervisor that this call needs a person: the caller asks for one, is in distress, or you cannot help.',
    parameters: {
      type: 'object',
      properties: {
        reason: { type: 'string', description: 'One sentence for the supervisor' },
        urgency: { type: 'string', enum: ['normal', 'high'] },
        why: {
          type: 'string',
          enum: ['caller_asks', 'distress', 'cannot_help'],
          description: 'caller_asks only if the caller asked for a person',
        },
      },
      required: ['reason', 'urgency', 'why'],
      additionalProperties: false,
    },
  },
]

export type ToolWish =
  | { type: 'end_call'; outcome: Outcome | null; summary: string | null }
  | { type: 'escalate'; reason: string; is_urgent: boolean; caller_asks: boolean }
  /** It cannot be done; the model is told why. */
  | { type: 'problem'; text: string }

export function readToolCall({ name, arguments_json }: ToolCall): ToolWish {
  const args = parseArguments(arguments_json)
  if (args === null) return { type: 'problem', text: 'The arguments are not a JSON object.' }
  if (name === 'escalate')
    return {
      type: 'escalate',
      reason: String(args.reason ?? ''),
      is_urgent: args.urgency === 'high',
      caller_asks: args.why === 'caller_asks',
    }
  if (name !== 'end_call') return { type: 'problem', text: `There is no tool named ${name}.` }
  return {
    type: 'end_call',
    outcome: OUTCOMES.find((known) => known === args.outcome) ?? null,
    summary: typeof args.summary === 'string' ? args.summary : null,
  }
}

/** A model that has nothing to say of a call may write nothing at all. */
function parseArguments(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
