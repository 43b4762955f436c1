// What a `response.create` asks for, on top of the session: how to say it, and what to think with. Pure, but for
// faults that are counted down.
import type { BrainInput } from './brain.ts'
import { type Conversation, type StoredItem, textOf } from './conversation.ts'
import type { AudioFormat, EffectiveSession } from './effective-session.ts'
import type { FaultSwitch, ModelFaults } from './faults.ts'
import type { ResponseRequest } from './model-protocol.ts'
import type { ResponsePlan } from './model-response.ts'
import { voiceOf } from './model-voices.ts'

/**
 * How the response is made.
 * @throws never
 * @source OpenAI Realtime, response.create
 */
export function planResponse(
  request: ResponseRequest,
  session: EffectiveSession,
  conversation: Conversation,
  faults: FaultSwitch<ModelFaults>,
): ResponsePlan {
  const { voice, format } = request.audio?.output ?? {}
  const voice_name = voice ?? session.audio.output.voice
  const modality = (request.output_modalities ?? session.output_modalities)[0]
  return {
    conversation_id: request.conversation === 'none' ? null : conversation.id,
    modality: modality === 'audio' && forgetsAudio(conversation, faults) ? 'text' : modality,
    voice_name,
    voice: voiceOf(voice_name, session.audio.output.speed),
    format: (format as AudioFormat | undefined) ?? session.audio.output.format,
    max_output_tokens: request.max_output_tokens ?? session.max_output_tokens,
    metadata: request.metadata ?? null,
    failure: failureOf(faults),
  }
}

function failureOf(faults: FaultSwitch<ModelFaults>): string | null {
  const { fail_responses, fail_responses_count } = faults.active
  if (!fail_responses) return null
  return fail_responses_count === undefined || faults.take('fail_responses_count') ? fail_responses : null
}

/** After many text items from the client the model is known to answer in text only. */
function forgetsAudio(conversation: Conversation, faults: FaultSwitch<ModelFaults>): boolean {
  if (faults.take('text_only_responses')) return true
  const limit = faults.active.text_only_after_items
  const given = conversation.items.filter((item) => item.isGiven).length
  if (limit === undefined || given < limit) return false
  // Once: the habit is broken by the client's reaction.
  faults.set({ text_only_after_items: undefined })
  return true
}

/**
 * What the brain is given. Instructions of the request replace the session's.
 * @throws never
 * @source OpenAI Realtime, response.create
 */
export function thinkingOf(
  request: ResponseRequest,
  session: EffectiveSession,
  items: readonly StoredItem[],
  previous_instructions: string | null,
): BrainInput {
  const tools = (request.tools ?? session.tools).filter((tool) => tool.type === 'function')
  return {
    instructions: request.instructions ?? session.instructions,
    isOrder: request.instructions !== undefined,
    previous_instructions,
    items: items.map((item) => {
      const { wire } = item
      if (wire.type === 'message') return { kind: wire.role, text: textOf(item) }
      if (wire.type === 'function_call')
        return { kind: 'call', name: wire.name, call_id: wire.call_id, arguments: wire.arguments }
      return { kind: 'output', call_id: wire.call_id, output: wire.output }
    }),
    tools: tools as BrainInput['tools'],
    tool_choice: request.tool_choice ?? session.tool_choice,
    modality: (request.output_modalities ?? session.output_modalities)[0],
    isOutOfBand: request.conversation === 'none',
    seed: session.id,
  }
}
