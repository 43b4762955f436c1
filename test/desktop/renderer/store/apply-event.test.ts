import { describe, expect, it } from 'vitest'
import { applyEvent } from '../../../../desktop/renderer/store/apply-event.ts'
import { unrecordedCalls, withAbsent, withRecordedEnds } from '../../../../desktop/renderer/store/lost-calls.ts'
import { draftKey } from '../../../../desktop/renderer/store/override-drafts.ts'
import { FADE_MS, sweepEnded, withCall, withLiveCalls } from '../../../../desktop/renderer/store/snapshot.ts'
import type { ConsoleState } from '../../../../desktop/renderer/store/state.ts'
import { initialState, TURNS_KEPT } from '../../../../desktop/renderer/store/state.ts'
import type { Me } from '../../../../shared/contract/access.ts'
import type { CallSummary, SpeechTurn } from '../../../../shared/contract/calls.ts'
import type { EventType, RelayEvent } from '../../../../shared/events.ts'
import { RelayEvent as RelayEventSchema } from '../../../../shared/events.ts'
import { floorAgents, floorNumbers } from '../../support/fake-agents.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { iso, sidOf, TENANT_ID } from '../../support/fake-floor.ts'
import { floorSession, floorVersions } from '../../support/fake-open-call.ts'

const NOW = Date.parse('2026-11-23T18:03:04Z')
const calls = floorCalls(NOW)
const call = calls[0] as CallSummary
const agent = floorAgents(NOW)[0]!
const number = floorNumbers([agent])[0]!
const version = floorVersions(call)[0]!
const turn: SpeechTurn = {
  kind: 'speech',
  turn_id: 'turn_1',
  turn_index: 1,
  at: iso(NOW),
  started_ms: 0,
  ended_ms: null,
  is_final: false,
  speaker: 'caller',
  text: 'Hel',
  unheard_text: '',
  heard_ms: null,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: [],
  context_version: null,
}
const attention = { ...call.live!.attention[0]!, level: 2 as const, reason: 'slow_replies' as const }

const envelope = (seq: number) => ({ tenant_id: TENANT_ID, seq, at: iso(NOW) })
/** One of each: a new event type does not compile without one. */
const EVENTS: { [T in EventType]: Extract<RelayEvent, { event_type: T }> } = {
  'agent.created': { event_type: 'agent.created', ...envelope(1), agent },
  'agent.updated': { event_type: 'agent.updated', ...envelope(2), agent: { ...agent, name: 'Renamed' } },
  'agent.deleted': { event_type: 'agent.deleted', ...envelope(3), agent_id: agent.id },
  'number.updated': { event_type: 'number.updated', ...envelope(4), number },
  'call.started': { event_type: 'call.started', ...envelope(5), call_session: call },
  'call.updated': { event_type: 'call.updated', ...envelope(6), call_session: { ...call, cost: 9 } },
  'call.ended': {
    event_type: 'call.ended',
    ...envelope(7),
    call_session: { ...call, ended_at: iso(NOW), outcome: 'resolved', live: null },
  },
  'call.transcript': { event_type: 'call.transcript', ...envelope(8), call_sid: call.call_sid, turn },
  'call.attention': { event_type: 'call.attention', ...envelope(9), call_sid: call.call_sid, attention: [] },
  'context.updated': {
    event_type: 'context.updated',
    ...envelope(10),
    agent_id: null,
    call_sid: call.call_sid,
    context: version.context_data,
    version: { ...version, state: 'applied' },
  },
  'escalation.raised': {
    event_type: 'escalation.raised',
    ...envelope(11),
    call_sid: call.call_sid,
    agent_id: agent.id,
    attention,
    target: null,
  },
}

const apply = (state: ConsoleState, ...types: EventType[]) =>
  types.reduce((at, type) => applyEvent(at, EVENTS[type]), state)
const live = () => ({
  ...withLiveCalls(initialState(), { items: calls, last_seq: 0, capacity: 100, is_whole: true }, NOW),
})

