import { describe, expect, it } from 'vitest'
import { createConsoleStore } from '../../../../desktop/renderer/store/create-store.ts'
import { followRelay } from '../../../../desktop/renderer/store/follow-relay.ts'
import { withLiveCalls } from '../../../../desktop/renderer/store/snapshot.ts'
import { initialState } from '../../../../desktop/renderer/store/state.ts'
import { fakeClock } from '../../../support/fake-clock.ts'
import { fakeBridge } from '../../support/fake-bridge.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { sidOf } from '../../support/fake-floor.ts'

const START = Date.parse('2026-11-23T18:03:04Z')

describe('a call of which there is no word', () => {
  const follow = () => {
    const clock = fakeClock(new Date(START))
    const now = () => clock.now().getTime()
    const live = floorCalls(START, 4)
    const bridge = fakeBridge({ now, live })
    const reading = { items: live, last_seq: 100, capacity: 100, is_whole: true }
    const linked = { link: { state: 'linked' as const, round_trip_ms: 38 } }
    const store = createConsoleStore({ ...withLiveCalls(initialState(), reading, START), ...linked })
    const stop = followRelay(bridge, store, {
      now,
      setTimeout: (run, ms) => clock.setTimeout(run, ms),
      clearTimeout: (timer) => (timer as { cancel(): void }).cancel(),
    })
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1_000)
        await new Promise((done) => setImmediate(done))
      }
    }
    return { bridge, store, pass, stop }
  }

  it('is asked for, and is lost with the others of its relay when nobody has it', async () => {
    const { bridge, store, pass, stop } = follow()
    for (const call_sid of [sidOf(1), sidOf(3)]) {
      bridge.calls.set(call_sid, { ...bridge.calls.get(call_sid)!, live: null })
    }
    await pass(31)
    const ended = Object.values(store.getState().calls).filter((call) => call.ended_at !== null)
    expect(ended.map((call) => call.call_sid)).toEqual([sidOf(1), sidOf(3)])
    stop()
  })

  it('stays as it is while its relay has it', async () => {
    const { bridge, store, pass, stop } = follow()
    await pass(61)
    expect(bridge.asked.filter(({ name }) => name === 'getCall').length).toBeGreaterThan(1)
    expect(bridge.asked.filter(({ name }) => name === 'listLiveCalls')).toHaveLength(1)
    expect(store.getState().missed).toEqual({})
    stop()
  })

  it('is not up to date while its relay cannot be asked, and no more once all can be', async () => {
    const { bridge, store, pass, stop } = follow()
    bridge.apart.add(sidOf(1)).add(sidOf(3))
    await pass(31)
    const { is_whole, stale, calls } = store.getState()
    expect([is_whole, Object.keys(stale)]).toEqual([false, [sidOf(1), sidOf(3)]])
    expect(Object.values(calls).filter((call) => call.ended_at !== null)).toEqual([])
    // One ends where it is, and its record says so; of the other there is word by itself.
    const ended = { ended_at: new Date(START).toISOString(), outcome: 'resolved' as const, live: null }
    bridge.calls.set(sidOf(3), { ...bridge.calls.get(sidOf(3))!, ...ended })
    await pass(15)
    expect(store.getState().calls[sidOf(3)]).toMatchObject({ outcome: 'resolved' })
    expect(Object.keys(store.getState().stale)).toEqual([sidOf(1)])
    bridge.apart.clear()
    await pass(15)
    expect(store.getState()).toMatchObject({ is_whole: true, stale: {} })
    expect(store.getState().calls[sidOf(1)]?.ended_at).toBeNull()
    stop()
  })

  it('may be one nobody here has heard of: that others cannot be asked is found out within a minute', async () => {
    const { bridge, store, pass, stop } = follow()
    bridge.apart.add(sidOf(900))
    await pass(61)
    expect(store.getState()).toMatchObject({ is_whole: false, stale: {} })
    stop()
  })
})
