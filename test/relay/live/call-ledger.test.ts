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
