// A call given to another relay is followed until somebody has it: never closed under its new owner, never left open.
import { describe, expect, it } from 'vitest'
import type { CallFact, CallRecord } from '../../../relay/calls/call-facts.ts'
import { callSessions } from '../../../relay/calls/call-records.ts'
import { watchHandOvers } from '../../../relay/calls/watch-hand-overs.ts'
import type { CallAnswer, CallCommand } from '../../../relay/live/live-calls.ts'
import { localCallBus } from '../../../relay/local/local-call-bus.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { storeForTests } from '../../support/store-for-tests.ts'
import { until } from '../../support/until.ts'

const scope = tenantScope('tnt_handover', 'relay')
const store = storeForTests()

const LOOKS_AFTER_MS = 10_000
const MISSED = 3
let count = 0

async function giveAway() {
  const call = { tenant_id: scope.tenant_id, call_sid: `CA${String(++count).padStart(32, '0')}` }
  const record = { ...call, _id: call.call_sid, transcript: [], facts_seq: 0, ended_at: null } as unknown as CallRecord
  const facts: CallFact[] = [
    { type: 'call_opened', record },
    { type: 'call_moved', relay_id: 'the other' },
  ]
  await callSessions(store().forTenant(scope)).insertOne({ ...record, facts_seq: 2 } as never)
  const clock = fakeClock()
  const plain = localCallBus<CallCommand, CallAnswer>({ clock })
  const between = { isAway: false }
  const given: string[] = []
  const closed: { record: CallRecord; reason: string }[] = []
  const bus = watchHandOvers({
    bus: {
      serve: plain.serve,
      send: async (...letter) => {
        if (between.isAway) throw new Error('away')
        return plain.send(...letter)
      },
    },
    directory: { give: ({ call_sid }) => void given.push(call_sid) },
    store: store(),
    closeLost: async (lost, reason) => void closed.push({ record: lost, reason }),
    clock,
    log: silentLogger,
  })
  const moved = { setup: { record, agent: {} as never }, facts }
  const stop = bus.serve(call, async () => ({ call_session: {} as never, whole: null, moved }))
  await bus.send(call, { type: 'hand_over', relay_id: 'the other' }, 1_000)
  stop()
  /** The next look, and what it came to. */
  const look = async (): Promise<void> => {
    clock.advance(LOOKS_AFTER_MS)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { call, clock, plain, bus, between, given, closed, look }
}

describe('a call that was handed over', () => {
  it('is closed with all that was laid down of it when nobody has it', async () => {
    const { call, given, closed, clock, look } = await giveAway()
    expect(given).toEqual([call.call_sid])
    for (let missed = 1; missed < MISSED; missed++) await look()
    expect(closed).toEqual([])
    clock.advance(LOOKS_AFTER_MS)
    await until(() => closed.length > 0)
    expect(closed).toMatchObject([
      {
        record: { call_sid: call.call_sid, relay_id: 'the other', facts_seq: 2 },
        reason: expect.stringMatching(/moved/),
      },
    ])
    expect(clock.pending()).toBe(0)
  })

  it('is left to the relay that carries it', async () => {
    const { call, plain, closed, look, clock } = await giveAway()
    await look()
    plain.serve(call, async () => ({ call_session: {} as never, whole: null, moved: null }))
    await look()
    expect(clock.pending()).toBe(0)
    for (let n = 0; n < MISSED; n++) await look()
    expect(closed).toEqual([])
  })

  it.each([
    ['went on', { facts_seq: 3 }],
    ['has ended', { ended_at: new Date() }],
  ])('is left alone when it %s elsewhere', async (_how, change) => {
    const { call, closed, look, clock } = await giveAway()
    await callSessions(store().forTenant(scope)).updateOne({ _id: call.call_sid }, { $set: change })
    for (let n = 0; n < MISSED; n++) await look()
    expect(closed).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('is looked for again while nothing can be known', async () => {
    const { between, closed, look } = await giveAway()
    await look()
    between.isAway = true
    for (let n = 0; n < MISSED; n++) await look()
    between.isAway = false
    // What was missed before counts no more: its facts may be on their way.
    for (let n = 1; n < MISSED; n++) await look()
    expect(closed).toEqual([])
    await look()
    expect(closed).toHaveLength(1)
  })

  it('is looked for no more once the relay stops', async () => {
    const { bus, between, closed, look, clock } = await giveAway()
    between.isAway = true
    clock.advance(LOOKS_AFTER_MS)
    // While one is under way, too.
    bus.close()
    for (let n = 0; n <= MISSED; n++) await look()
    expect(closed).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})
