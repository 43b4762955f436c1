// The account of a call at its end.
import { describe, expect, it } from 'vitest'
import type { CallRecord } from '../../../relay/calls/call-facts.ts'
import { NO_USAGE } from '../../../relay/calls/cost.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import type { Ending } from '../../../relay/live/call-events.ts'
import { CallLedger } from '../../../relay/live/call-ledger.ts'
import type { Quality } from '../../../shared/contract/calls.ts'

const NOW = new Date('2030-01-01T09:00:00.000Z')
const END: Ending = {
  status: 'completed',
  end_reason: 'The agent ended the call.',
  failed: false,
  outcome: 'unresolved',
  by_supervisor: false,
  summary: null,
}
const ledger = () =>
  new CallLedger({ usage: NO_USAGE, direction: 'inbound', answered_at: NOW, escalated: false } as CallRecord, PRICES)

describe('an escalation', () => {
  it('stands on the record from when it is raised, and in its end beside what the agent says of it', () => {
    const call = ledger()
    call.escalated()
    expect(call.record.escalated).toBe(true)
    expect(call.settle(END, {} as Quality, true, NOW)).toMatchObject({ outcome: 'unresolved', escalated: true })
  })

  it('is the outcome where nobody said another', () => {
    const call = ledger()
    call.escalated()
    expect(call.settle({ ...END, outcome: null }, {} as Quality, true, NOW)).toMatchObject({ outcome: 'escalated' })
  })

  it('that was not raised is not there', () => {
    expect(ledger().settle(END, {} as Quality, true, NOW)).toMatchObject({ escalated: false })
  })
})

describe('the words of the caller', () => {
  const MINUTE = { type: 'duration', seconds: 60 } as const
  const TOKENS = { type: 'tokens', input_tokens: 1_000_000, output_tokens: 0 } as const
  const counted = (model: string, usage: typeof MINUTE | typeof TOKENS) => {
    const call = ledger()
    call.modelReady('gpt-realtime-2.1', model, { requested: 'alloy', used: 'alloy' })
    call.countTranscription('item_1', usage, NOW)
    return [call.record.cost_breakdown.model, call.record.usage.is_estimate]
  }

  it('cost what their model takes for them', () => {
    expect(counted('gpt-transcribe', MINUTE)).toEqual([0.0045, false])
    expect(counted('gpt-4o-mini-transcribe', TOKENS)).toEqual([3, false])
  })

  it('are an estimate where it has no price for what it reports', () => {
    expect(counted('gpt-transcribe', TOKENS)).toEqual([0, true])
    expect(counted('gpt-4o-mini-transcribe', MINUTE)).toEqual([0, true])
    expect(counted('whisper-of-another', MINUTE)).toEqual([0, true])
  })
})
