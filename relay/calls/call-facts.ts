// What a live call lays down: facts, in order, first on disk and then in the store. Pure types and their dates.
import type { CallSession, CallStatus, CostBreakdown, Outcome, Quality, Usage } from '../../shared/contract/calls.ts'
import type { JsonObject, Stored } from '../../shared/primitives.ts'
import type { TurnRecord } from './transcript.ts'

/** A call session as it lies in the store; `_id` is the CallSid, `facts_seq` the last fact it contains. */
export type CallRecord = Omit<Stored<CallSession>, 'live' | 'is_whole' | 'transcript'> & {
  _id: string
  transcript: TurnRecord[]
  facts_seq: number
  /** How long it was by the carrier's word, once it has said so; counted in its cost with its end. */
  carrier_seconds?: number
  /** Which relay carries it, and so has to close it after a sudden end. */
  relay_id: string
}

export type CallFact =
  | { type: 'call_opened'; record: CallRecord }
  /** Its media stream came to another relay. */
  | { type: 'call_moved'; relay_id: string }
  | { type: 'call_answered'; answered_at: Date }
  | { type: 'status_reported'; status: CallStatus }
  | { type: 'turn_final'; turn: TurnRecord }
  | { type: 'context_applied'; version: number; applied_at: Date }
  /** `context`: what the call's layer is again. */
  | { type: 'context_refused'; version: number; reason: string; context: JsonObject }
  | { type: 'context_used'; version: number; turn_index: number }
  | { type: 'usage_counted'; usage: Usage; cost: number; cost_breakdown: CostBreakdown }
  | {
      type: 'call_ended'
      ended_at: Date
      status: CallStatus
      outcome: Outcome
      escalated: boolean
      end_reason: string
      summary: string | null
      duration_seconds: number
      usage: Usage
      cost: number
      cost_breakdown: CostBreakdown
      quality: Quality
      voice: CallRecord['voice']
    }

/** One line of the spool: facts of one call are applied in the order of `seq`, each once. */
export interface JournalRecord {
  /** The CallSid: records of one key keep their order. */
  key: string
  tenant_id: string
  seq: number
  fact: CallFact
}

/** JSON that people wrote keeps its texts, also those that look like dates. */
const FREE_JSON = new Set(['context', 'context_data', 'context_layers', 'business_context', 'arguments'])
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * Makes the dates of a record that went through JSON dates again: the fields `at` and `*_at`.
 * @source shared/primitives.ts, `Stored`
 */
export function reviveDates<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => reviveDates(item)) as T
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const revived = Object.entries(value).map(([key, field]) => {
    if (FREE_JSON.has(key)) return [key, field]
    const isInstant = (key === 'at' || key.endsWith('_at')) && typeof field === 'string' && INSTANT.test(field)
    return [key, isInstant ? new Date(field) : reviveDates(field)]
  })
  return Object.fromEntries(revived) as T
}
