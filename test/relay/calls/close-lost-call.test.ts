// A call that nobody carries any more ends for everybody, also on a disk that is full at first.
import { expect, it } from 'vitest'
import type { CallRecord, JournalRecord } from '../../../relay/calls/call-facts.ts'
import { createCloseLostCall } from '../../../relay/calls/close-lost-call.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { StoreError } from '../../../relay/store/doc-store.ts'

const CALL = {
  tenant_id: 'tnt_1',
  call_sid: 'CA1',
  started_at: new Date(0),
  answered_at: null,
  transcript: [],
  facts_seq: 4,
} as unknown as CallRecord

function closing(refusals: number) {
  const seen = { laid: [] as JournalRecord[], removed: 0, released: 0, told: [] as string[] }
  let refused = 0
  const close = createCloseLostCall({
    spool: {
      async append(record) {
        if (refused++ < refusals) throw new StoreError('NO_SPACE', 'full')
        seen.laid.push(record)
      },
    },
    directory: { remove: () => void seen.removed++ },
    leases: { release: async () => void seen.released++ },
    events: { append: (event) => void seen.told.push(event.event_type) as never },
    log: silentLogger,
  })
  return { seen, close: () => close(CALL, 'It was lost.') }
}

it.each([
  ['a disk with room', 0, 1],
  ['a disk that refuses once', 1, 1],
  ['a disk that takes nothing', 2, 0],
])('on %s', async (_disk, refusals, laid) => {
  const { seen, close } = closing(refusals)
  await close()
  expect(seen.laid).toHaveLength(laid)
  for (const { seq, fact } of seen.laid)
    expect({ seq, fact }).toMatchObject({ seq: 5, fact: { type: 'call_ended', end_reason: 'It was lost.' } })
  expect(seen).toMatchObject({ removed: 1, released: 1, told: ['call.ended'] })
})
