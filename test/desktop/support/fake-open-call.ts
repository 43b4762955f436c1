// A call as it is opened: its words, its cost, and what was done to its context.
import type { CallSession, CallSummary, Turn } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import { AGENT_IDS, DANA, iso, MARCO, PRIYA, sidOf, TENANT_ID } from './fake-floor.ts'
import { wordsOf } from './fake-words.ts'

/** The open call with its transcript, or a short one of any other call. */
export function floorSession(call: CallSummary): CallSession {
  const start = Date.parse(call.started_at)
  const is_main = call.call_sid === sidOf(1)
  return {
    ...call,
    context: is_main ? { customer: { name: 'M. Alvarez' }, order_id: 'A-20418', goodwill_credit_usd: 40 } : {},
    context_layers: {
      business: { refund_policy: '30 days, original card', support_hours: '08:00–20:00 CT' },
      agent: { escalation: { target: '+1 312 555 0188' }, goodwill_credit_usd: 20 },
    },
    transcript: wordsOf(call).map((turn): Turn => ({ ...turn, at: iso(start + turn.started_ms) })),
    cost_breakdown: { model: call.cost - call.cost * 0.17, carrier: Math.round(call.cost * 17) / 100 },
    usage: {
      responses: 11,
      input_text_tokens: 3_200,
      input_audio_tokens: 2_410,
      input_image_tokens: 0,
      cached_text_tokens: 2_300,
      cached_audio_tokens: 1_700,
      cached_image_tokens: 0,
      output_text_tokens: 480,
      output_audio_tokens: 1_890,
      transcription_seconds: 96,
      transcription_input_tokens: 960,
      transcription_output_tokens: 210,
      is_estimate: false,
    },
    quality: {
      // The relay counts at the end of a call; of the one in the pictures it has counted already.
      reply_gap_p50_ms: is_main ? 900 : null,
      reply_gap_p95_ms: is_main ? 4_200 : null,
      first_audio_ms: 640,
      interruptions: 3,
      interruption_p50_ms: is_main ? 340 : null,
      interruption_p95_ms: is_main ? 420 : null,
      frames_in: 12_600,
      frames_out: 6_100,
      frames_dropped: 0,
      added_delay: [18_400, 210, 60, 24, 6, 0, 0, 0, 0, 0, 0, 0],
      malformed_messages: 0,
    },
    handled_by: [
      { kind: 'agent', agent_id: call.agent_id ?? AGENT_IDS.billing, agent_version: call.agent_version ?? 1 },
    ],
    voice: { requested: 'nova', used: 'marin' },
    is_whole: true,
    summary:
      call.call_sid === sidOf(10)
        ? 'The card was charged two days early. The agent waived the late fee of $12.00.'
        : null,
  }
}

const version = (
  call: CallSummary,
  number: number,
  at_s: number,
  by: { id: string; name: string },
  reason: string,
  state: ContextVersion['state'],
  rest: Partial<ContextVersion>,
): ContextVersion => {
  const at = Date.parse(call.started_at) + at_s * 1000
  return {
    id: `cx_${call.id.slice(3)}${number}`,
    tenant_id: TENANT_ID,
    call_sid: call.call_sid,
    agent_id: null,
    version: number,
    context_data: { customer: { name: 'M. Alvarez' }, order_id: 'A-20418', goodwill_credit_usd: 40 },
    diff: [],
    updated_by: by,
    updated_at: iso(at),
    reason,
    state,
    applied_at: state === 'applied' ? iso(at + 100) : null,
    refused_reason: null,
    used_in_turn: null,
    ...rest,
  }
}

/** The context versions of the open call, newest first. */
export function floorVersions(call: CallSummary): ContextVersion[] {
  if (call.call_sid !== sidOf(1)) return []
  const base = { customer: { name: 'M. Alvarez' }, order_id: 'A-20418' }
  return [
    version(call, 7, 251, DANA, 'Callback promise agreed with payments', 'pending', {
      context_data: { ...base, goodwill_credit_usd: 40, promise: 'Hold released by 17:00 CT' },
      diff: [{ path: '/promise', after: 'Hold released by 17:00 CT' }],
    }),
    version(call, 6, 220, MARCO, 'Full refund without return', 'refused', {
      diff: [{ path: '/refund_usd', after: 86.4 }],
      refused_reason: 'over the agent’s limit of $40',
    }),
    version(call, 5, 151, PRIYA, 'Raise credit for a repeat hold', 'applied', {
      diff: [{ path: '/goodwill_credit_usd', before: 20, after: 40 }],
      used_in_turn: 19,
    }),
    version(call, 4, 44, { id: 'agent', name: 'Agent' }, 'Order found by lookup_order', 'applied', {
      context_data: base,
      diff: [
        { path: '/order_id', after: 'A-20418' },
        { path: '/customer', after: { name: 'M. Alvarez' } },
      ],
      used_in_turn: 6,
    }),
  ]
}
