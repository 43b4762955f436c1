// What a client may say to the model, field by field. Strict: a key too many is refused, as the real server does.
import { z } from 'zod'

const eventId = z.string().max(512).optional()
const itemId = z.string().min(1).max(32)

export const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar'] as const

const AudioFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(24_000).optional() }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
])

const VoiceName = z.union([z.enum(VOICES), z.strictObject({ id: z.string() })])

const TurnDetection = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('server_vad'),
    threshold: z.number().min(0).max(1).optional(),
    prefix_padding_ms: z.number().int().min(0).max(5_000).optional(),
    silence_duration_ms: z.number().int().min(0).max(10_000).optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
    idle_timeout_ms: z.number().int().min(0).max(120_000).nullable().optional(),
  }),
  z.strictObject({
    type: z.literal('semantic_vad'),
    eagerness: z.enum(['low', 'medium', 'high', 'auto']).optional(),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
  }),
])

const FunctionTool = z.strictObject({
  type: z.literal('function'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})
const McpTool = z.looseObject({ type: z.literal('mcp'), server_label: z.string() })
const Tools = z.array(z.discriminatedUnion('type', [FunctionTool, McpTool]))
const ToolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.strictObject({ type: z.literal('function'), name: z.string() }),
  z.strictObject({
    type: z.literal('mcp'),
    server_label: z.string(),
    name: z.string().nullable().optional(),
  }),
])
const MaxTokens = z.union([z.number().int().min(1).max(4_096), z.literal('inf')])
const Modalities = z.union([z.tuple([z.literal('audio')]), z.tuple([z.literal('text')])])
const Reasoning = z.strictObject({ effort: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional() })
const Prompt = z.strictObject({
  id: z.string(),
  version: z.string().nullable().optional(),
  variables: z.record(z.string(), z.unknown()).nullable().optional(),
})

const Session = z.strictObject({
  type: z.literal('realtime'),
  model: z.string().optional(),
  output_modalities: Modalities.optional(),
  instructions: z.string().optional(),
  audio: z
    .strictObject({
      input: z
        .strictObject({
          format: AudioFormat.optional(),
          noise_reduction: z
            .strictObject({ type: z.enum(['near_field', 'far_field']), strength: z.number().optional() })
            .nullable()
            .optional(),
          transcription: z
            .strictObject({
              model: z.string().optional(),
              language: z.string().optional(),
              prompt: z.string().optional(),
              keywords: z.array(z.string()).optional(),
              languages: z.array(z.string()).optional(),
              delay: z.string().optional(),
            })
            .nullable()
            .optional(),
          turn_detection: TurnDetection.nullable().optional(),
        })
        .optional(),
      output: z
        .strictObject({
          format: AudioFormat.optional(),
          voice: VoiceName.optional(),
          speed: z.number().min(0.25).max(1.5).optional(),
        })
        .optional(),
    })
    .optional(),
  tools: Tools.optional(),
  tool_choice: ToolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: Reasoning.optional(),
  max_output_tokens: MaxTokens.optional(),
  truncation: z
    .union([
      z.enum(['auto', 'disabled']),
      z.strictObject({
        type: z.literal('retention_ratio'),
        retention_ratio: z.number().min(0).max(1),
        token_limits: z.strictObject({ post_instructions: z.number().int().min(0).optional() }).optional(),
      }),
    ])
    .optional(),
  tracing: z
    .union([
      z.literal('auto'),
      z.strictObject({
        workflow_name: z.string().optional(),
        group_id: z.string().optional(),
        metadata: z.unknown().optional(),
      }),
    ])
    .nullable()
    .optional(),
  include: z
    .array(z.enum(['item.input_audio_transcription.logprobs']))
    .nullable()
    .optional(),
  prompt: Prompt.nullable().optional(),
})

const shared = {
  id: itemId.optional(),
  object: z.literal('realtime.item').optional(),
  status: z.enum(['completed', 'incomplete', 'in_progress']).optional(),
}
const InputText = z.strictObject({ type: z.literal('input_text'), text: z.string() })
const InputAudio = z.strictObject({
  type: z.literal('input_audio'),
  audio: z.base64(),
  transcript: z.string().nullable().optional(),
})
const InputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: z.string(),
  detail: z.enum(['auto', 'low', 'high']).optional(),
})
const OutputText = z.strictObject({ type: z.literal('output_text'), text: z.string() })

