// The account of one call: what it used and cost, how good it was, how it ended. Follows the call; the journal keeps it.
import type { Quality } from '../../shared/contract/calls.ts'
import type { CallFact, CallRecord } from '../calls/call-facts.ts'
import {
  addResponseUsage,
  addTranscriptionUsage,
  priceCall,
  type ResponseUsage,
  sumOf,
  type TranscriptionUsage,
} from '../calls/cost.ts'
import { decideOutcome } from '../calls/outcome.ts'
import type { PriceTable } from '../calls/prices.ts'
import type { Ending } from './call-events.ts'

export class CallLedger {
  readonly record: CallRecord
  readonly #prices: PriceTable
  #model = ''
  #transcriptionModel: string | null = null
  readonly #counted = new Set<string>()

  constructor(record: CallRecord, prices: PriceTable) {
    this.record = record
    this.#prices = prices
  }

  modelReady(model: string, transcription_model: string | null, voice: { requested: string; used: string }): void {
    this.#model = model
    this.#transcriptionModel = transcription_model
    this.record.voice = voice
  }

  answered(now: Date): CallFact {
    this.record.answered_at = now
    this.record.status = 'in-progress'
    return { type: 'call_answered', answered_at: now }
  }

  escalated(): void {
    this.record.escalated = true
  }

  /** @returns null for a response that was counted before */
  countResponse(response_id: string, usage: ResponseUsage, now: Date): CallFact | null {
    return this.#once(response_id, now, () => addResponseUsage(this.record.usage, usage))
  }

  /** @returns null for a turn that was counted before */
  countTranscription(item_id: string, usage: TranscriptionUsage, now: Date): CallFact | null {
    const price = this.#prices.transcription[this.#transcriptionModel ?? '']
    return this.#once(item_id, now, () => addTranscriptionUsage(this.record.usage, usage, price))
  }

  #once(id: string, now: Date, add: () => CallRecord['usage']): CallFact | null {
    if (this.#counted.has(id)) return null
    this.#counted.add(id)
    this.record.usage = add()
    this.#price(now)
    const { usage, cost, cost_breakdown } = this.record
    return { type: 'usage_counted', usage, cost, cost_breakdown }
  }

  /** The last fact of the call. */
  settle(end: Ending, quality: Quality, caller_spoke: boolean, ended_at: Date): CallFact {
    const { record } = this
    const outcome = decideOutcome({
      said_by_agent: end.by_supervisor ? null : end.outcome,
      said_by_supervisor: end.by_supervisor ? end.outcome : null,
      escalated: record.escalated,
      failed: end.failed,
      caller_spoke,
    })
    const duration_seconds = record.answered_at
      ? Math.round((ended_at.getTime() - record.answered_at.getTime()) / 100) / 10
      : 0
    Object.assign(record, {
      status: end.status,
      end_reason: end.end_reason,
      summary: end.summary,
      outcome,
      ended_at,
      duration_seconds,
      quality,
    })
    this.#price(ended_at)
    const { escalated, usage, cost, cost_breakdown, voice } = record
    return {
      type: 'call_ended',
      ended_at,
      status: end.status,
      outcome,
      escalated,
      end_reason: end.end_reason,
      summary: end.summary,
      duration_seconds,
      usage,
      cost,
      cost_breakdown,
      quality,
      voice,
    }
  }

  #price(now: Date): void {
    const { record } = this
    const seconds = record.answered_at ? (now.getTime() - record.answered_at.getTime()) / 1000 : 0
    record.cost_breakdown = priceCall(
      record.usage,
      { model: this.#model, transcription_model: this.#transcriptionModel, direction: record.direction, seconds },
      this.#prices,
    )
    record.cost = sumOf(record.cost_breakdown)
  }
}
