// The model's words into ours: one server event in, one RealtimeEvent out, or null for what concerns no one here.
// Old event names are accepted beside the GA ones. Source: OpenAI Realtime server events; protocols D.6, D.7, E.
import { z } from 'zod'
import type { RateLimit, RealtimeEvent, ToolCall } from '../live/live-ports.ts'

const Tokens = z.number().nonnegative().transform(Math.round).optional().catch(undefined)
const UsageDetails = z.object({ text_tokens: Tokens, audio_tokens: Tokens, image_tokens: Tokens })
const Usage = z.object({
  input_tokens: Tokens,
  output_tokens: Tokens,
  input_token_details: UsageDetails.extend({
    cached_tokens: Tokens,
    cached_tokens_details: UsageDetails.optional().catch(undefined),
  })
    .optional()
    .catch(undefined),
  output_token_details: UsageDetails.optional().catch(undefined),
})
const TranscriptionUsage = z.union([
  z.object({ type: z.literal('duration'), seconds: z.number() }),
  z.object({ type: z.literal('tokens'), input_tokens: z.number().default(0), output_tokens: z.number().default(0) }),
])
const OutputItem = z.object({
  type: z.string(),
  status: z.string().nullish(),
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
})
const ResponseObject = z.object({
  id: z.string(),
  status: z.enum(['completed', 'cancelled', 'incomplete', 'failed']).catch('completed'),
  status_details: z
    .object({
      reason: z.string().nullish(),
      error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
    })
    .nullish(),
  output: z.array(OutputItem).catch([]),
  usage: Usage.nullish().catch(null),
})
const ErrorObject = z.object({
  code: z.string().nullish(),
  message: z.string().catch('The model refused a request.'),
  param: z.string().nullish(),
  event_id: z.string().nullish(),
})

// One object for each event, made once: to make one costs more than everything else that is done with an event.
const Item = z.object({ item_id: z.string() })
const Answer = Item.extend({ response_id: z.string() })
const Speech = z.object({ item_id: z.string().nullable().catch(null) })
const SpeechStarted = Speech.extend({ audio_start_ms: z.number().catch(0) })
const SpeechStopped = Speech.extend({ audio_end_ms: z.number().catch(0) })
const CallerText = Item.extend({ delta: z.string() })
const CallerTranscribed = Item.extend({ transcript: z.string(), usage: TranscriptionUsage.nullish().catch(null) })
const CallerNotTranscribed = Item.extend({ error: ErrorObject.optional() })
const ResponseStarted = z.object({ response: z.object({ id: z.string() }) })
const AgentText = Answer.extend({ delta: z.string() })
const AgentTextDone = Answer.extend({ transcript: z.string() })
const ResponseDone = z.object({ response: ResponseObject })
const Refusal = z.object({ error: ErrorObject })
const SessionObject = z.object({
  session: z.looseObject({
    model: z.string().optional(),
    instructions: z.string().optional(),
    audio: z
      .looseObject({
        input: z
          .looseObject({
            format: z.looseObject({ type: z.string() }).optional(),
            transcription: z.looseObject({ model: z.string().optional() }).nullish(),
          })
          .optional(),
        output: z
          .looseObject({
            format: z.looseObject({ type: z.string() }).optional(),
            voice: z.union([z.string(), z.looseObject({})]).optional(),
          })
          .optional(),
      })
      .optional(),
  }),
})
export type SessionFacts = z.infer<typeof SessionObject>['session']

/** `session.*` events are the transport's own affair: it configures and checks the session. */
export const parseSession = (message: unknown): SessionFacts | null =>
  SessionObject.safeParse(message).data?.session ?? null

export const parseError = (message: unknown): z.infer<typeof ErrorObject> =>
  Refusal.safeParse(message).data?.error ?? {
    message: 'The model reported an error without a text.',
  }