const Message = z.discriminatedUnion('role', [
  z.strictObject({
    ...shared,
    type: z.literal('message'),
    role: z.literal('system'),
    content: z.array(InputText),
  }),
  z.strictObject({
    ...shared,
    type: z.literal('message'),
    role: z.literal('user'),
    content: z.array(z.discriminatedUnion('type', [InputText, InputAudio, InputImage])),
  }),
  z.strictObject({
    ...shared,
    type: z.literal('message'),
    role: z.literal('assistant'),
    content: z.array(OutputText),
  }),
])
const FunctionCall = z.strictObject({
  ...shared,
  type: z.literal('function_call'),
  name: z.string(),
  arguments: z.string(),
  call_id: z.string().optional(),
})
const FunctionCallOutput = z.strictObject({
  ...shared,
  type: z.literal('function_call_output'),
  call_id: z.string(),
  output: z.string(),
})
const Item = z.union([Message, FunctionCall, FunctionCallOutput])
const ItemReference = z.strictObject({ type: z.literal('item_reference'), id: z.string() })

const Response = z.strictObject({
  instructions: z.string().optional(),
  input: z.array(z.union([Item, ItemReference])).optional(),
  conversation: z.enum(['auto', 'none']).optional(),
  output_modalities: Modalities.optional(),
  audio: z
    .strictObject({
      output: z.strictObject({ format: AudioFormat.optional(), voice: VoiceName.optional() }).optional(),
    })
    .optional(),
  tools: Tools.optional(),
  tool_choice: ToolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  reasoning: Reasoning.optional(),
  max_output_tokens: MaxTokens.optional(),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs')
    .nullable()
    .optional(),
  prompt: Prompt.nullable().optional(),
})

/** Every event but `input_audio_buffer.append`, which comes 50 times a second and is read by hand. */
export const CLIENT_EVENTS = {
  'session.update': z.strictObject({
    type: z.literal('session.update'),
    event_id: eventId,
    session: Session,
  }),
  'input_audio_buffer.commit': z.strictObject({
    type: z.literal('input_audio_buffer.commit'),
    event_id: eventId,
  }),
  'input_audio_buffer.clear': z.strictObject({
    type: z.literal('input_audio_buffer.clear'),
    event_id: eventId,
  }),
  'conversation.item.create': z.strictObject({
    type: z.literal('conversation.item.create'),
    event_id: eventId,
    previous_item_id: z.string().nullable().optional(),
    item: Item,
  }),
  'conversation.item.retrieve': z.strictObject({
    type: z.literal('conversation.item.retrieve'),
    event_id: eventId,
    item_id: z.string(),
  }),
  'conversation.item.truncate': z.strictObject({
    type: z.literal('conversation.item.truncate'),
    event_id: eventId,
    item_id: z.string(),
    content_index: z.number().int().min(0),
    audio_end_ms: z.number().int().min(0),
  }),
  'conversation.item.delete': z.strictObject({
    type: z.literal('conversation.item.delete'),
    event_id: eventId,
    item_id: z.string(),
  }),
  'response.create': z.strictObject({
    type: z.literal('response.create'),
    event_id: eventId,
    response: Response.nullable().optional(),
  }),
  'response.cancel': z.strictObject({
    type: z.literal('response.cancel'),
    event_id: eventId,
    response_id: z.string().optional(),
  }),
} as const

type Schemas = typeof CLIENT_EVENTS
export type ClientEvent = { [K in keyof Schemas]: z.infer<Schemas[K]> }[keyof Schemas]
export type AppendEvent = { type: 'input_audio_buffer.append'; event_id?: string; audio: string }
export type SessionUpdate = z.infer<typeof Session>
export type ResponseRequest = z.infer<typeof Response>
export type ItemRequest = z.infer<typeof Item>
export type AudioFormatName = z.infer<typeof AudioFormat>['type']
export type TurnDetectionRequest = z.infer<typeof TurnDetection>
export type ToolRequest = z.infer<typeof FunctionTool>
export type ToolChoiceRequest = z.infer<typeof ToolChoice>
