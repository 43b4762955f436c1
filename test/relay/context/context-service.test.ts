// A change of the context of a call whose record is not in the store yet, and the list of a call's versions.
import { expect, it } from 'vitest'
import { callSessions } from '../../../relay/calls/call-records.ts'
import { CONTEXT_UPDATES, type ContextRecord } from '../../../relay/context/context-records.ts'
import { createContextService } from '../../../relay/context/context-service.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const scope = tenantScope('tnt_context00', 'relay')
const actor = { scope, user: { id: 'us_1', name: 'Dana' } } as never
const store = storeForTests()

/** @param isLive somebody answers for the call */
function service(isLive: boolean) {
  return createContextService({
    store: store(),
    bus: { send: async () => (isLive ? { call_session: {}, whole: null, moved: null } : null) } as never,
    events: {} as never,
    quota: { keep: (_actor, _version, save) => save() },
    // A record of this call is stuck: it is waited for no longer than a request may.
    flushed: () => new Promise(() => {}),
    settled: async () => {},
    clock: systemClock,
  })
}
const overriding = (isLive: boolean) =>
  service(isLive).overrideContext(actor, {
    params: { call_sid: 'CA1' },
    body: { mode: 'merge', context: {} },
  } as never)

it('is to be tried again while the call is in progress', async () => {
  await expect(overriding(true)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('is refused for a call that is not', async () => {
  await expect(overriding(false)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('ends a page of heavy versions at a megabyte, and its cursor leads to the rest', async () => {
  const params = { call_sid: 'CA2' }
  const newest_first = Array.from({ length: 40 }, (_, index) => 40 - index)
  await callSessions(store().forTenant(scope)).insertOne({ _id: 'CA2', call_sid: 'CA2' } as never)
  const versions = store().forTenant(scope).collection<ContextRecord>(CONTEXT_UPDATES)
  for (const version of newest_first)
    await versions.insertOne({
      _id: `ctx_${version}`,
      ...params,
      version,
      context_data: { text: 'x'.repeat(63_000) },
    } as never)
  const pages: number[][] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: 200, ...(cursor && { cursor }) }
    const page = await service(false).listContextVersions(actor, { params, query })
    pages.push(page.items.map(({ version }) => version))
    cursor = page.next_cursor
  }
  expect(pages.map(({ length }) => length)).toEqual([17, 17, 6])
  expect(pages.flat()).toEqual(newest_first)
})
