// The tools the model may call. Source: product text, "The call"; protocols D.11.
import type { ToolDefinition } from './live-ports.ts'

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
          description: 'resolved only if the caller got what they called for',
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
      },
      required: ['reason', 'urgency'],
      additionalProperties: false,
    },
  },
]
