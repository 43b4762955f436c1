// What the carrier bills takes the place of what was estimated, on the call and in the hour it counts in.
import { expect, it } from 'vitest'
import { correctCost, rollUpCall, usageHourly } from '../../../relay/analytics/analytics-records.ts'
import type { CallRecord } from '../../../relay/calls/call-facts.ts'
import { applyFacts, callSessions } from '../../../relay/calls/call-records.ts'
import { createCarrierMinutes } from '../../../relay/calls/carrier-minutes.ts'
import { PRICES } from '../../../relay/calls/prices.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { storeForTests } from '../../support/store-for-tests.ts'

const store = storeForTests()
const SCOPE = tenantScope('tnt_minutes00', 'relay')
const STARTED = new Date('2030-01-01T09:10:00.000Z')
const { inbound_per_minute, stream_per_minute } = PRICES.carrier

/** A call of a minute and a half by our clock, of two minutes and some by the carrier's. */
const RECORD = {
  tenant_id: SCOPE.tenant_id,
  agent_id: 'agt_ada0',
  direction: 'inbound',
  started_at: STARTED,
  answered_at: STARTED,
  ended_at: new Date('2030-01-01T09:11:30.000Z'),
  outcome: 'resolved',
  duration_seconds: 90,
  cost: 0.5,
  cost_breakdown: { model: 0.45, carrier: 0.05 },
  facts_seq: 1,
} as unknown as CallRecord

function relay(call_sid: string) {
  const clock = fakeClock()
  const tenant = store().forTenant(SCOPE)
  const minutes = createCarrierMinutes({
    store: store(),
    prices: PRICES,
    correctRollUp: correctCost,
    clock,
    log: silentLogger,
  })
  return {
    minutes,
    /** The store has all of it, as the spool brings it. */
    async ended(change: Partial<CallRecord> = {}) {
      const record = { ...RECORD, ...change, _id: call_sid, call_sid }
      await applyFacts(
        store(),
        SCOPE,
        [{ key: call_sid, tenant_id: SCOPE.tenant_id, seq: 1, fact: { type: 'call_opened', record } }],
        async () => {},
      )
      await rollUpCall(tenant, record)
    },
    /** Time passes, and the store answers. */
    async pass(ms: number) {
      clock.advance(ms)
      for (let tries = 0; tries < 40; tries++) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    call: () => callSessions(tenant).findOne({ _id: call_sid }),
    hour: async () => (await usageHourly(tenant).findOne({ call_sids: call_sid }))?.q0?.cost ?? null,
  }
}

it('counts once, on the call and in its hour, what the carrier says', async () => {
  const { minutes, ended, pass, call, hour } = relay('CAminutes1')
  await ended({ agent_id: 'agt_one' })
  minutes.count('CAminutes1', 130)
  minutes.count('CAminutes1', 130)
  await pass(500)
  minutes.count('CAminutes1', 9_000)
  await pass(500)
  const carrier = 3 * inbound_per_minute + 2 * stream_per_minute
  expect(await call()).toMatchObject({
    carrier_seconds: 130,
    cost_breakdown: { model: 0.45, carrier: expect.closeTo(carrier, 6) },
  })
  expect((await call())?.cost).toBeCloseTo(0.45 + carrier, 6)
  expect(await hour()).toBeCloseTo(0.45 + carrier, 6)
})

it('waits for the end of the call, and for its hour', async () => {
  const { minutes, ended, pass, call } = relay('CAminutes2')
  minutes.count('CAminutes2', 30)
  await pass(500)
  await ended({ agent_id: 'agt_two' })
  expect((await call())?.cost).toBe(0.5)
  await pass(3_000)
  expect((await call())?.cost).toBeCloseTo(0.45 + inbound_per_minute + 2 * stream_per_minute, 6)
})

it('a call that was refused costs what the carrier took to say so', async () => {
  const { minutes, ended, pass, call, hour } = relay('CAminutes3')
  await ended({
    answered_at: null,
    outcome: 'refused',
    duration_seconds: 0,
    cost: 0,
    cost_breakdown: { model: 0, carrier: 0 },
  })
  minutes.count('CAminutes3', 5)
  await pass(500)
  expect(await call()).toMatchObject({ cost: inbound_per_minute, cost_breakdown: { carrier: inbound_per_minute } })
  expect(await hour()).toBeNull()
})
