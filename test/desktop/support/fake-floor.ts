// A believable floor: the calls, agents and numbers of a company at noon. Everything is made up; the phone numbers come
// from ranges reserved for fiction.
import type { Agent } from '../../../shared/contract/agents.ts'
import type { Analytics } from '../../../shared/contract/analytics.ts'
import type {
  Attention,
  CallSession,
  CallSummary,
  Phase,
  Segment,
  SpeechTurn,
  ToolTurn,
  Turn,
} from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { Tenant } from '../../../shared/contract/tenants.ts'

export const TENANT_ID = 'tn_acme000001'
export const DANA = { id: 'us_dana000001', name: 'Dana Ortiz' }
export const PRIYA = { id: 'us_priya00001', name: 'Priya Raman' }
export const MARCO = { id: 'us_marco00001', name: 'Marco Silva' }

const AGENT_IDS = {
  billing: 'ag_billing001',
  orders: 'ag_orders0001',
  returns: 'ag_returns001',
  berlin: 'ag_berlin0001',
  reminders: 'ag_reminder01',
  delivery: 'ag_delivery01',
} as const
type AgentKey = keyof typeof AGENT_IDS
const AGENT_NAMES: Record<AgentKey, [string, number]> = {
  billing: ['Billing support', 12],
  orders: ['Order status', 31],
  returns: ['Returns desk', 7],
  berlin: ['Front desk Berlin', 9],
  reminders: ['Appointment reminders', 4],
  delivery: ['Delivery follow-up', 5],
}

export const sidOf = (index: number): string => `CA${index.toString(16).padStart(32, '0')}`
export const iso = (ms: number): string => new Date(ms).toISOString()

interface Line {
  agent: AgentKey
  number: string
  seconds: number
  phase: Phase
  since_s?: number
  tool?: string
  gap_s?: number
  line?: string
  partial?: boolean
  by?: 'caller' | 'agent'
  fails?: boolean
  attention?: Omit<Attention, 'since_at'> & { age_s: number }
  listeners?: { id: string; name: string }[]
  ended?: 'resolved' | 'transferred'
}

const speaking = (
  agent: AgentKey,
  number: string,
  seconds: number,
  gap_s: number,
  line: string,
  rest: Partial<Line> = {},
): Line => ({
  agent,
  number,
  seconds,
  phase: 'agent_speaking',
  gap_s,
  line,
  by: 'agent',
  ...rest,
})
const listening = (
  agent: AgentKey,
  number: string,
  seconds: number,
  gap_s: number,
  line: string,
  rest: Partial<Line> = {},
): Line => ({
  agent,
  number,
  seconds,
  phase: 'caller_speaking',
  gap_s,
  line,
  by: 'caller',
  partial: true,
  ...rest,
})
const running = (number: string, seconds: number, since_s: number, gap_s: number, line: string): Line => ({
  agent: 'orders',
  number,
  seconds,
  phase: 'tool_running',
  since_s,
  tool: 'lookup_order',
  gap_s,
  line,
  by: 'agent',
  fails: true,
})
const thinking = (
  agent: AgentKey,
  number: string,
  seconds: number,
  since_s: number,
  gap_s: number,
  line: string,
  rest: Partial<Line> = {},
): Line => ({
  agent,
  number,
  seconds,
  phase: 'agent_thinking',
  since_s,
  gap_s,
  line,
  by: 'caller',
  ...rest,
})

