// The habits of compatible servers: what is left out, and what is called by its old name. Pure.
import type { ModelProfile } from './model.ts'

interface ShapedEvent {
  readonly type: string
  readonly fields: Record<string, unknown>
}

const BETA_NAMES: Record<string, string> = {
  'response.output_audio.delta': 'response.audio.delta',
  'response.output_audio.done': 'response.audio.done',
  'response.output_audio_transcript.delta': 'response.audio_transcript.delta',
  'response.output_audio_transcript.done': 'response.audio_transcript.done',
  'response.output_text.delta': 'response.text.delta',
  'response.output_text.done': 'response.text.done',
  'conversation.item.added': 'conversation.item.created',
}

const UNACKNOWLEDGED = new Set([
  'conversation.item.added',
  'conversation.item.done',
  'conversation.item.truncated',
  'conversation.item.deleted',
  'rate_limits.updated',
])

/**
 * An event as this kind of server sends it.
 * @returns no event, or one
 * @throws never
 * @source compatible servers: speaches and the retired beta (names), speech-to-speech (no acknowledgements)
 */
export function shapeEvent(profile: ModelProfile, type: string, fields: Record<string, unknown>): ShapedEvent[] {
  switch (profile) {
    case 'openai':
    case 'pcm_only':
      return [{ type, fields }]
    case 'no_acks':
      return UNACKNOWLEDGED.has(type) ? [] : [{ type, fields }]
    case 'beta_names':
      return type === 'conversation.item.done' ? [] : [{ type: BETA_NAMES[type] ?? type, fields }]
    default:
      return profile satisfies never
  }
}
