// What the carrier bills takes the place of what was estimated, on the call and in the hour it counts in.
import { expect, it } from 'vitest'
import { correctCost, rollUpCall, usageHourly } from '../../../relay/analytics/analytics-records.ts'
import type { CallFact, CallRecord } from '../../../relay/calls/call-facts.ts'
import { applyFacts, callSessions } from '../../../relay/calls/call-records.ts'
import { createCarrierMinutes, createCountMinutes } from '../../../relay/calls/carrier-minutes.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const store = storeForTests()
const SCOPE = tenantScope('tnt_minutes00', 'relay')
const STARTED = new Date('2030-01-01T09:10:00.000Z')
const { inbound_per_minute, stream_per_minute } = PRICES.carrier

const END = {
  ended_at: new Date('2030-01-01T09:11:30.000Z'),
  outcome: 'resolved',
  duration_seconds: 90,
  cost: 0.5,
  cost_breakdown: { model: 0.45, carrier: 0.05 },
}
/** A call of a minute and a half by our clock, of two minutes and some by the carrier's. */
const RECORD = {
  tenant_id: SCOPE.tenant_id,
  agent_id: 'agt_ada0',
  direction: 'inbound',
  started_at: STARTED,
  answered_at: STARTED,
  facts_seq: 1,
} as unknown as CallRecord

/** A relay that brings the facts of a call to the store, and hears of it from the carrier. */
function relay(call_sid: string) {
  const clock = fakeClock()
  const tenant = store().forTenant(SCOPE)
  const countMinutes = createCountMinutes({ prices: PRICES, correctRollUp: correctCost })
  const settled = async () => {}
  const minutes = createCarrierMinutes({ store: store(), countMinutes, settled, clock, log: silentLogger })
  const lay = (seq: number, fact: CallFact) =>
    applyFacts(store(), SCOPE, [{ key: call_sid, tenant_id: SCOPE.tenant_id, seq, fact }], async (call) => {
      await rollUpCall(tenant, call)
      await countMinutes(tenant, call)
    })
  return {
    minutes,
    opened: (change: Partial<CallRecord> = {}) =>
      lay(1, {
        type: 'call_opened',
        record: { ...RECORD, ended_at: null, outcome: null, cost: 0, ...change, _id: call_sid, call_sid },
      }),
    ended: () => lay(2, { type: 'call_ended', ...END } as CallFact),
    /** Time passes, and the store answers. */
    async pass(ms: number) {
      clock.advance(ms)
      for (let tries = 0; tries < 40; tries++) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    call: () => callSessions(tenant).findOne({ _id: call_sid }),
    hour: async () => (await usageHourly(tenant).findOne({ call_sids: call_sid }))?.q0?.cost ?? null,
  }
}
const REFUSED = {
  answered_at: null,
  ended_at: STARTED,
  outcome: 'refused',
  duration_seconds: 0,
  cost_breakdown: { model: 0, carrier: 0 },
} as const

it('what is said after the end is counted once, on the call and in its hour', async () => {
  const { minutes, opened, ended, call, hour } = relay('CAminutes1')
  await opened({ agent_id: 'agt_one' })
  await ended()
  await Promise.all([minutes.keep('CAminutes1', 130), minutes.keep('CAminutes1', 130)])
  await minutes.keep('CAminutes1', 9_000)
  const carrier = 3 * inbound_per_minute + 2 * stream_per_minute
  expect(await call()).toMatchObject({
    carrier_seconds: 130,
    cost_breakdown: { model: 0.45, carrier: expect.closeTo(carrier, 6) },
  })
  expect((await call())?.cost).toBeCloseTo(0.45 + carrier, 6)
  expect(await hour()).toBeCloseTo(0.45 + carrier, 6)
})

it('what is said before the store has the end is counted with it, also when who heard it is gone', async () => {
  const { minutes, opened, call } = relay('CAminutes2')
  await opened({ agent_id: 'agt_two' })
  await minutes.keep('CAminutes2', 30)
  await minutes.close()
  const other = relay('CAminutes2')
  await other.ended()
  await other.ended()
  const cost = 0.45 + inbound_per_minute + 2 * stream_per_minute
  expect((await call())?.cost).toBeCloseTo(cost, 6)
  expect(await other.hour()).toBeCloseTo(cost, 6)
})

it('what is said before the store has the call waits for it, and is tried once more at a stop', async () => {
  const early = relay('CAminutes4')
  await early.minutes.keep('CAminutes4', 30)
  await early.opened({ agent_id: 'agt_four' })
  await early.ended()
  await early.pass(500)
  expect(await early.call()).toMatchObject({ carrier_seconds: 30 })
  const stopping = relay('CAminutes5')
  await stopping.minutes.keep('CAminutes5', 30)
  await stopping.opened({ agent_id: 'agt_five' })
  await stopping.minutes.close()
  expect(await stopping.call()).toMatchObject({ carrier_seconds: 30 })
})

it('a call that was refused costs what the carrier took to say so, also in its hour, and once', async () => {
  const { minutes, opened, call, hour } = relay('CAminutes3')
  await opened(REFUSED)
  await minutes.keep('CAminutes3', 5)
  await minutes.keep('CAminutes3', 5)
  expect(await call()).toMatchObject({ cost: inbound_per_minute, cost_breakdown: { carrier: inbound_per_minute } })
  expect(await hour()).toBe(inbound_per_minute)
})