const FAIL = { fails: true } as const
const LINES: readonly Line[] = [
  speaking('billing', '+14155550142', 252, 0.9, 'Of course. I can bring in a colleague, and while I', {
    partial: true,
    listeners: [DANA, PRIYA],
    attention: {
      level: 3,
      reason: 'asked_for_a_person',
      evidence: 'And who calls me if it doesn’t? Can I talk to a real person, please?',
      speaker: 'caller',
      words: ['a real person'],
      age_s: 21,
    },
  }),
  listening('billing', '+13125550177', 95, 0.7, 'it says the card expires in March but I already'),
  speaking('billing', '+12065550119', 188, 0.8, 'Your next invoice is on the third, for $42.10.'),
  thinking('billing', '+16465550164', 61, 1.2, 1.2, 'Why did my plan go up by six dollars?'),
  speaking('billing', '+15035550108', 571, 0.8, 'I have your file open, Mr Okafor. One moment.'),
  speaking('billing', '+17185550133', 140, 0.6, 'I have moved the payment date to the fifteenth', {
    partial: true,
  }),
  {
    agent: 'billing',
    number: '+19175550151',
    seconds: 326,
    phase: 'silence',
    since_s: 11,
    gap_s: 0.9,
    line: 'I will wait while you find the invoice.',
    by: 'agent',
    attention: {
      level: 1,
      reason: 'long_silence',
      evidence: '11 s without a word',
      speaker: null,
      words: [],
      age_s: 11,
    },
  },
  listening('billing', '+13035550126', 44, 0.7, 'Hi, this is about a refund from last'),
  {
    agent: 'billing',
    number: '+17025550190',
    seconds: 4,
    phase: 'greeting',
    line: 'Thanks for calling Acme billing. This call',
    partial: true,
    by: 'agent',
  },
  {
    agent: 'billing',
    number: '+12135550185',
    seconds: 214,
    phase: 'ended',
    gap_s: 0.7,
    line: 'You are all set. Have a good afternoon.',
    by: 'agent',
    ended: 'resolved',
  },
  speaking('billing', '+14045550172', 118, 0.8, 'The late fee is waived. You will see it in', {
    partial: true,
  }),
  running('+15125550103', 72, 3.1, 4.2, 'Let me look that up for you.'),
  listening('orders', '+16155550147', 131, 4.6, 'you said that already, can you just tell me', FAIL),
  speaking('orders', '+14075550129', 86, 4.1, 'I am having trouble reaching the order system.', FAIL),
  running('+19195550110', 54, 1.8, 3.9, 'One second, checking your order.'),
  listening('orders', '+14805550166', 39, 0.8, 'The number is A-20977, I think, or maybe'),
  thinking('orders', '+16515550138', 103, 3.4, 3.4, 'So where is it now?', FAIL),
  speaking('orders', '+18165550155', 148, 4.0, 'I can send you a text as soon as it moves.', {
    ...FAIL,
    listeners: [PRIYA],
  }),
  running('+16145550112', 47, 0.6, 4.0, 'Thanks, let me find that parcel.'),
  speaking('orders', '+13175550181', 66, 4.4, 'Sorry, it is taking longer than it should.', FAIL),
  listening('orders', '+15025550194', 58, 3.7, 'It was supposed to be a birthday', FAIL),
  running('+19015550106', 90, 4.0, 4.3, 'I am checking with the warehouse.'),
  speaking('orders', '+15045550121', 112, 4.0, 'Could I take your email as well?', FAIL),
  thinking('orders', '+19155550157', 35, 2.2, 2.2, 'Can you change the address?', FAIL),
  speaking('orders', '+15055550143', 22, 0.7, 'Your order left Reno this morning.'),
  {
    agent: 'orders',
    number: '+18085550118',
    seconds: 3,
    phase: 'greeting',
    line: 'Hello, you have reached Acme',
    partial: true,
    by: 'agent',
  },
  listening('orders', '+19075550136', 16, 0.8, 'Hey, just checking on a delivery'),
  speaking('returns', '+16175550169', 203, 0.7, 'The label is in your inbox. Drop the box at', {
    partial: true,
  }),
  listening('returns', '+442079460456', 77, 0.9, 'It sparked and it burned my hand, I am', {
    attention: {
      level: 2,
      reason: 'escalation_keyword',
      evidence: 'It sparked and it burned my hand, I am…',
      speaker: 'caller',
      words: ['burned my hand'],
      age_s: 6,
    },
  }),
  {
    agent: 'returns',
    number: '+18585550114',
    seconds: 344,
    phase: 'agent_speaking',
    line: 'Let me go through the list with you once more.',
    by: 'agent',
    listeners: [MARCO],
    attention: {
      level: 1,
      reason: 'length_over_limit',
      evidence: 'over 5 min',
      speaker: null,
      words: [],
      age_s: 344,
    },
  },
  speaking('returns', '+17275550150', 129, 0.6, 'We can exchange it for a size nine, no charge.'),
  listening('returns', '+33199000043', 51, 1.0, 'Bonjour, je voudrais renvoyer'),
  {
    agent: 'returns',
    number: '+15615550183',
    seconds: 162,
    phase: 'tool_running',
    tool: 'make_label',
    since_s: 0.4,
    gap_s: 0.8,
    line: 'I am creating your return label now.',
    by: 'agent',
  },
  {
    agent: 'returns',
    number: '+12105550127',
    seconds: 290,
    phase: 'ended',
    gap_s: 0.7,
    line: 'Connecting you to the store in San Antonio.',
    by: 'agent',
    ended: 'transferred',
  },
  speaking('berlin', '+493023125417', 84, 0.8, 'Der nächste freie Termin ist am Donnerstag', {
    partial: true,
  }),
  listening('berlin', '+493023125208', 33, 0.7, 'Guten Tag, ich hätte eine Frage zu meiner'),
  speaking('berlin', '+494066969061', 176, 0.9, 'May I offer an appointment outside opening hours?', {
    attention: {
      level: 2,
      reason: 'model_trouble',
      evidence: 'May I offer an appointment outside opening hours?',
      speaker: 'agent',
      words: [],
      age_s: 48,
    },
  }),
  thinking('berlin', '+43100000930', 19, 0.5, 0.6, 'Haben Sie samstags geöffnet?'),
  { agent: 'reminders', number: '+14255550159', seconds: 7, phase: 'ringing' },
  speaking('reminders', '+12535550104', 41, 0.7, 'Does Thursday at ten still work for you?'),
  speaking('reminders', '+15095550148', 28, 0.7, 'This is Acme with a reminder for Thursday', {
    partial: true,
  }),
  listening('reminders', '+13605550171', 56, 0.8, 'Please don’t call me on this number', {
    attention: {
      level: 1,
      reason: 'escalation_keyword',
      evidence: 'Please don’t call me on this number',
      speaker: 'caller',
      words: ['don’t call me'],
      age_s: 9,
    },
  }),
  { agent: 'reminders', number: '+14585550132', seconds: 3, phase: 'ringing' },
  { agent: 'reminders', number: '+19715550113', seconds: 1, phase: 'ringing' },
]

