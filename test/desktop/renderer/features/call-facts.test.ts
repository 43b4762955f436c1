// What is said of a call from its record alone: why it needed a person, who ended it, what a tool said, what it cost.
import { describe, expect, it } from 'vitest'
import { costParts } from '../../../../desktop/renderer/features/calls/call-side.tsx'
import { endedBy } from '../../../../desktop/renderer/features/calls/ended-by.ts'
import { endOfUse, receiptOf } from '../../../../desktop/renderer/features/calls/interventions.tsx'
import { needsOf } from '../../../../desktop/renderer/features/calls/needs.ts'
import { unquoted } from '../../../../desktop/renderer/features/calls/said.ts'
import { toolSays } from '../../../../desktop/renderer/features/calls/tool-turn.tsx'
import { moveOnWall, neighbourOf } from '../../../../desktop/renderer/features/calls/wall-rows.ts'
import { formatCost } from '../../../../desktop/renderer/lib/format.ts'
import type { CallSummary, SpeechTurn, ToolTurn } from '../../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { iso } from '../../support/fake-floor.ts'
import { floorVersions } from '../../support/fake-open-call.ts'

const NOW = Date.parse('2026-11-23T18:00:00Z')
const live = floorCalls(NOW)[0]!
const over: CallSummary = { ...live, ended_at: iso(NOW), live: null }

const times = { turn_id: 't1', turn_index: 1, started_ms: 19_000, ended_ms: 20_000, is_final: true }
const said: SpeechTurn = {
  ...times,
  kind: 'speech',
  at: iso(NOW - 60_000),
  speaker: 'caller',
  text: 'A real person, please.',
  unheard_text: '',
  heard_ms: null,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: ['real person'],
  context_version: null,
}
const tool = (name: string, given: ToolTurn['arguments']): ToolTurn => ({
  ...times,
  kind: 'tool',
  at: iso(NOW - 30_000),
  name,
  arguments: given,
  result: '{"ok":true}',
  failed: false,
})

describe('why a call needed a person', () => {
  it('is of a live call what the relay says', () => {
    expect(needsOf(live, [said], [])).toEqual(live.live?.attention)
  })

  it('is kept when the call ends, and told by the turns of one that ended before', () => {
    const kept = live.live!.attention
    expect(needsOf(over, [], kept)).toEqual(kept)
    expect(needsOf(over, [said], [])).toMatchObject([
      { reason: 'escalation_keyword', words: ['real person'], level: 2 },
    ])
    const asked = tool('escalate', { reason: 'Wants a person.', why: 'caller_asks', urgency: 'normal' })
    expect(needsOf(over, [said, asked], [])).toMatchObject([
      { reason: 'asked_for_a_person', level: 3, evidence: 'Wants a person.' },
      { reason: 'escalation_keyword' },
    ])
    expect(needsOf(over, [{ ...said, rule_words: [] }, tool('end_call', {})], [])).toEqual([])
  })
})

describe('who ended a call', () => {
  it('is a person only where the record names one', () => {
    const by = (end_reason: string) => endedBy({ ended_at: over.ended_at, end_reason })
    expect(by('Dana Ortiz ended the call.')).toBe('Dana Ortiz')
    expect(by('The agent ended the call.')).toBeNull()
    expect(by('The caller hung up.')).toBeNull()
    expect(endedBy({ ended_at: null, end_reason: null })).toBeNull()
  })
})

describe('the receipt of a context version', () => {
  const version: ContextVersion = {
    ...floorVersions(live)[0]!,
    version: 1,
    state: 'applied',
    applied_at: iso(NOW),
    used_in_turn: null,
  }
  const others = (...states: ContextVersion['state'][]) => states.map((state, at) => ({ version: at + 2, state }))
  const lastOf = (each: ContextVersion, versions: ReturnType<typeof others>, is_over: boolean) =>
    receiptOf(each, NOW, endOfUse(each, [each, ...versions], is_over)).at(-1)

  it('waits only while a turn may still use it', () => {
    expect(lastOf(version, [], false)).toEqual({ word: 'Used', state: 'wait' })
    expect(lastOf(version, others('refused', 'pending'), false)).toEqual({ word: 'Used', state: 'wait' })
    expect(lastOf(version, others('refused', 'applied', 'applied'), false)).toEqual({
      word: 'Replaced by v3',
      state: 'done',
    })
    expect(lastOf(version, others('applied'), true)?.word).toBe('Replaced by v2')
    expect(lastOf(version, [], true)).toEqual({ word: 'Not used before the call ended', state: 'bad' })
    expect(lastOf({ ...version, state: 'pending' }, [], true)?.state).toBe('bad')
  })

  it('says what was used, also when it was replaced later or the call is over', () => {
    const used = { ...version, used_in_turn: 4 }
    expect(lastOf(used, others('applied'), true)).toEqual({ word: 'Used in turn 4', state: 'done' })
  })
})

describe('what a tool said', () => {
  it('is a sentence for the product’s own tools, and for others their own words', () => {
    expect(toolSays(tool('end_call', { outcome: 'resolved', summary: 'Asked for the hours.' }))).toBe(
      'Resolved. Asked for the hours.',
    )
    expect(toolSays(tool('escalate', { reason: 'The caller is upset: "It broke"' }))).toBe(
      'The caller is upset: It broke',
    )
    expect(toolSays(tool('lookup_order', { order: 'A-1' }))).toBeNull()
  })

  it('stands in no quotation marks, as nobody said it so', () => {
    expect(unquoted('The caller is upset: "I’ve had “enough”"')).toBe('The caller is upset: I’ve had enough')
  })
})

describe('what a call cost', () => {
  it('has parts that add up to the total that is shown', () => {
    for (const [cost, carrier] of [
      [0.104, 0.026],
      [0.41, 0.0697],
      [0.105, 0.0949],
      [0.004, 0.004],
      [1.005, 0.335],
    ] as const) {
      const parts = costParts(cost, carrier)
      const shown = [parts.model, parts.carrier].map((usd) => Number(formatCost(usd).slice(1)))
      expect(shown.reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(Number(formatCost(cost).slice(1)), 9)
    }
  })
})

describe('moving on the wall', () => {
  const rows = [
    { kind: 'cells' as const, id: 'a', cells: ['1', '2', '3'], columns: 3 },
    { kind: 'cells' as const, id: 'b', cells: ['4', null, '6'], columns: 3 },
  ]
  const isOver = (call_sid: string) => ['2', '6'].includes(call_sid)

  it('passes by calls that only fade', () => {
    expect(moveOnWall(rows, '1', 'right', isOver)).toBe('3')
    expect(moveOnWall(rows, '3', 'left', isOver)).toBe('1')
    expect(moveOnWall(rows, '3', 'down', isOver)).toBe('4')
    expect(moveOnWall(rows, '1', 'last', isOver)).toBe('4')
    expect(moveOnWall(rows, '2', 'right', isOver)).toBe('3')
  })

  it('finds who stands beside a call that left', () => {
    expect(neighbourOf(['1', '2', '3'], '2', () => true)).toBe('3')
    expect(neighbourOf(['1', '2', '3'], '3', () => true)).toBe('2')
    expect(neighbourOf(['1', '2', '3'], '1', (call_sid) => call_sid !== '2')).toBe('3')
    expect(neighbourOf(['1'], '1', () => false)).toBeNull()
  })
})
