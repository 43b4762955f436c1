// Calls: one call session from the first ring to its cost.
import { z } from 'zod'
import { boundOf, CallSid, Id, Instant, type Json, JsonObject, PageQuery, page, Usd } from '../primitives.ts'
import type { Route } from '../route.ts'

/** The carrier's stored word. Source: Twilio Voice, CallStatus. */
export const CALL_STATUSES = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const
export const CallStatus = z.enum(CALL_STATUSES)
export type CallStatus = z.infer<typeof CallStatus>

/** How the call ended for the caller. `refused`: it never reached the agent. `failed`: it broke. */
export const OUTCOMES = [
  'resolved',
  'unresolved',
  'escalated',
  'transferred',
  'voicemail',
  'abandoned',
  'refused',
  'failed',
] as const
export const Outcome = z.enum(OUTCOMES)
export type Outcome = z.infer<typeof Outcome>
/** What a supervisor may say of a call: it reached its agent, so never `refused`. */
export const SaidOutcome: z.ZodType<Outcome, Outcome> = Outcome.exclude(['refused'])

export const SPEAKERS = ['caller', 'agent', 'supervisor'] as const
export const Speaker = z.enum(SPEAKERS)
export type Speaker = z.infer<typeof Speaker>

const turnFields = {
  turn_id: z.string(),
  /** Order in the call, from 1. */
  turn_index: z.number().int(),
  at: Instant,
  /** Milliseconds since the media stream started. */
  started_ms: z.number().int().nonnegative(),
  ended_ms: z.number().int().nonnegative().nullable(),
  /** False while it is still being spoken. */
  is_final: z.boolean(),
}

export const SpeechTurn = z.object({
  ...turnFields,
  kind: z.literal('speech'),
  speaker: Speaker,
  /** What the caller heard, or what the caller said. */
  text: z.string(),
  /** The rest of an interrupted agent turn, which nobody heard. Empty otherwise. */
  unheard_text: z.string(),
  /** Milliseconds of an agent turn that were played; null for the caller's turns. */
  heard_ms: z.number().int().nonnegative().nullable(),
  cut_off_by: Speaker.nullable(),
  /** From the caller's last word to the agent's first sound. Null where it does not apply. */
  reply_gap_ms: z.number().int().nonnegative().nullable(),
  /** Words of this turn that fired an escalation rule. */
  rule_words: z.array(z.string()),
  /** Context version in force when an agent turn was made. */
  context_version: z.number().int().nullable(),
})
export const ToolTurn = z.object({
  ...turnFields,
  kind: z.literal('tool'),
  name: z.string(),
  arguments: JsonObject,
  result: z.string().nullable(),
  failed: z.boolean(),
})
export const NoticeTurn = z.object({ ...turnFields, kind: z.literal('notice'), text: z.string() })
export const Turn = z.discriminatedUnion('kind', [SpeechTurn, ToolTurn, NoticeTurn])
export type SpeechTurn = z.output<typeof SpeechTurn>
export type ToolTurn = z.output<typeof ToolTurn>
export type NoticeTurn = z.output<typeof NoticeTurn>
export type Turn = z.output<typeof Turn>

export const PHASES = [
  'ringing',
  'connecting',
  'greeting',
  'caller_speaking',
  'agent_thinking',
  'agent_speaking',
  'tool_running',
  'silence',
  'ending',
  'ended',
] as const
export const Phase = z.enum(PHASES)
export type Phase = z.infer<typeof Phase>

/** 0 none, 1 watch, 2 needs you, 3 now. */
export const AttentionLevel = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type AttentionLevel = z.infer<typeof AttentionLevel>

export const ATTENTION_REASONS = [
  'asked_for_a_person',
  'agent_asks_for_help',
  'escalation_keyword',
  'tool_failing',
  'slow_replies',
  'long_silence',
  'length_over_limit',
  'model_trouble',
] as const
export const AttentionReason = z.enum(ATTENTION_REASONS)
export type AttentionReason = z.infer<typeof AttentionReason>

