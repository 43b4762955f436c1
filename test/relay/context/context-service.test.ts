// A change of the context of a call whose record is not in the store yet.
import { expect, it } from 'vitest'
import { createContextService } from '../../../relay/context/context-service.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const actor = { scope: tenantScope('tnt_context00', 'relay'), user: { id: 'us_1', name: 'Dana' } } as never
const store = storeForTests()

/** @param isLive somebody answers for the call */
function overriding(isLive: boolean) {
  const context = createContextService({
    store: store(),
    bus: { send: async () => (isLive ? { call_session: {}, whole: null, moved: null } : null) } as never,
    events: {} as never,
    // A record of this call is stuck: it is waited for no longer than a request may.
    flushed: () => new Promise(() => {}),
    settled: async () => {},
    clock: systemClock,
  })
  return context.overrideContext(actor, { params: { call_sid: 'CA1' }, body: { mode: 'merge', context: {} } } as never)
}

it('is to be tried again while the call is in progress', async () => {
  await expect(overriding(true)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('is refused for a call that is not', async () => {
  await expect(overriding(false)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