describe('applyEvent', () => {
  it('knows every event of the contract, and never changes the state it was given', () => {
    for (const type of RelayEventSchema.options.map((option) => option.shape.event_type.value)) {
      const state = Object.freeze(live())
      expect(applyEvent(state, EVENTS[type]).last_seq).toBe(EVENTS[type].seq)
    }
  })

  it('drops what the reading already contains', () => {
    const state = { ...live(), last_seq: 50 }
    expect(applyEvent(state, EVENTS['agent.created'])).toBe(state)
  })

  it('makes, renames and deletes an agent', () => {
    expect(apply(live(), 'agent.created', 'agent.updated').agents[agent.id]?.name).toBe('Renamed')
    expect(apply(live(), 'agent.created', 'agent.updated', 'agent.deleted').agents).toEqual({})
  })

  it('forgets a number that was released', () => {
    const known = apply(live(), 'number.updated')
    expect(known.numbers[number.phone_number]).toEqual(number)
    const released = {
      ...EVENTS['number.updated'],
      seq: 20,
      number: { ...number, status: 'released' as const },
    }
    expect(applyEvent(known, released).numbers).toEqual({})
  })

  it('gives a started call a cell, and keeps the cell when it changes', () => {
    const state = apply(initialState(), 'call.started', 'call.updated')
    expect(state.wall.all).toEqual([call.call_sid])
    expect(state.calls[call.call_sid]?.cost).toBe(9)
  })

  it('keeps the last drawing of a call that ended, and takes no update after its end', () => {
    const ended = apply(live(), 'call.ended')
    expect(ended.calls[call.call_sid]?.live?.phase).toBe('ended')
    expect(ended.calls[call.call_sid]?.live?.segments).toEqual(call.live?.segments)
    expect(ended.calls[call.call_sid]?.live?.attention).toEqual([])
    const late = applyEvent(ended, { ...EVENTS['call.updated'], seq: 30 })
    expect(late.calls[call.call_sid]?.outcome).toBe('resolved')
  })

  it('replaces a partial by its final turn, and carries the words to the card', () => {
    const partial = apply(live(), 'call.transcript')
    const final = applyEvent(partial, {
      ...EVENTS['call.transcript'],
      seq: 40,
      turn: { ...turn, text: 'Hello', is_final: true },
    })
    expect(final.turns[call.call_sid]).toHaveLength(1)
    expect(final.calls[call.call_sid]?.live?.last_line).toEqual({
      speaker: 'caller',
      text: 'Hello',
      is_final: true,
    })
  })

  it('puts a turn that comes late in its place', () => {
    let state = live()
    for (const [seq, index] of [
      [1, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      const spoken = { ...turn, turn_id: `turn_${index}`, turn_index: index }
      state = applyEvent(state, { ...EVENTS['call.transcript'], seq, turn: spoken })
    }
    expect(state.turns[call.call_sid]?.map((each) => (each as SpeechTurn).turn_index)).toEqual([1, 2, 3])
  })

  it('orders turns by when they were spoken, also when an answer is heard later than it was made', () => {
    const said = (turn_index: number, started_ms: number) => ({
      ...turn,
      turn_id: `turn_${turn_index}`,
      turn_index,
      started_ms,
    })
    const arrives = (state: ConsoleState, ...spoken: SpeechTurn[]) =>
      spoken.reduce(
        (at, each) => applyEvent(at, { ...EVENTS['call.transcript'], seq: at.last_seq + 1, turn: each }),
        state,
      )
    const order = (state: ConsoleState) => state.turns[call.call_sid]?.map((each) => each.turn_index)
    const early = arrives(live(), said(1, 1_000), said(2, 4_000), said(3, 5_000))
    expect(order(early)).toEqual([1, 2, 3])
    const heard_late = arrives(early, said(2, 6_000))
    expect(order(heard_late)).toEqual([1, 3, 2])
    expect(order(arrives(heard_late, { ...said(3, 5_000), text: 'Wait' }))).toEqual([1, 3, 2])
    const session = { ...floorSession(call), transcript: [said(1, 1_000), said(2, 6_000), said(3, 5_000)] }
    expect(order(withCall(live(), session, [], NOW))).toEqual([1, 3, 2])
  })

  it('keeps few turns of a call nobody opened', () => {
    let state = live()
    for (let index = 1; index <= 20; index += 1) {
      const spoken = { ...turn, turn_id: `turn_${index}`, turn_index: index }
      state = applyEvent(state, { ...EVENTS['call.transcript'], seq: index, turn: spoken })
    }
    expect(state.turns[call.call_sid]).toHaveLength(TURNS_KEPT.wall)
  })

  it('marks an escalated call at once, highest level first, and not twice', () => {
    const raised = apply(live(), 'escalation.raised')
    expect(raised.calls[call.call_sid]?.live?.attention.map(({ level }) => level)).toEqual([3, 2])
    const again = applyEvent(raised, { ...EVENTS['escalation.raised'], seq: 60 })
    expect(again.calls[call.call_sid]?.live?.attention).toHaveLength(2)
  })

  it('keeps versions of opened calls only, and counts the version when it was applied', () => {
    expect(apply(live(), 'context.updated').versions).toEqual({})
    const opened = withCall(live(), floorSession(call), floorVersions(call), NOW)
    const applied = apply(opened, 'context.updated')
    expect(applied.versions[call.call_sid]?.[0]).toMatchObject({ version: 7, state: 'applied' })
    expect(applied.calls[call.call_sid]?.context_version).toBe(7)
  })
})

describe('whole readings', () => {
  it('keep the place of calls that are still on', () => {
    const before = live()
    const rest = calls.filter((each) => each.call_sid !== sidOf(2)).toReversed()
    const after = sweepEnded(
      withLiveCalls(before, { items: rest, last_seq: 9, capacity: 100, is_whole: true }, NOW),
      NOW + FADE_MS,
    )
    expect(after.wall.all[0]).toBe(sidOf(1))
    expect(after.wall.all[1]).toBeNull()
    expect(after.wall.all[2]).toBe(sidOf(3))
  })

  it('give the empty cell to the next call', () => {
    const reading = { items: calls.slice(1), last_seq: 9, capacity: 100, is_whole: true }
    const gone = sweepEnded(withLiveCalls(live(), reading, NOW), NOW + FADE_MS)
    const next = applyEvent(gone, {
      ...EVENTS['call.started'],
      seq: 10,
      call_session: { ...call, call_sid: sidOf(900) },
    })
    expect(next.wall.all[0]).toBe(sidOf(900))
  })

  it('do not undo an event that overtook them', () => {
    const opened = withCall(live(), floorSession(call), floorVersions(call), NOW)
    const applied = apply(opened, 'context.updated')
    const read_late = withCall(applied, floorSession(call), floorVersions(call), NOW)
    expect(read_late.versions[call.call_sid]?.[0]?.state).toBe('applied')
  })

  it('do not bring back a call that ended while they were on the way, and bring its words', () => {
    const ended = apply(live(), 'call.ended')
    const read_late = withCall(ended, floorSession(call), floorVersions(call), NOW)
    expect(read_late.calls[call.call_sid]).toMatchObject({ ended_at: iso(NOW), outcome: 'resolved' })
    expect(read_late.calls[call.call_sid]?.live?.phase).toBe('ended')
    expect(read_late.turns[call.call_sid]?.length).toBe(floorSession(call).transcript.length)
  })

  it('keep the last drawing of a call that was over when it was read', () => {
    const ended = apply(live(), 'call.ended')
    const session = { ...floorSession(call), ended_at: iso(NOW), outcome: 'abandoned' as const, live: null }
    const read = withCall(ended, session, floorVersions(call), NOW).calls[call.call_sid]
    expect(read?.outcome).toBe('abandoned')
    expect(read?.live?.phase).toBe('ended')
  })
})

describe('a call whose end no event told', () => {
  const lost = () => withLiveCalls(live(), { items: calls.slice(1), last_seq: 9, capacity: 100, is_whole: true }, NOW)
  const known = (state: ConsoleState) => state.calls[call.call_sid]

  it('stands on the wall until it has faded, from when that was found out', () => {
    expect(lost().wall.all[0]).toBe(call.call_sid)
    expect(known(lost())).toMatchObject({ outcome: null, end_reason: expect.stringContaining('is not known') })
    expect(known(lost())?.live?.segments).toEqual(call.live?.segments)
    const recorded = { ...call, ended_at: iso(NOW - 90_000), outcome: 'failed' as const, live: null }
    const told = withRecordedEnds(lost(), [recorded], NOW + 5_000)
    expect(known(told)).toMatchObject({ outcome: 'failed', ended_at: iso(NOW - 90_000) })
    expect(unrecordedCalls(told)).toEqual([])
    expect(sweepEnded(told, NOW + FADE_MS - 1).wall.all[0]).toBe(call.call_sid)
    expect(sweepEnded(told, NOW + FADE_MS).wall.all[0]).toBeNull()
  })

  it('was only out of reach when there is word of it again', () => {
    const back = applyEvent(lost(), { ...EVENTS['call.updated'], seq: 10 })
    expect(known(back)).toMatchObject({ ended_at: null, cost: 9 })
    expect(back.missed).toEqual({})
    const over = withRecordedEnds(lost(), [{ ...call, ended_at: iso(NOW), live: null }], NOW)
    expect(known(applyEvent(over, { ...EVENTS['call.updated'], seq: 10 }))?.ended_at).toBe(iso(NOW))
  })

  it('keeps what is being written for it while it is in sight', () => {
    const draft = { text: '{', reason: '', speak_now: false, base: { context: {}, version: 1 } }
    const key = draftKey(call.tenant_id, call.call_sid)
    const me = { user: { id: 'us_1', name: 'Dana' }, tenant_id: call.tenant_id, permissions: [] } as unknown as Me
    const writing = { ...live(), session: { state: 'signed_in' as const, me }, overrides: { [key]: draft } }
    const reading = { items: calls.slice(1), last_seq: 9, capacity: 100, is_whole: true }
    const out = withLiveCalls(writing, reading, NOW)
    expect(out.overrides).toEqual({ [key]: draft })
    expect(sweepEnded(out, NOW + FADE_MS).overrides).toEqual({})
    expect(sweepEnded({ ...out, opened: call.call_sid }, NOW + FADE_MS).overrides).toEqual({ [key]: draft })
    expect(withRecordedEnds(out, [{ ...call, ended_at: iso(NOW), live: null }], NOW).overrides).toEqual({})
  })

  it('is lost when it is read, open, and no relay has it', () => {
    const session = { ...floorSession(call), live: null }
    expect(known(withCall(live(), session, [], NOW))?.ended_at).not.toBeNull()
    expect(known(withCall(initialState(), session, [], NOW))?.ended_at).not.toBeNull()
  })
})

describe('a call whose relay could not be asked', () => {
  const apart = (state: ConsoleState) =>
    withLiveCalls(state, { items: calls.slice(1), last_seq: 9, capacity: 100, is_whole: false }, NOW)
  const known = (state: ConsoleState) => state.calls[call.call_sid]
  const unread = { ...floorSession(call), live: null, is_whole: false }
  const item = { ...call, cost: 9 }

  it('stays as it was last known, and is not called over or lost', () => {
    const state = sweepEnded(apart(live()), NOW + 10 * FADE_MS)
    expect(state.is_whole).toBe(false)
    expect(state.wall.all[0]).toBe(call.call_sid)
    expect(known(state)).toEqual(call)
    expect(state.missed).toEqual({})
    expect(Object.keys(state.stale)).toEqual([call.call_sid])
    expect(state.stale[call.call_sid]).toBe(Date.parse(call.live!.phase_since_at))
    // Asked for again, it is known no better; what was known last is not moved.
    const turned = { ...apart(live()), turns: { [call.call_sid]: [{ ...turn, at: iso(NOW) }] } }
    expect(apart(turned).stale).toEqual(state.stale)
  })

  it('is up to date again with word of it, and over with the word of its end', () => {
    const updated = applyEvent(apart(live()), { ...EVENTS['call.updated'], seq: 10 })
    expect([known(updated)?.cost, updated.stale]).toEqual([9, {}])
    const ended = applyEvent(apart(live()), { ...EVENTS['call.ended'], seq: 10 })
    expect([known(ended)?.outcome, ended.stale]).toEqual(['resolved', {}])
    const recorded = { ...call, ended_at: iso(NOW), outcome: 'resolved' as const, live: null }
    const read = withRecordedEnds(apart(live()), [recorded], NOW)
    expect([known(read)?.outcome, read.stale]).toEqual(['resolved', {}])
  })

  it('is as the next whole reading has it, or lost', () => {
    const whole = { last_seq: 9, capacity: 100, is_whole: true }
    const back = withLiveCalls(apart(live()), { ...whole, items: [item, ...calls.slice(1)] }, NOW)
    expect([known(back)?.cost, back.stale, back.is_whole]).toEqual([9, {}, true])
    const gone = withLiveCalls(apart(live()), { ...whole, items: calls.slice(1) }, NOW)
    expect([gone.stale, unrecordedCalls(gone).map(({ call_sid }) => call_sid)]).toEqual([{}, [call.call_sid]])
    const found = withAbsent(apart(live()), { items: [item], is_whole: true }, [], NOW)
    expect([known(found)?.cost, found.stale]).toEqual([9, {}])
  })

  it('is not lost either when it is read, and is what its relay answers once it does', () => {
    const read = withCall(live(), unread, [], NOW)
    expect([known(read)?.ended_at, known(read)?.live, read.is_whole]).toEqual([null, call.live, false])
    expect(Object.keys(read.stale)).toEqual([call.call_sid])
    expect(known(withCall(initialState(), unread, [], NOW))?.ended_at).toBeNull()
    const answered = withCall(read, { ...floorSession(item), live: { ...call.live!, phase: 'ending' } }, [], NOW)
    expect([known(answered)?.cost, known(answered)?.live?.phase, answered.stale]).toEqual([9, 'ending', {}])
  })
})

describe('an ended call', () => {
  it('leaves the wall after its fade, and the store unless somebody looks at it', () => {
    const ended = apply(live(), 'call.ended')
    expect(sweepEnded(ended, NOW + FADE_MS - 1).wall.all[0]).toBe(call.call_sid)
    const swept = sweepEnded(ended, NOW + FADE_MS)
    expect(swept.wall.all[0]).toBeNull()
    expect(swept.calls[call.call_sid]).toBeUndefined()
    const seen = sweepEnded({ ...ended, selected: call.call_sid }, NOW + FADE_MS)
    expect(seen.calls[call.call_sid]).toBeDefined()
  })
})