/** Why a call needs a person: the reason, the words that were said, and since when. */
export const Attention = z.object({
  level: AttentionLevel,
  reason: AttentionReason,
  /** The words that fired it, or the fact measured. */
  evidence: z.string(),
  speaker: Speaker.nullable(),
  /** The words within the evidence to stress. */
  words: z.array(z.string()),
  since_at: Instant,
})
export type Attention = z.output<typeof Attention>

/** One stretch of voice, for the drawing of a call. */
export const Segment = z.object({
  speaker: Speaker,
  from_ms: z.number().int(),
  /** Null while it goes on. */
  to_ms: z.number().int().nullable(),
  /** From here on nobody heard it; null when all was heard. */
  unheard_from_ms: z.number().int().nullable(),
})
export type Segment = z.infer<typeof Segment>

/** What only a call in progress has. */
export const LiveState = z.object({
  phase: Phase,
  phase_since_at: Instant,
  /** When millisecond 0 of the call's clock was; null before the media stream started. */
  stream_started_at: Instant.nullable(),
  /** Name of the running tool; null unless phase is `tool_running`. */
  tool_name: z.string().nullable(),
  /** The newest reply gap, milliseconds. */
  reply_gap_ms: z.number().int().nullable(),
  last_line: z.object({ speaker: Speaker, text: z.string(), is_final: z.boolean() }).nullable(),
  /** Highest first; empty when all is well. */
  attention: z.array(Attention),
  /** The last two minutes of voices, oldest first. */
  segments: z.array(Segment),
  /** Who is listening in now. */
  listeners: z.array(z.object({ id: z.string(), name: z.string() })),
})
export type LiveState = z.output<typeof LiveState>

/** Tokens and seconds as the model reported them; cached tokens are included in the input counts. */
export const Usage = z.object({
  responses: z.number().int(),
  input_text_tokens: z.number().int(),
  input_audio_tokens: z.number().int(),
  input_image_tokens: z.number().int(),
  cached_text_tokens: z.number().int(),
  cached_audio_tokens: z.number().int(),
  cached_image_tokens: z.number().int(),
  output_text_tokens: z.number().int(),
  output_audio_tokens: z.number().int(),
  transcription_seconds: z.number(),
  transcription_input_tokens: z.number().int(),
  transcription_output_tokens: z.number().int(),
  /** True when a figure had to be guessed because the model left it out. */
  is_estimate: z.boolean(),
})
export type Usage = z.infer<typeof Usage>

export const CostBreakdown = z.object({ model: Usd, carrier: Usd })
export type CostBreakdown = z.infer<typeof CostBreakdown>

/**
 * Upper bounds, in milliseconds, of the buckets in which a call's audio is counted by how long the relay kept it: from
 * reading a piece to having written it. Source: performance goals of the bridge.
 */
export const ADDED_DELAY_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 250] as const

/** The same for how long interruptions take. Source: performance; published figures lie between 60 and 380 ms. */
export const INTERRUPTION_BOUNDS_MS = [50, 100, 200, 300, 400, 500, 750, 1_000, 2_000] as const

export const Quality = z.object({
  reply_gap_p50_ms: z.number().int().nullable(),
  reply_gap_p95_ms: z.number().int().nullable(),
  /** From the media stream's start to the agent's first sound. */
  first_audio_ms: z.number().int().nullable(),
  interruptions: z.number().int(),
  /** From the caller's voice over the agent's to when the agent was told to be silent: the model's hearing included. */
  interruption_p50_ms: z.number().int().nullable().default(null),
  interruption_p95_ms: z.number().int().nullable().default(null),
  frames_in: z.number().int(),
  frames_out: z.number().int(),
  frames_dropped: z.number().int(),
  /**
   * Pieces of audio for each bound of `ADDED_DELAY_BOUNDS_MS`, and last those that were kept longer than all: every piece of
   * the agent's that went out and one in ten of the caller's frames that went on at once. Null for calls without audio.
   */
  added_delay: z
    .array(z.number().int())
    .length(ADDED_DELAY_BOUNDS_MS.length + 1)
    .nullable()
    .default(null),
  malformed_messages: z.number().int(),
})
export type Quality = z.infer<typeof Quality>

