// The documents that are measured with: a tenant's agents, calls with their words, and hours of figures, each as the
// relay itself writes it.
import type { AgentRecord, AgentVersionRecord } from '../../../relay/agents/agent-records.ts'
import { agents } from '../../../relay/agents/agent-records.ts'
import { type HourRecord, usageHourly } from '../../../relay/analytics/analytics-records.ts'
import type { CallRecord } from '../../../relay/calls/call-facts.ts'
import { callSessions } from '../../../relay/calls/call-records.ts'
import type { TurnRecord } from '../../../relay/calls/transcript.ts'
import type { TenantStore } from '../../../relay/store/doc-store.ts'

export interface Amounts {
  agents: number
  calls: number
  /** Of each agent. */
  hours: number
}

/** Few calls: SecantusDB reads all of a tenant's for one page, where mongod reads the page. */
export const AMOUNTS: Amounts = { agents: 10, calls: 60, hours: 12 }
const TURNS = 8
/** The newest call and hour; nothing here depends on when it is measured. */
const NEWEST_MS = Date.UTC(2026, 0, 31, 12)
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export const agentId = (n: number): string => `agt_bench${String(n).padStart(8, '0')}`
export const callSid = (n: number): string => `CA${n.toString(16).padStart(32, '0')}`
export const newestHour = new Date(NEWEST_MS)

/** What `POST /api/agents` takes. */
export const newAgent = (name: string) => ({
  name,
  type: 'inbound' as const,
  system_prompt:
    'You answer the telephone of {company}. You are friendly and brief, you ask one question at a time, and you never promise what you cannot keep.',
  voice: 'marin' as const,
  greeting_message: 'Hello, this is the service line. How can I help?',
  context_data: {
    company: 'A company',
    opening_hours: { weekdays: '8 to 18', saturday: '9 to 13' },
    languages: ['en'],
  },
  is_active: true,
  max_call_duration: 1_800,
  phone_numbers: [],
})

export function agentRecord(n: number, tenant_id: string): AgentRecord {
  const made = new Date(NEWEST_MS - n * MINUTE_MS)
  const id = agentId(n)
  const dates = { created_at: made, updated_at: made }
  return { _id: id, id, tenant_id, ...newAgent(`Agent ${n}`), version: 1, ...dates }
}

export function versionRecord(n: number, tenant_id: string): AgentVersionRecord {
  const { _id, tenant_id: _tenant, created_at, updated_at: _changed, ...snapshot } = agentRecord(n, tenant_id)
  return {
    _id: `${_id}.1`,
    tenant_id,
    agent_id: _id,
    version: 1,
    snapshot: snapshot as never,
    changed_by: { id: 'usr_bench', name: 'Bench' },
    changed_at: created_at,
    note: null,
  }
}

const OUTCOMES = ['resolved', 'resolved', 'unresolved', 'escalated', 'abandoned'] as const

