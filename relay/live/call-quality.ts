// What is counted of one call's audio, for its record and for the process: frames, what they waited in the relay, and how
// long the caller was talked over. No decision is made here. Walk (i) passes through: a handful of additions a frame.
import { ADDED_DELAY_BOUNDS_MS, type Quality } from '../../shared/contract/calls.ts'
import { type AudioMeters, DelayCounter } from './audio-meters.ts'
import { percentile } from './live-view.ts'

export interface FrameTotals {
  frames_in: number
  frames_out: number
  frames_dropped: number
}

export class CallQuality {
  readonly #meters: AudioMeters
  readonly #addedDelay = new DelayCounter(ADDED_DELAY_BOUNDS_MS)
  /** How long interruptions of the caller took, in milliseconds. */
  readonly #interruptedAfterMs: number[] = []
  #framesIn = 0
  #framesOut = 0
  #stale = 0
  #malformed = 0
  #interruptions = 0
  #firstAudioMs: number | null = null

  /** @param meters of all calls of the process */
  constructor(meters: AudioMeters) {
    this.#meters = meters
  }

  get interruptions(): number {
    return this.#interruptions
  }

  frameIn(): void {
    this.#framesIn++
  }
  frameOut(): void {
    this.#framesOut++
  }
  /** @param ms from reading a piece to having written it on the other side */
  delay(ms: number): void {
    this.#addedDelay.add(ms)
    this.#meters.added_delay.add(ms)
  }
  /** @returns true for the first of the call */
  stale(): boolean {
    this.#framesIn++
    return this.#stale++ === 0
  }
  /** @returns true for the first of the call */
  malformed(): boolean {
    return this.#malformed++ === 0
  }
  interruption(): void {
    this.#interruptions++
  }
  /** @param ms from the caller's voice over the agent's to when the agent was told to be silent */
  interruptedAfter(ms: number): void {
    const took_ms = Math.max(0, Math.round(ms))
    this.#interruptedAfterMs.push(took_ms)
    this.#meters.interruption.add(took_ms)
  }
  /** @param ms since the stream's start; only the first counts */
  agentHeard(ms: number): void {
    this.#firstAudioMs ??= Math.round(ms)
  }

  /** @param given_up frames that were kept for the model and had to be dropped */
  frames(given_up: number): FrameTotals {
    return { frames_in: this.#framesIn, frames_out: this.#framesOut, frames_dropped: given_up + this.#stale }
  }

  /** @param given_up as for `frames` */
  record(reply_gaps_ms: readonly number[], given_up: number): Quality {
    return {
      reply_gap_p50_ms: percentile(reply_gaps_ms, 0.5),
      reply_gap_p95_ms: percentile(reply_gaps_ms, 0.95),
      first_audio_ms: this.#firstAudioMs,
      interruptions: this.#interruptions,
      interruption_p50_ms: percentile(this.#interruptedAfterMs, 0.5),
      interruption_p95_ms: percentile(this.#interruptedAfterMs, 0.95),
      ...this.frames(given_up),
      added_delay: [...this.#addedDelay.totals.counts],
      malformed_messages: this.#malformed,
    }
  }
}