/** Small numbers that are always the same for one seed. */
function chance(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

/** Two voices that take turns until now, the newest as the phase says. */
function voices(line: Line, seed: number): Segment[] {
  const next = chance(seed)
  const now_ms = line.seconds * 1000
  const segments: Segment[] = []
  let at = Math.max(0, now_ms - 118_000) + 300
  let speaker: 'agent' | 'caller' = 'agent'
  const quiet_ms =
    line.phase === 'silence'
      ? 11_000
      : line.phase === 'tool_running' || line.phase === 'agent_thinking'
        ? (line.since_s ?? 1) * 1000
        : 0
  const stop = now_ms - 5_500 - quiet_ms
  while (at < stop) {
    const length = speaker === 'agent' ? 3_500 + next() * 9_000 : 2_400 + next() * 7_500
    const to = Math.min(at + length, stop)
    const is_cut = speaker === 'agent' && next() > 0.86
    segments.push({
      speaker,
      from_ms: Math.round(at),
      to_ms: Math.round(to),
      unheard_from_ms: is_cut ? Math.round(at + (to - at) * 0.6) : null,
    })
    at = to + 300 + (speaker === 'caller' ? (line.gap_s ?? 0.8) * 1000 : next() * 900)
    speaker = speaker === 'agent' ? 'caller' : 'agent'
  }
  const by = line.phase === 'caller_speaking' || line.phase === 'agent_thinking' ? 'caller' : 'agent'
  const goes_on = line.phase === 'caller_speaking' || line.phase === 'agent_speaking' || line.phase === 'greeting'
  const from = Math.max(line.phase === 'greeting' ? 800 : 0, Math.min(at, now_ms - quiet_ms - 4_500))
  if (line.phase !== 'ringing' && from < now_ms - quiet_ms) {
    segments.push({
      speaker: by,
      from_ms: Math.round(from),
      to_ms: goes_on ? null : Math.round(now_ms - quiet_ms - 300),
      unheard_from_ms: null,
    })
  }
  return segments
}

/** The calls that are on. @param now epoch milliseconds */
export function floorCalls(now: number, count = LINES.length): CallSummary[] {
  return LINES.slice(0, count).map((line, index) => callOf(line, index + 1, now))
}

function callOf(line: Line, index: number, now: number): CallSummary {
  const [agent_name, agent_version] = AGENT_NAMES[line.agent]
  const is_outbound = line.agent === 'reminders'
  const ended_at = line.ended ? iso(now - 6_000) : null
  const started = now - line.seconds * 1000 - (line.ended ? 6_000 : 0)
  const is_ringing = line.phase === 'ringing'
  const ours = '+13125550101'
  return {
    id: `cs_${index.toString().padStart(8, '0')}`,
    tenant_id: TENANT_ID,
    agent_id: AGENT_IDS[line.agent],
    agent_name,
    agent_version,
    call_sid: sidOf(index),
    from_number: is_outbound ? ours : line.number,
    to_number: is_outbound ? line.number : ours,
    direction: is_outbound ? 'outbound' : 'inbound',
    status: line.ended ? 'completed' : is_ringing ? 'ringing' : 'in-progress',
    outcome: line.ended ?? null,
    end_reason: line.ended ? 'The agent ended the call.' : null,
    started_at: iso(started),
    answered_at: is_ringing ? null : iso(started),
    ended_at,
    duration_seconds: line.ended ? line.seconds : null,
    context_version: index === 1 ? 5 : 1,
    cost: index === 1 ? 0.41 : Math.round(line.seconds * 0.14) / 100,
    live: {
      phase: line.phase,
      phase_since_at: iso(now - (line.since_s ?? 3) * 1000),
      stream_started_at: is_ringing ? null : iso(started),
      tool_name: line.tool ?? null,
      reply_gap_ms: line.gap_s ? line.gap_s * 1000 : null,
      last_line: line.line ? { speaker: line.by ?? 'agent', text: line.line, is_final: !line.partial } : null,
      attention: attentionOf(line, now),
      segments: voices(line, index),
      listeners: line.listeners ?? [],
    },
  }
}

function attentionOf(line: Line, now: number): Attention[] {
  if (line.ended) return []
  if (line.fails) {
    return [
      {
        level: 2,
        reason: 'tool_failing',
        evidence: 'lookup_order → 503 after 4.0 s',
        speaker: null,
        words: [],
        since_at: iso(now - 160_000),
      },
    ]
  }
  if (!line.attention) return []
  const { age_s, ...attention } = line.attention
  return [{ ...attention, since_at: iso(now - age_s * 1000) }]
}

// The call that is open in the pictures: a charge taken twice.
const speech = (
  turn_index: number,
  speaker: 'caller' | 'agent',
  from_s: number,
  to_s: number | null,
  text: string,
  rest: Partial<SpeechTurn> = {},
): Omit<SpeechTurn, 'at'> => ({
  kind: 'speech',
  turn_id: `turn_${turn_index}`,
  turn_index,
  started_ms: from_s * 1000,
  ended_ms: to_s === null ? null : to_s * 1000,
  is_final: to_s !== null,
  speaker,
  text,
  unheard_text: '',
  heard_ms: null,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: [],
  context_version: speaker === 'agent' ? 1 : null,
  ...rest,
})
const tool = (
  turn_index: number,
  from_s: number,
  took_s: number,
  name: string,
  args: Record<string, string>,
  result: string,
  failed = false,
): Omit<ToolTurn, 'at'> => ({
  kind: 'tool',
  turn_id: `turn_${turn_index}`,
  turn_index,
  started_ms: from_s * 1000,
  ended_ms: (from_s + took_s) * 1000,
  is_final: true,
  name,
  arguments: args,
  result,
  failed,
})

const SCRIPT = [
  speech(1, 'agent', 3, 10, 'Thanks for calling Acme billing. This call may be recorded. How can I help?'),
  speech(2, 'caller', 11, 22, 'Hi, yes, I was charged twice for the same order. It’s been five days.'),
  speech(3, 'agent', 23, 29, 'I’m sorry about that. Could you give me the order number, or the email on the account?', {
    reply_gap_ms: 900,
  }),
  speech(4, 'caller', 36, 42, 'It’s A-20418. Two times eighty-six forty.'),
  tool(5, 43, 0.6, 'lookup_order', { order_id: 'A-20418' }, '2 charges, 1 on hold'),
  speech(
    6,
    'agent',
    44,
    56,
    'Thank you. I can see two charges of $86.40 on the 19th. The second is an authorisation hold, and it',
    {
      reply_gap_ms: 2000,
      unheard_text: 'should drop off within seven business days without you having to do anything.',
      heard_ms: 11_600,
      cut_off_by: 'caller',
    },
  ),
  speech(7, 'caller', 56, 64, 'No, no. Seven days? I’ve already waited five. I need that money for rent.'),
  speech(8, 'agent', 65, 72, 'I understand, and I don’t want you waiting. Let me check what I can release today.', {
    reply_gap_ms: 900,
  }),
  tool(9, 72, 4, 'release_hold', { charge_id: 'ch_8841' }, 'Timed out', true),
  speech(10, 'agent', 77, 82, 'That did not go through. I will try once more.', { reply_gap_ms: 5000 }),
  speech(11, 'caller', 83, 85, 'Okay.'),
  speech(12, 'caller', 88, 98, 'Because rent is due on Friday and this is half of it.'),
  speech(13, 'agent', 100, 108, 'I hear you. I am trying the release again now.', { reply_gap_ms: 1200 }),
  speech(14, 'caller', 110, 118, 'And if it fails again?'),
  speech(15, 'agent', 119, 131, 'Then I will find another way to get you the money today.', {
    reply_gap_ms: 900,
  }),
  speech(16, 'caller', 133, 140, 'All right. Go on then.'),
  speech(17, 'agent', 141, 151, 'The release failed again. I am sorry.', { reply_gap_ms: 1000 }),
  speech(18, 'caller', 153, 164, 'So you can’t do anything.'),
  speech(
    19,
    'agent',
    186,
    200,
    'Here is what I can do right now: a $40 credit today, and our payments team will drop the second hold this afternoon.',
    { reply_gap_ms: 12_000, context_version: 5 },
  ),
  speech(20, 'agent', 206, 228, 'You will get a text from us when the hold is gone.', { context_version: 5 }),
  speech(21, 'caller', 231, 239, 'And who calls me if it doesn’t? Can I talk to a real person, please?', {
    rule_words: ['a real person'],
  }),
  speech(22, 'agent', 240, null, 'Of course. I can bring in a colleague, and while I', {
    reply_gap_ms: 900,
    context_version: 5,
  }),
]

/** The open call with its transcript, or a short one of any other call. */
export function floorSession(call: CallSummary): CallSession {
  const start = Date.parse(call.started_at)
  const is_main = call.call_sid === sidOf(1)
  const turns = is_main ? SCRIPT : shortTurns(call)
  return {
    ...call,
    context: is_main ? { customer: { name: 'M. Alvarez' }, order_id: 'A-20418', goodwill_credit_usd: 40 } : {},
    context_layers: {
      business: { refund_policy: '30 days, original card', support_hours: '08:00–20:00 CT' },
      agent: { escalation: { target: '+1 312 555 0188' }, goodwill_credit_usd: 20 },
    },
    transcript: turns.map((turn): Turn => ({ ...turn, at: iso(start + turn.started_ms) })),
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
      reply_gap_p50_ms: 900,
      reply_gap_p95_ms: 4_200,
      first_audio_ms: 640,
      interruptions: 3,
      frames_in: 12_600,
      frames_out: 6_100,
      frames_dropped: 0,
      malformed_messages: 0,
    },
    handled_by: [
      { kind: 'agent', agent_id: call.agent_id ?? AGENT_IDS.billing, agent_version: call.agent_version ?? 1 },
    ],
    voice: { requested: 'nova', used: 'marin' },
    summary: call.ended_at ? 'The caller’s question was answered.' : null,
  }
}

