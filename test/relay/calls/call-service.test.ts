// A call that has just ended: read at once it has its end, though the store is given facts in rounds.
import { expect, it } from 'vitest'
import { callSessions } from '../../../relay/calls/call-records.ts'
import { createCallService } from '../../../relay/calls/call-service.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const scope = tenantScope('tnt_reading00', 'relay')
const actor = { scope } as never
const store = storeForTests()

it('a call that nobody carries any more is read again once its last facts are in the store', async () => {
  const sessions = callSessions(store().forTenant(scope))
  await sessions.insertOne({ _id: 'CA1', transcript: [], ended_at: null } as never)
  const calls = createCallService({
    store: store(),
    directory: {} as never,
    bus: { send: async () => null } as never,
    events: {} as never,
    tenantOf: async () => null,
    settled: async () => void (await sessions.updateOne({ _id: 'CA1' }, { $set: { ended_at: new Date(0) } })),
  })
  const call = await calls.getCall(actor, { params: { call_sid: 'CA1' } } as never)
  expect(call).toMatchObject({ live: null, ended_at: new Date(0) })
})