/** What voice detection adds around a turn; the model's times include it. Source: OpenAI Realtime, speech_started, speech_stopped. */
export interface TurnPadding {
  prefix_padding_ms: number
  silence_duration_ms: number
}

/**
 * @param message a parsed server event
 * @param padding taken off the times of a turn, so that they say when the caller's voice began and ended
 * @returns null for events that need no one
 * @throws ZodError when the event lacks what its type promises
 */
export function translate(message: { type: string }, padding: TurnPadding): RealtimeEvent | null {
  switch (message.type) {
    case 'input_audio_buffer.speech_started': {
      const event = SpeechStarted.parse(message)
      return {
        type: 'speech_started',
        item_id: event.item_id,
        audio_start_ms: event.audio_start_ms + padding.prefix_padding_ms,
      }
    }
    case 'input_audio_buffer.speech_stopped': {
      const event = SpeechStopped.parse(message)
      return {
        type: 'speech_stopped',
        item_id: event.item_id,
        audio_end_ms: Math.max(0, event.audio_end_ms - padding.silence_duration_ms),
      }
    }
    case 'conversation.item.input_audio_transcription.delta': {
      const event = CallerText.parse(message)
      return { type: 'caller_text', item_id: event.item_id, delta: event.delta }
    }
    case 'conversation.item.input_audio_transcription.completed': {
      const event = CallerTranscribed.parse(message)
      return { type: 'caller_transcribed', item_id: event.item_id, text: event.transcript, usage: event.usage ?? null }
    }
    case 'conversation.item.input_audio_transcription.failed': {
      const event = CallerNotTranscribed.parse(message)
      return { type: 'caller_not_transcribed', item_id: event.item_id, reason: event.error?.message ?? 'unknown' }
    }
    case 'response.created':
      return {
        type: 'response_started',
        response_id: ResponseStarted.parse(message).response.id,
      }
    case 'response.output_audio_transcript.delta':
    case 'response.audio_transcript.delta': {
      const event = AgentText.parse(message)
      return { type: 'agent_text', response_id: event.response_id, item_id: event.item_id, delta: event.delta }
    }
    case 'response.output_audio_transcript.done':
    case 'response.audio_transcript.done': {
      const event = AgentTextDone.parse(message)
      return { type: 'agent_text_done', response_id: event.response_id, item_id: event.item_id, text: event.transcript }
    }
    case 'response.output_audio.done':
    case 'response.audio.done': {
      const event = Answer.parse(message)
      return { type: 'agent_audio_done', response_id: event.response_id, item_id: event.item_id }
    }
    case 'response.done':
      return responseDone(ResponseDone.parse(message).response)
    default:
      return null
  }
}

function responseDone(response: z.infer<typeof ResponseObject>): RealtimeEvent {
  const { status_details } = response
  const tool_calls = response.output.flatMap((item): ToolCall[] =>
    item.type === 'function_call' && item.call_id && item.name && item.status !== 'incomplete'
      ? [{ tool_call_id: item.call_id, name: item.name, arguments_json: item.arguments ?? '' }]
      : [],
  )
  const error = status_details?.error
  const reason = error?.message ?? error?.code ?? status_details?.reason ?? null
  return {
    type: 'response_done',
    response_id: response.id,
    status: response.status,
    reason,
    limit: rateLimit(error?.code, error?.message),
    tool_calls,
    usage: response.usage ?? null,
  }
}

/** @source protocols D.12; the time stands in the text only: "Please try again in 1.2s." */
export function rateLimit(code: string | null | undefined, message: string | null | undefined): RateLimit | null {
  if (code !== 'rate_limit_exceeded') return null
  const [, minutes = '0', amount, unit] = /try again in (?:(\d+)m(?!s))?(?:([\d.]+)(ms|s))?/i.exec(message ?? '') ?? []
  const ms = Number(minutes) * 60_000 + Number(amount ?? 0) * (unit === 's' ? 1_000 : 1)
  return { again_after_ms: ms > 0 ? ms : null }
}
