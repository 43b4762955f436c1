// A change of the context of a call whose record is not in the store yet, or which cannot be reached, and the list of a
// call's versions.
import { describe, expect, it } from 'vitest'
import type { CallFact } from '../../../relay/calls/call-facts.ts'
import { applyFacts, callSessions } from '../../../relay/calls/call-records.ts'
import { CONTEXT_UPDATES, type ContextRecord } from '../../../relay/context/context-records.ts'
import { createContextService } from '../../../relay/context/context-service.ts'
import type { CallCommand } from '../../../relay/live/live-calls.ts'
import { systemClock } from '../../../relay/platform/clock.ts'
import { RelayError } from '../../../relay/platform/errors.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const scope = tenantScope('tnt_context00', 'relay')
const actor = { scope, user: { id: 'us_1', name: 'Dana' } } as never
const store = storeForTests()

type Send = (command: CallCommand) => Promise<object | null>
const answer: Send = async () => ({ call_session: {}, whole: null, moved: null })
const nobody: Send = async () => null

function service(send: Send) {
  return createContextService({
    store: store(),
    bus: { send: (_call: unknown, command: CallCommand) => send(command) } as never,
    events: { append: () => {} } as never,
    quota: { keep: (_actor, _version, save) => save() },
    // A record of this call is stuck: it is waited for no longer than a request may.
    flushed: () => new Promise(() => {}),
    settled: async () => {},
    clock: systemClock,
  })
}
const overriding = (send: Send, context = {}, call_sid = 'CA1') =>
  service(send).overrideContext(actor, { params: { call_sid }, body: { mode: 'merge', context } } as never)

it('is to be tried again while the call is in progress', async () => {
  await expect(overriding(answer)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('is refused for a call that is not', async () => {
  await expect(overriding(nobody)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

describe('of a call whose relay is not heard', () => {
  const away: Send = async () => {
    throw new RelayError('STORE_UNAVAILABLE')
  }
  /** Its session with version 3, and how it stands later. */
  async function openCall(call_sid: string) {
    const sessions = callSessions(store().forTenant(scope))
    await sessions.insertOne({
      _id: call_sid,
      call_sid,
      context: { tone: 'warm' },
      context_version: 3,
      ended_at: null,
      facts_seq: 1,
    } as never)
    return {
      session: () => sessions.findOne({ _id: call_sid }),
      end: () => sessions.updateOne({ _id: call_sid }, { $set: { ended_at: new Date() } }),
      newest: async () =>
        (await service(answer).listContextVersions(actor, { params: { call_sid }, query: { limit: 1 } })).items[0],
      says: (fact: CallFact) =>
        applyFacts(store(), scope, [{ key: call_sid, tenant_id: scope.tenant_id, seq: 2, fact }], async () => {}),
    }
  }
  const refused = {
    version: 4,
    state: 'refused',
    refused_reason: expect.stringMatching(/^The call could not be reached/),
  }

  it.each([
    ['the shared state is away', away],
    ['no relay has it', nobody],
  ])('is refused, and the next one builds on what is in force: %s', async (why, send) => {
    const call = await openCall(`CA ${why}`)
    expect(await overriding(send, { credit: 40 }, `CA ${why}`)).toMatchObject(refused)
    expect(await call.newest()).toMatchObject(refused)
    expect(await call.session()).toMatchObject({ context: { tone: 'warm' }, context_version: 4 })
    const next = await overriding(answer, { promise: 'by five' }, `CA ${why}`)
    expect(next).toMatchObject({ version: 5, state: 'pending', context_data: { tone: 'warm', promise: 'by five' } })
  })

  it('is applied when the call says so after all', async () => {
    const call = await openCall('CA late')
    await overriding(away, { credit: 40 }, 'CA late')
    const applied_at = new Date()
    await call.says({ type: 'context_applied', version: 4, applied_at })
    expect(await call.newest()).toMatchObject({ version: 4, state: 'applied', applied_at, refused_reason: null })
    expect(await call.session()).toMatchObject({ context: { tone: 'warm', credit: 40 } })
  })

  it('is given once more to a call that did not hear it', async () => {
    await openCall('CA deaf')
    const heard: CallCommand[] = []
    const version = await overriding(
      async (command) => (heard.push(command) === 1 ? null : answer(command)),
      { credit: 40 },
      'CA deaf',
    )
    expect(version).toMatchObject({ version: 4, state: 'pending' })
    expect(heard.at(-1)).toMatchObject({ type: 'override_context', version: 4 })
  })

  it('is refused as over only when the call has ended', async () => {
    const call = await openCall('CA over')
    const ending: Send = async () => {
      await call.end()
      return null
    }
    await expect(overriding(ending, { credit: 40 }, 'CA over')).rejects.toMatchObject({ code: 'CALL_NOT_LIVE' })
    expect(await call.newest()).toMatchObject({ state: 'refused', refused_reason: 'The call had ended.' })
  })
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
    const page = await service(nobody).listContextVersions(actor, { params, query })
    pages.push(page.items.map(({ version }) => version))
    cursor = page.next_cursor
  }
  expect(pages.map(({ length }) => length)).toEqual([17, 17, 6])
  expect(pages.flat()).toEqual(newest_first)
})