const Handler = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('agent'), agent_id: Id, agent_version: z.number().int() }),
  z.object({ kind: z.literal('user'), user_id: Id, act: z.string(), at: Instant }),
])

const summaryFields = {
  id: Id,
  tenant_id: Id,
  agent_id: Id.nullable(),
  agent_name: z.string().nullable(),
  agent_version: z.number().int().nullable(),
  call_sid: CallSid,
  /** E.164, or the carrier's word for a withheld caller. */
  from_number: z.string(),
  to_number: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  status: CallStatus,
  outcome: Outcome.nullable(),
  /** An escalation was raised, by the agent's tool or by a keyword, whatever the outcome says. */
  escalated: z.boolean().default(false),
  /** In words, why the call ended; null while it lives. */
  end_reason: z.string().nullable(),
  started_at: Instant,
  answered_at: Instant.nullable(),
  ended_at: Instant.nullable(),
  duration_seconds: z.number().nullable(),
  context_version: z.number().int(),
  cost: Usd,
  live: LiveState.nullable(),
}
/** A call in a list and in `call.*` events: no transcript, no context. */
export const CallSummary = z.object(summaryFields)
export type CallSummary = z.output<typeof CallSummary>

export const CallSession = z.object({
  ...summaryFields,
  /** The layer of this call; business and agent layers stand beside it. */
  context: JsonObject,
  context_layers: z.object({ business: JsonObject, agent: JsonObject }),
  transcript: z.array(Turn),
  cost_breakdown: CostBreakdown,
  usage: Usage,
  quality: Quality,
  handled_by: z.array(Handler),
  voice: z.object({ requested: z.string(), used: z.string() }).nullable(),
  summary: z.string().nullable(),
  is_whole: z
    .boolean()
    .default(true)
    .describe(
      'False while other relays cannot be asked. `live` is null then, and whether the call goes on is not known, unless it has ended.',
    ),
})
export type CallSession = z.output<typeof CallSession>

const params = z.strictObject({ call_sid: CallSid })

export const callRoutes = {
  listCalls: {
    method: 'get',
    path: '/api/calls',
    permission: 'calls.read',
    query: z.strictObject({
      ...PageQuery,
      agent_id: Id.optional(),
      outcome: Outcome.optional(),
      start: boundOf(z.iso.datetime()).optional(),
      end: boundOf(z.iso.datetime()).optional(),
    }),
    response: page(CallSummary),
    summary: 'Calls of the tenant, newest first',
  },
  listLiveCalls: {
    method: 'get',
    path: '/api/calls/live',
    permission: 'calls.read',
    response: z.object({
      items: z.array(CallSummary),
      /** Events up to this number are contained; go on from here. */
      last_seq: z.number().int(),
      capacity: z.number().int(),
      is_whole: z
        .boolean()
        .default(true)
        .describe(
          'False while other relays cannot be asked: calls of theirs may be missing, and one that is missing may be in progress.',
        ),
    }),
    summary: 'Calls in progress',
  },
  getCall: {
    method: 'get',
    path: '/api/calls/:call_sid',
    permission: 'calls.read',
    params,
    response: CallSession,
    summary: 'One call with its transcript',
  },
  hangUpCall: {
    method: 'post',
    path: '/api/calls/:call_sid/hangup',
    permission: 'calls.override',
    params,
    body: z.strictObject({ reason: z.string().trim().max(500).optional(), outcome: SaidOutcome.optional() }),
    response: CallSummary,
    summary: 'End a live call',
  },
} as const satisfies Record<string, Route>

/** Anything a tool or a model says, kept as it came. */
export type ToolArguments = Record<string, z.infer<typeof Json>>