function shortTurns(call: CallSummary): (Omit<SpeechTurn, 'at'> | Omit<ToolTurn, 'at'>)[] {
  const line = call.live?.last_line
  const opening = speech(1, 'agent', 1, 5, 'Thanks for calling Acme. How can I help?')
  if (!line) return []
  return [
    opening,
    speech(2, line.speaker === 'supervisor' ? 'agent' : line.speaker, 7, line.is_final ? 12 : null, line.text, {
      reply_gap_ms: call.live?.reply_gap_ms ?? null,
    }),
  ]
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

const PROMPT = `You answer the billing line of {company_name}. You speak with {customer.name}, who may be upset about money. Be brief, warm and exact. One question at a time.

What you may do
Look up an order with lookup_order, release a hold with release_hold, and offer a credit of up to {goodwill_credit_usd} dollars when a mistake of ours has cost the caller time. Refunds follow this policy: {refund_policy}.

What you never do
Never promise a date you have not been given. Never read a card number aloud. If the caller is past {refund_limit_usd} dollars, or says any of {escalation_rules.keywords}, call escalate.

How you close
Repeat what was agreed in one sentence. If {promise} is set, say it word for word. Then ask whether there is anything else, and end the call with its outcome. Mention the survey at {survey_url} only when the outcome is resolved.`

const agent = (
  key: AgentKey,
  type: Agent['type'],
  phone_numbers: string[],
  [calls, minutes, success]: [number, number, number],
  now: number,
  rest: Partial<Agent> = {},
): Agent => ({
  id: AGENT_IDS[key],
  tenant_id: TENANT_ID,
  name: AGENT_NAMES[key][0],
  type,
  system_prompt: PROMPT,
  voice: 'nova',
  greeting_message: 'Thanks for calling Acme billing. This call may be recorded. How can I help?',
  context_data: {
    refund_limit_usd: 25,
    goodwill_credit_usd: 20,
    payments_team: 'open until 17:00 CT',
    escalation_rules: { keywords: ['human', 'lawyer', 'supervisor', 'complaint'], target: '+1 312 555 0188' },
  },
  is_active: true,
  max_call_duration: 1800,
  phone_numbers,
  version: AGENT_NAMES[key][1],
  created_at: iso(now - 90 * 86_400_000),
  updated_at: iso(now - 5 * 86_400_000),
  statistics: {
    total_calls: calls,
    total_minutes: minutes,
    average_duration: (minutes * 60) / calls,
    success_rate: success,
    last_call: iso(now - 40_000),
  },
  ...rest,
})

export function floorAgents(now: number): Agent[] {
  return [
    agent(
      'billing',
      'inbound',
      ['+13125550101', '+18005550110', '+13125550102', '+13125550103'],
      [2204, 7930, 0.841],
      now,
    ),
    agent(
      'orders',
      'inbound',
      ['+13125550122', '+13125550123', '+13125550126', '+13125550127', '+13125550128', '+13125550129'],
      [3146, 5820, 0.798],
      now,
    ),
    agent('returns', 'hybrid', ['+13125550140', '+442079460018', '+33199001243'], [1388, 4410, 0.86], now),
    agent('berlin', 'inbound', ['+493023125100', '+493023125101'], [512, 1890, 0.814], now),
    agent('reminders', 'outbound', ['+13125550150', '+493023125102'], [982, 890, 0.912], now),
    agent('delivery', 'outbound', ['+13125550151'], [180, 430, 0.722], now, { is_active: false }),
  ]
}

export function floorNumbers(agents: readonly Agent[]): PhoneNumber[] {
  const names: Record<string, string> = {
    '+13125550101': 'Main billing',
    '+18005550110': 'Toll-free',
    '+13125550102': 'Business accounts',
    '+13125550103': 'Collections',
    '+13125550122': 'Orders, main',
    '+13125550123': 'Orders, web',
    '+13125550126': 'Orders, app',
    '+13125550127': 'Orders, stores',
    '+13125550128': 'Orders, partners',
    '+13125550129': 'Couriers',
    '+13125550140': 'Returns, main',
    '+442079460018': 'Returns, UK',
    '+33199001243': 'Returns, France',
    '+493023125100': 'Zentrale',
    '+493023125101': 'Termine',
    '+13125550150': 'Reminders, US',
    '+493023125102': 'Reminders, DE',
    '+13125550151': 'Follow-up, US',
  }
  const spare: Record<string, string> = {
    '+13125550161': 'Spring campaign A',
    '+13125550162': 'Spring campaign B',
    '+13125550163': 'Spring campaign C',
    '+13125550164': 'Spare',
    '+18005550111': 'Toll-free, spare',
    '+442079460019': 'London, spare',
    '+33199001244': 'Paris, voice only',
    '+493023125109': 'Berlin, spare',
  }
  const number = (phone_number: string, friendly_name: string, assigned_agent: string | null): PhoneNumber => ({
    phone_number,
    tenant_id: TENANT_ID,
    twilio_sid: `PN${phone_number.slice(1).padStart(32, '0')}`,
    friendly_name,
    capabilities: ['voice'],
    status: assigned_agent ? 'assigned' : 'available',
    assigned_agent,
    webhook_urls: {
      voice: 'https://relay.example/receive_call',
      status: 'https://relay.example/call_status',
      fallback: null,
    },
  })
  return [
    ...agents.flatMap((each) => each.phone_numbers.map((phone) => number(phone, names[phone] ?? 'Line', each.id))),
    ...Object.entries(spare).map(([phone, name]) => number(phone, name, null)),
  ]
}

export function floorTenant(): Tenant {
  return {
    id: TENANT_ID,
    name: 'Acme Corporation',
    status: 'active',
    isolation_level: 'database',
    limits: {
      agents: 10,
      calls_per_hour: 1000,
      concurrent_calls: 100,
      api_requests_per_minute: 600,
      monthly_budget: null,
    },
    business_context: {
      company_name: 'Acme Corporation',
      refund_policy: '30 days, original card',
      support_hours: '08:00–20:00 CT',
    },
    time_zone: 'America/Chicago',
    created_at: '2026-01-04T09:00:00.000Z',
  }
}

const HOURS = [
  34, 26, 17, 17, 26, 68, 162, 324, 545, 732, 799, 749, 613, 673, 715, 690, 596, 477, 366, 289, 213, 145, 85, 51,
]

export function floorAnalytics(start: string, end: string, factor = 1): Analytics {
  const agents = floorAgents(Date.parse(end))
  const costs = [893.4, 612.1, 471.8, 196.6, 96.3, 48.2]
  const calls = Math.round(8412 * factor)
  return {
    tenant_id: TENANT_ID,
    period: { start, end },
    time_zone: 'America/Chicago',
    summary: {
      total_agents: 6,
      active_agents: 5,
      total_calls: calls,
      total_minutes: Math.round(21_370 * factor),
      average_call_duration: 152,
      success_rate: factor === 1 ? 0.832 : 0.843,
      cost: 2318 * factor,
    },
    agent_performance: agents.map((each, index) => ({
      agent_id: each.id,
      name: each.name,
      calls: each.statistics.total_calls,
      minutes: each.statistics.total_minutes,
      success_rate: each.statistics.success_rate,
      average_duration: each.statistics.average_duration,
      cost: costs[index] ?? 0,
      escalated: Math.round(each.statistics.total_calls * 0.025),
    })),
    hourly_distribution: Object.fromEntries(HOURS.map((count, hour) => [String(hour), Math.round(count * factor)])),
    outcomes: {
      resolved: 7000,
      transferred: 598,
      unresolved: 402,
      voicemail: 214,
      abandoned: 137,
      failed: 61,
    },
  }
}

/** Six calls, for the largest cards. */
export function fewCalls(now: number): CallSummary[] {
  const wanted = ['+14155550142', '+16175550169', '+442079460456', '+493023125417', '+12535550104', '+13605550171']
  const all = floorCalls(now)
  return wanted.flatMap((number) => all.filter((call) => call.from_number === number || call.to_number === number))
}

/** As many calls as asked for, made of the floor's. */
export function manyCalls(now: number, count: number): CallSummary[] {
  const floor = floorCalls(now).filter((call) => call.ended_at === null)
  return Array.from({ length: count }, (_, index) => {
    const call = floor[index % floor.length] as CallSummary
    return index < floor.length ? call : { ...call, call_sid: sidOf(1_000 + index), id: `cs_many${index}` }
  })
}
