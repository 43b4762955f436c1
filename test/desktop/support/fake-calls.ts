// The calls of the floor: those that are on at noon, as few or as many as a picture wants, and those that are over.
import type { Attention, CallSummary, Outcome, Segment } from '../../../shared/contract/calls.ts'
import { AGENT_IDS, AGENT_NAMES, iso, sidOf, TENANT_ID } from './fake-floor.ts'
import type { Line } from './fake-lines.ts'
import { LINES } from './fake-lines.ts'

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
    escalated: line.attention?.reason === 'asked_for_a_person' || line.attention?.reason === 'escalation_keyword',
    end_reason: line.ended ? 'The agent ended the call.' : null,
    started_at: iso(started),
    answered_at: is_ringing ? null : iso(started),
    ended_at,
    duration_seconds: line.ended ? line.seconds : null,
    context_version: index === 1 ? 7 : 0,
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

/** Six calls, for the largest cards. */
export function fewCalls(now: number): CallSummary[] {
  const wanted = ['+14155550142', '+16175550169', '+442079460456', '+493023125417', '+12535550104', '+13605550171']
  const all = floorCalls(now)
  return wanted.flatMap((number) => all.filter((call) => call.from_number === number || call.to_number === number))
}

/** As many calls as asked for: the floor's, then calm ones with numbers of their own. */
export function manyCalls(now: number, count: number): CallSummary[] {
  const floor = floorCalls(now).filter((call) => call.ended_at === null)
  const calm = floor.filter((call) => call.live?.attention.length === 0 && call.live.phase !== 'ringing')
  return Array.from({ length: count }, (_, index) => {
    const known = floor[index]
    if (known) return known
    const call = calm[index % calm.length] as CallSummary
    const next = chance(index)
    const number = `+1${call.from_number.slice(2, 5)}5550${String(100 + Math.floor(next() * 99))}`
    const later_ms = Math.floor(next() * 400_000)
    return {
      ...call,
      call_sid: sidOf(1_000 + index),
      id: `cs_many${index}`,
      from_number: call.direction === 'inbound' ? number : call.from_number,
      to_number: call.direction === 'inbound' ? call.to_number : number,
      started_at: iso(now - later_ms),
      answered_at: iso(now - later_ms),
    }
  })
}

/** Calls that are over, newest first. */
export function finishedCalls(now: number, count: number): CallSummary[] {
  const outcomes: Outcome[] = ['resolved', 'resolved', 'transferred', 'resolved', 'unresolved', 'resolved', 'voicemail']
  const floor = floorCalls(now)
  return Array.from({ length: count }, (_, index) => {
    const call = floor[(index * 5) % floor.length] as CallSummary
    const next = chance(index + 1)
    const seconds = 20 + Math.floor(next() * 400)
    const started = now - (index + 1) * 420_000
    return {
      ...call,
      call_sid: sidOf(5_000 + index),
      id: `cs_over${index}`,
      status: 'completed',
      outcome: outcomes[index % outcomes.length] as Outcome,
      end_reason: 'The agent ended the call.',
      started_at: iso(started),
      answered_at: iso(started),
      ended_at: iso(started + seconds * 1000),
      duration_seconds: seconds,
      cost: Math.round(seconds * 0.14) / 100,
      live: null,
    }
  })
}
