// What the wall shows of a live call: its phase, its newest line, its voices of the last two minutes, why it needs
// someone. Follows what happens in the call; decides nothing.
import type { LiveState, Phase, Segment, Speaker } from '../../shared/contract/calls.ts'
import type { Stored } from '../../shared/primitives.ts'
import { type AttentionRecord, type CallPulse, measure, raise } from '../calls/attention.ts'
import type { SpeechRecord, TurnRecord } from '../calls/transcript.ts'

const SCORE_MS = 120_000
/** After this much quiet a call is shown as silent instead of what it did last. */
const SILENCE_SHOWN_MS = 4_000
const UNHEARD_MS_PER_LETTER = 62

export type LiveStateRecord = Stored<LiveState>

export class LiveView {
  #phase: Phase = 'ringing'
  #phaseSince: Date
  #streamStartedAt: Date | null = null
  #replyGaps: number[] = []
  #lastLine: LiveState['last_line'] = null
  #attention: readonly AttentionRecord[] = []
  #lastVoiceMs = 0
  /** By person: how often they listen. One who closes one of two windows still listens. */
  readonly #listeners = new Map<string, { name: string; times: number }>()
  /** All turns before this one ended before the voices that are shown began. */
  #shownFrom = 0

  constructor(opened_at: Date) {
    this.#phaseSince = opened_at
  }

  get attention(): readonly AttentionRecord[] {
    return this.#attention
  }
  get phase(): Phase {
    return this.#phase
  }
  get replyGaps(): readonly number[] {
    return this.#replyGaps
  }

  enter(phase: Phase, now: Date): void {
    if (this.#phase === phase || this.#phase === 'ended') return
    this.#phase = phase
    this.#phaseSince = now
  }

  streamStarted(now: Date): void {
    this.#streamStartedAt = now
  }

  voiceAt(ms: number): void {
    this.#lastVoiceMs = Math.max(this.#lastVoiceMs, ms)
  }

  replyGap(gap_ms: number): void {
    this.#replyGaps.push(gap_ms)
  }

  line(turn: SpeechRecord): void {
    const text = turn.text || turn.unheard_text
    if (text) this.#lastLine = { speaker: turn.speaker, text: text.slice(-200), is_final: turn.is_final }
  }

  raise(raised: Parameters<typeof raise>[1], now: Date): AttentionRecord {
    this.#attention = raise(this.#attention, raised, now)
    return this.#attention.find((item) => item.reason === raised.reason) as AttentionRecord
  }

  /** Once a second. @returns true when the reasons for attention changed */
  tick(now_ms: number, now: Date, limits: Pick<CallPulse, 'elapsed_seconds' | 'max_call_duration'>): boolean {
    const silence_ms = this.#streamStartedAt ? Math.max(0, now_ms - this.#lastVoiceMs) : 0
    const isVoiced = this.#phase === 'caller_speaking' || this.#phase === 'agent_speaking' || this.#phase === 'greeting'
    if (isVoiced) this.voiceAt(now_ms)
    if (this.#phase === 'agent_thinking' && silence_ms > SILENCE_SHOWN_MS) this.enter('silence', now)
    const before = this.#attention
    this.#attention = measure(
      before,
      { silence_ms: isVoiced ? 0 : silence_ms, reply_gaps_ms: this.#replyGaps, ...limits },
      now,
    )
    return this.#attention !== before
  }

  listen(id: string, name: string): void {
    this.#listeners.set(id, { name, times: (this.#listeners.get(id)?.times ?? 0) + 1 })
  }
  unlisten(id: string): void {
    const listener = this.#listeners.get(id)
    if (listener && --listener.times === 0) this.#listeners.delete(id)
  }

  state(turns: readonly TurnRecord[], now_ms: number): LiveStateRecord {
    return {
      phase: this.#phase,
      phase_since_at: this.#phaseSince,
      stream_started_at: this.#streamStartedAt,
      tool_name: null,
      reply_gap_ms: this.#replyGaps.at(-1) ?? null,
      last_line: this.#lastLine,
      attention: [...this.#attention],
      segments: this.#segments(turns, now_ms),
      listeners: [...this.#listeners].map(([id, { name }]) => ({ id, name })),
    }
  }

  /** The voices of the last two minutes, oldest first; what nobody heard is drawn after where the voice was cut. */
  #segments(turns: readonly TurnRecord[], now_ms: number): Segment[] {
    const isOver = (turn: TurnRecord): boolean => (turn.ended_ms ?? now_ms) < now_ms - SCORE_MS
    while (this.#shownFrom < turns.length && isOver(turns[this.#shownFrom]!)) this.#shownFrom++
    const segments: Segment[] = []
    for (let at = this.#shownFrom; at < turns.length; at++) {
      const turn = turns[at]!
      if (turn.kind === 'speech' && !isOver(turn)) segments.push(segment(turn.speaker, turn))
    }
    return segments
  }
}

function segment(speaker: Speaker, turn: SpeechRecord): Segment {
  if (turn.ended_ms === null || !turn.unheard_text)
    return { speaker, from_ms: turn.started_ms, to_ms: turn.ended_ms, unheard_from_ms: null }
  const unheard_ms = Math.min(6_000, turn.unheard_text.length * UNHEARD_MS_PER_LETTER)
  return { speaker, from_ms: turn.started_ms, to_ms: turn.ended_ms + unheard_ms, unheard_from_ms: turn.ended_ms }
}

/** @param share 0.5 for the median @returns null when there is none */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null
}
