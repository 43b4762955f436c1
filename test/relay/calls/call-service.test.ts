// A call that no relay answers for: what is read of it, what who ends it is told, and that nothing unknown is called over.
import { describe, expect, it } from 'vitest'
import { callSessions } from '../../../relay/calls/call-records.ts'
import { createCallService } from '../../../relay/calls/call-service.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const scope = tenantScope('tnt_reading00', 'relay')
const actor = { scope, user: { name: 'Dana' } } as never
const store = storeForTests()

const sessions = () => callSessions(store().forTenant(scope))
const open = (call_sid: string) =>
  sessions().insertOne({ _id: call_sid, call_sid, transcript: [], ended_at: null } as never)

/** A relay at which nobody answers for a call. */
function serviceWith({
  listing = { summaries: [], is_whole: true },
  send = async () => null,
  settled = async () => {},
}: {
  listing?: { summaries: object[]; is_whole: boolean }
  send?: () => Promise<null>
  settled?: () => Promise<void>
}) {
  const { getCall, hangUpCall, listLiveCalls } = createCallService({
    store: store(),
    directory: { list: async () => listing } as never,
    bus: { send } as never,
    events: { last_seq: async () => 7 } as never,
    tenantOf: async () => null,
    settled,
  })
  return {
    read: (call_sid: string) => getCall(actor, { params: { call_sid } } as never),
    hangUp: (call_sid: string) => hangUpCall(actor, { params: { call_sid }, body: {} } as never),
    list: () => listLiveCalls(actor, {} as never),
  }
}
const AWAY = { summaries: [], is_whole: false }
const away = async () => {
  throw new RelayError('STORE_UNAVAILABLE')
}

it('a call that nobody carries any more is read again once its last facts are in the store', async () => {
  await open('CA1')
  const end = async () => void (await sessions().updateOne({ _id: 'CA1' }, { $set: { ended_at: new Date(0) } }))
  const { read, hangUp } = serviceWith({ settled: end, listing: AWAY })
  expect(await read('CA1')).toMatchObject({ live: null, ended_at: new Date(0), is_whole: true })
  await expect(hangUp('CA1')).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' })
})

describe('a call whose record is open and for which nobody answers', () => {
  it('is at no relay only when all could be asked', async () => {
    await open('CA2')
    expect(await serviceWith({}).read('CA2')).toMatchObject({ live: null, is_whole: true })
    expect(await serviceWith({ send: away, listing: AWAY }).read('CA2')).toMatchObject({ live: null, is_whole: false })
    // After a return, its relay is not there yet.
    expect(await serviceWith({ listing: AWAY }).read('CA2')).toMatchObject({ live: null, is_whole: false })
  })

  it('is live as it is listed', async () => {
    await open('CA3')
    const live = { phase: 'silence' }
    const { read } = serviceWith({ listing: { summaries: [{ call_sid: 'CA3', live }], is_whole: false } })
    expect(await read('CA3')).toMatchObject({ live, is_whole: true })
  })

  it('is not said to be over to who ends it', async () => {
    await open('CA4')
    for (const given of [{}, { send: away }])
      await expect(serviceWith(given).hangUp('CA4')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(serviceWith({}).hangUp('CA5')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('the list of live calls says whether it is whole', async () => {
  expect(await serviceWith({ listing: AWAY }).list()).toMatchObject({ items: [], is_whole: false })
  expect(await serviceWith({}).list()).toMatchObject({ items: [], is_whole: true })
})
