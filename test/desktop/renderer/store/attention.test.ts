import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { laneOf, nextNeeded, worst } from '../../../../desktop/renderer/store/attention.ts'
import type { Attention, CallSummary } from '../../../../shared/contract/calls.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { iso, sidOf } from '../../support/fake-floor.ts'

const NOW = Date.parse('2026-11-23T18:03:04Z')
const [base] = floorCalls(NOW) as [CallSummary]

const attention = (level: Attention['level'], age_s: number, rest: Partial<Attention> = {}): Attention => ({
  level,
  reason: 'slow_replies',
  evidence: '',
  speaker: null,
  words: [],
  since_at: iso(NOW - age_s * 1000),
  ...rest,
})
const callWith = (id: number, ...list: Attention[]): CallSummary => ({
  ...base,
  call_sid: sidOf(id),
  live: { ...base.live!, attention: list },
})
const ids = (calls: CallSummary[]) => laneOf(calls).needs.map((item) => item.id)

describe('the lane', () => {
  it('puts the higher level first, then who waits longest', () => {
    const calls = [callWith(1, attention(2, 10)), callWith(2, attention(3, 1)), callWith(3, attention(2, 90))]
    expect(ids(calls)).toEqual([sidOf(2), sidOf(3), sidOf(1)])
  })

  it('has calls of level 1 under watch, and none of level 0', () => {
    const lane = laneOf([callWith(1, attention(1, 5)), callWith(2, attention(0, 5)), callWith(3)])
    expect(lane.needs).toEqual([])
    expect(lane.watch.map(({ call }) => call.call_sid)).toEqual([sidOf(1)])
  })

  it('shows one item for each call: its highest level, and of those the oldest', () => {
    const call = callWith(1, attention(2, 5), attention(3, 1), attention(3, 60, { reason: 'asked_for_a_person' }))
    expect(worst(call)?.reason).toBe('asked_for_a_person')
    expect(laneOf([call]).needs).toHaveLength(1)
  })

  it('makes one incident of three calls with one cause, and of two calls two items', () => {
    const failing = (id: number, evidence = '503') =>
      callWith(id, attention(2, id, { reason: 'tool_failing', evidence }))
    const lane = laneOf([failing(1), failing(2), failing(3), failing(4, '404'), failing(5, '404')])
    expect(lane.needs.map((item) => item.kind).sort()).toEqual(['call', 'call', 'incident'])
    expect([...lane.incident_of.keys()]).toEqual([sidOf(1), sidOf(2), sidOf(3)])
  })

  it('forgets a call that ended', () => {
    expect(ids([{ ...callWith(1, attention(3, 1)), ended_at: iso(NOW) }])).toEqual([])
  })

  it('is the same whatever order the calls come in', () => {
    const level = fc.constantFrom<Attention['level']>(0, 1, 2, 3)
    const list = fc.array(fc.tuple(level, fc.integer({ min: 0, max: 99 })), { maxLength: 30 })
    fc.assert(
      fc.property(list, fc.integer(), (marks, seed) => {
        const calls = marks.map(([mark, age], index) => callWith(index + 1, attention(mark, age)))
        const shuffled = [...calls].sort((a, b) => (a.call_sid + seed < b.call_sid ? 1 : -1) * (seed % 2 || 1))
        expect(ids(shuffled)).toEqual(ids(calls))
      }),
    )
  })

  it('leads from one call that needs a person to the next, and around', () => {
    const lane = laneOf([callWith(1, attention(3, 9)), callWith(2, attention(2, 9))])
    expect(nextNeeded(lane, null)).toBe(sidOf(1))
    expect(nextNeeded(lane, sidOf(1))).toBe(sidOf(2))
    expect(nextNeeded(lane, sidOf(2))).toBe(sidOf(1))
    expect(nextNeeded(laneOf([]), null)).toBeNull()
  })
})
