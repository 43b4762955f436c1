// The session as it is in force: defaults, and what an update makes of it. Pure.
import { ModelRefusal } from './model-errors.ts'
import type { SessionUpdate, ToolChoiceRequest, ToolRequest, TurnDetectionRequest } from './model-protocol.ts'

export type AudioFormat = { type: 'audio/pcm'; rate: 24_000 } | { type: 'audio/pcmu' } | { type: 'audio/pcma' }

export type TurnDetection =
  | {
      type: 'server_vad'
      threshold: number
      prefix_padding_ms: number
      silence_duration_ms: number
      idle_timeout_ms: number | null
      create_response: boolean
      interrupt_response: boolean
    }
  | {
      type: 'semantic_vad'
      eagerness: 'low' | 'medium' | 'high' | 'auto'
      create_response: boolean
      interrupt_response: boolean
    }

export interface EffectiveSession {
  readonly type: 'realtime'
  readonly object: 'realtime.session'
  readonly id: string
  readonly model: string
  readonly expires_at: number
  readonly output_modalities: readonly ['audio'] | readonly ['text']
  readonly instructions: string
  readonly tools: readonly (ToolRequest | { type: 'mcp' })[]
  readonly tool_choice: ToolChoiceRequest
  readonly max_output_tokens: number | 'inf'
  readonly tracing: unknown
  readonly truncation: unknown
  readonly prompt: unknown
  readonly include: unknown
  readonly reasoning?: unknown
  readonly parallel_tool_calls?: boolean
  readonly audio: {
    readonly input: {
      readonly format: AudioFormat
      readonly transcription: { model?: string | undefined } | null
      readonly noise_reduction: unknown
      readonly turn_detection: TurnDetection | null
    }
    readonly output: {
      readonly format: AudioFormat
      readonly voice: string | { id: string }
      readonly speed: number
    }
  }
}

export const DEFAULT_INSTRUCTIONS =
  'Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI. Act like a human, but remember that you are not a human.'

/**
 * What a new session is before any update.
 * @param expires_at epoch seconds
 * @throws never
 * @source OpenAI Realtime: 24 kHz PCM both ways, server_vad with automatic responses and interruption
 */
export function defaultSession(id: string, model: string, expires_at: number): EffectiveSession {
  const session: EffectiveSession = {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    output_modalities: ['audio'],
    instructions: DEFAULT_INSTRUCTIONS,
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at,
    audio: {
      input: {
        format: { type: 'audio/pcm', rate: 24_000 },
        transcription: null,
        noise_reduction: null,
        turn_detection: turnDetection({ type: 'server_vad' }),
      },
      output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
    },
    include: null,
  }
  return isReasoning(model) ? { ...session, reasoning: { effort: 'low' }, parallel_tool_calls: true } : session
}

/**
 * The session after an update, or the refusal of the whole of it.
 * @param hasSpoken the session has made audio: its voice is fixed
 * @throws ModelRefusal cannot_update_voice, unsupported_parameter, invalid_value
 * @source OpenAI Realtime: only fields present change; a rejected update is rejected as a whole
 */
export function updateSession(now: EffectiveSession, update: SessionUpdate, hasSpoken: boolean): EffectiveSession {
  checkUpdate(now, update, hasSpoken)
  const { audio, ...fields } = update
  const { input, output } = audio ?? {}
  const { format: inputFormat, turn_detection, ...restOfInput } = input ?? {}
  const { format: outputFormat, ...restOfOutput } = output ?? {}
  const next = {
    ...now,
    ...present(fields),
    audio: {
      input: {
        ...now.audio.input,
        ...present(restOfInput),
        ...(inputFormat ? { format: fullFormat(inputFormat.type) } : {}),
        ...(turn_detection === undefined ? {} : { turn_detection: turn_detection && turnDetection(turn_detection) }),
      },
      output: {
        ...now.audio.output,
        ...present(restOfOutput),
        ...(outputFormat ? { format: fullFormat(outputFormat.type) } : {}),
      },
    },
  }
  return next as EffectiveSession
}

function checkUpdate(now: EffectiveSession, update: SessionUpdate, hasSpoken: boolean): void {
  if (update.model !== undefined && update.model !== now.model)
    throw new ModelRefusal('invalid_value', "The session's model cannot be changed.", 'session.model')
  const voice = update.audio?.output?.voice
  if (hasSpoken && voice !== undefined && JSON.stringify(voice) !== JSON.stringify(now.audio.output.voice))
    throw new ModelRefusal('cannot_update_voice', "Cannot update a conversation's voice if assistant audio is present.")
  for (const name of ['reasoning', 'parallel_tool_calls'] as const)
    if (update[name] !== undefined && !isReasoning(now.model))
      throw new ModelRefusal(
        'unsupported_parameter',
        `Unsupported parameter: 'session.${name}' is not supported with this model.`,
        `session.${name}`,
      )
  if (
    now.tracing !== null &&
    update.tracing !== undefined &&
    JSON.stringify(update.tracing) !== JSON.stringify(now.tracing)
  )
    throw new ModelRefusal('invalid_value', 'Tracing cannot be changed once it is enabled.', 'session.tracing')
}

/**
 * Whether a model reasons, and so takes `reasoning` and `parallel_tool_calls`.
 * @throws never
 * @source OpenAI: gpt-realtime-2 and later
 */
export function isReasoning(model: string): boolean {
  return /^gpt-realtime-([2-9]|\d\d)(\.|-|$)/.test(model) && !/^gpt-realtime-20\d\d/.test(model)
}

function turnDetection(given: TurnDetectionRequest): TurnDetection {
  const answers = {
    create_response: given.create_response ?? true,
    interrupt_response: given.interrupt_response ?? true,
  }
  if (given.type === 'semantic_vad') return { type: 'semantic_vad', eagerness: given.eagerness ?? 'auto', ...answers }
  return {
    type: 'server_vad',
    threshold: given.threshold ?? 0.5,
    prefix_padding_ms: given.prefix_padding_ms ?? 300,
    silence_duration_ms: given.silence_duration_ms ?? 500,
    idle_timeout_ms: given.idle_timeout_ms ?? null,
    ...answers,
  }
}

function fullFormat(type: AudioFormat['type']): AudioFormat {
  return type === 'audio/pcm' ? { type, rate: 24_000 } : { type }
}

function present<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