export function callRecord(n: number, tenant_id: string, agents_count: number): CallRecord {
  const started_at = new Date(NEWEST_MS - n * MINUTE_MS)
  return {
    _id: callSid(n),
    id: `call_bench${String(n).padStart(8, '0')}`,
    tenant_id,
    agent_id: agentId(n % agents_count),
    agent_name: `Agent ${n % agents_count}`,
    agent_version: 1,
    call_sid: callSid(n),
    from_number: '+14155550142',
    to_number: '+13125550177',
    direction: 'inbound',
    status: 'completed',
    outcome: OUTCOMES[n % OUTCOMES.length]!,
    escalated: OUTCOMES[n % OUTCOMES.length] === 'escalated',
    end_reason: 'The caller hung up.',
    started_at,
    answered_at: started_at,
    ended_at: new Date(started_at.getTime() + 3 * MINUTE_MS),
    duration_seconds: 180,
    context_version: 1,
    cost: 0.1234,
    context: { order: 'A-1042' },
    context_layers: { business: { company: 'A company' }, agent: { opening_hours: '8 to 18' } },
    transcript: Array.from({ length: TURNS }, (_, index) => turnRecord(index, started_at)),
    cost_breakdown: { model: 0.1, carrier: 0.0234 },
    usage: {
      responses: TURNS / 2,
      input_text_tokens: 2_400,
      input_audio_tokens: 1_800,
      input_image_tokens: 0,
      cached_text_tokens: 1_920,
      cached_audio_tokens: 896,
      cached_image_tokens: 0,
      output_text_tokens: 240,
      output_audio_tokens: 900,
      transcription_seconds: 80,
      transcription_input_tokens: 0,
      transcription_output_tokens: 0,
      is_estimate: false,
    },
    quality: {
      reply_gap_p50_ms: 850,
      reply_gap_p95_ms: 1_400,
      first_audio_ms: 620,
      interruptions: 1,
      interruption_p50_ms: 1,
      interruption_p95_ms: 1,
      added_delay: null,
      frames_in: 9_000,
      frames_out: 4_000,
      frames_dropped: 0,
      malformed_messages: 0,
    },
    handled_by: [{ kind: 'agent', agent_id: agentId(n % agents_count), agent_version: 1 }],
    voice: { requested: 'marin', used: 'marin' },
    summary: 'The caller asked when an order arrives and was told.',
    facts_seq: TURNS + 3,
    relay_id: 'a-relay-of-then',
  }
}

export function turnRecord(index: number, started_at: Date): TurnRecord {
  const isCaller = index % 2 === 0
  return {
    turn_id: `item_${String(index).padStart(21, 'A')}`,
    turn_index: index + 1,
    at: new Date(started_at.getTime() + index * 12_000),
    started_ms: index * 12_000,
    ended_ms: index * 12_000 + 4_000,
    is_final: true,
    kind: 'speech',
    speaker: isCaller ? 'caller' : 'agent',
    text: isCaller
      ? 'Can you tell me when my order will arrive? It was promised for last week.'
      : 'Thank you for waiting, I have found your order now. It left our house this morning and will be there on Tuesday.',
    unheard_text: '',
    heard_ms: isCaller ? null : 4_000,
    cut_off_by: null,
    reply_gap_ms: isCaller ? null : 850,
    rule_words: [],
    context_version: isCaller ? null : 1,
  }
}

export function hourRecord(agent: number, n: number, tenant_id: string): HourRecord {
  const hour_at = new Date(NEWEST_MS - n * HOUR_MS)
  const sums = { calls: 3, seconds: 540, cost: 0.3702, outcomes: { resolved: 2, escalated: 1 } }
  return {
    _id: `${agentId(agent)}.${hour_at.toISOString()}`,
    tenant_id,
    agent_id: agentId(agent),
    agent_name: `Agent ${agent}`,
    hour_at,
    last_call_at: new Date(hour_at.getTime() + 50 * MINUTE_MS),
    call_sids: Array.from({ length: 12 }, (_, call) => callSid(n * 12 + call)),
    q0: sums,
    q1: sums,
    q2: sums,
    q3: sums,
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Fills a tenant through the relay's own door, which makes the indexes too. */
export async function seed(store: TenantStore, amounts: Amounts): Promise<void> {
  const { tenant_id } = store.scope
  await agents(store).insertMany(upTo(amounts.agents).map((n) => agentRecord(n, tenant_id)))
  for (const n of upTo(Math.ceil(amounts.calls / 100))) {
    const hundred = upTo(Math.min(100, amounts.calls - n * 100)).map((rest) => n * 100 + rest)
    await callSessions(store).insertMany(hundred.map((call) => callRecord(call, tenant_id, amounts.agents)) as never)
  }
  for (const agent of upTo(amounts.agents))
    await usageHourly(store).insertMany(upTo(amounts.hours).map((n) => hourRecord(agent, n, tenant_id)))
}
