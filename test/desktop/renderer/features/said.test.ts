import { describe, expect, it } from 'vitest'
import { faultNow } from '../../../../desktop/renderer/features/agents/agent-fault.ts'
import { placeholdersIn, unknownIn, withNames } from '../../../../desktop/renderer/features/agents/placeholders.ts'
import { cutWords, newestSaid, saidIn } from '../../../../desktop/renderer/features/calls/said.ts'
import { wavesOf } from '../../../../desktop/renderer/features/calls/timeline-shape.ts'
import { applyEvent } from '../../../../desktop/renderer/store/apply-event.ts'
import { withLiveCalls } from '../../../../desktop/renderer/store/snapshot.ts'
import { initialState } from '../../../../desktop/renderer/store/state.ts'
import type { SpeechTurn } from '../../../../shared/contract/calls.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { AGENT_IDS, iso, sidOf, TENANT_ID } from '../../support/fake-floor.ts'

const NOW = Date.parse('2026-11-23T18:03:04Z')
const calls = floorCalls(NOW)

const turn = (rest: Partial<SpeechTurn>): SpeechTurn => ({
  kind: 'speech',
  turn_id: 'turn_1',
  turn_index: 1,
  at: iso(NOW),
  started_ms: 10_000,
  ended_ms: 12_000,
  is_final: true,
  speaker: 'agent',
  text: 'Your refund will',
  unheard_text: '',
  heard_ms: 2_000,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: [],
  context_version: 0,
  ...rest,
})
const UNHEARD = turn({ text: '', unheard_text: 'Thank you, goodbye.', heard_ms: 0, ended_ms: 10_000 })

describe('the words of a turn', () => {
  it('are told apart: heard, heard by nobody, never written down', () => {
    expect(saidIn(turn({}))).toEqual({ kind: 'words', text: 'Your refund will', is_final: true })
    expect(saidIn(UNHEARD)).toEqual({ kind: 'unheard', text: 'Thank you, goodbye.' })
    expect(saidIn(turn({ speaker: 'caller', text: '(not transcribed)' }))).toEqual({ kind: 'untranscribed' })
    expect(saidIn(turn({ text: '', is_final: false }))).toBeNull()
  })

  it('are said to be unheard, whoever cut them off', () => {
    expect(cutWords(turn({}))).toBeNull()
    expect(cutWords(turn({ unheard_text: 'arrive.', cut_off_by: 'caller' }))).toBe('cut off by the caller')
    expect(cutWords({ ...UNHEARD, cut_off_by: 'caller' })).toBe('cut off by the caller before a word was heard')
    expect(cutWords(UNHEARD)).toBe('heard by nobody')
    expect(cutWords(turn({ unheard_text: 'arrive.' }))).toBe('the rest was heard by nobody')
  })
})

describe('the newest line of a call', () => {
  const line = { speaker: 'agent' as const, text: 'Thank you, goodbye.', is_final: true }

  it('is known to be unheard from its turn, as the summary does not tell', () => {
    expect(newestSaid(line, [UNHEARD])?.said).toEqual({ kind: 'unheard', text: 'Thank you, goodbye.' })
    expect(newestSaid(line, [])?.said.kind).toBe('words')
    expect(newestSaid(line, [UNHEARD, turn({ turn_id: 'turn_2', text: line.text })])?.said.kind).toBe('words')
  })

  it('does not stay as if it were being spoken when nobody heard it', () => {
    const call_sid = sidOf(3)
    const say = (seq: number, said: SpeechTurn) =>
      ({ event_type: 'call.transcript', tenant_id: TENANT_ID, seq, at: iso(NOW), call_sid, turn: said }) as const
    const start = withLiveCalls(
      initialState(),
      { items: calls, last_seq: 0, capacity: 100, is_whole: true },
      Date.now(),
    )
    const partial = { ...UNHEARD, text: 'Thank you,', unheard_text: '', is_final: false }
    const state = applyEvent(applyEvent(start, say(1, partial)), say(2, UNHEARD))
    expect(state.calls[call_sid]?.live?.last_line).toEqual(line)
  })
})

describe('the voices of the timeline', () => {
  it('draw what nobody heard behind the cut, and nothing of a turn that was not heard at all', () => {
    const cut = wavesOf([turn({ unheard_text: 'arrive on Monday or Tuesday.', cut_off_by: 'caller' })], 60_000, 60_000)
    expect(cut.agent).toMatch(/^M166\.7 /)
    expect(cut.unheard).toMatch(/^M200\.0 /)
    const none = wavesOf([UNHEARD], 60_000, 60_000)
    expect(none.agent).toBe('')
    expect(none.unheard).toMatch(/^M166\.7 /)
  })

  it('end it where the agent speaks again', () => {
    const long = turn({ unheard_text: 'x'.repeat(90), cut_off_by: 'caller' })
    const next = turn({ turn_id: 'turn_2', started_ms: 13_000, ended_ms: 14_000 })
    const bars = (path: string) => path.split('M').length - 1
    const alone = bars(wavesOf([long], 60_000, 60_000).unheard)
    expect(bars(wavesOf([long, next], 60_000, 60_000).unheard)).toBeLessThan(alone)
  })
})

describe('a fault of an agent', () => {
  it('is the one most of its calls have now, since its oldest sign', () => {
    expect(faultNow(calls, AGENT_IDS.orders)).toMatchObject({ attention: { reason: 'tool_failing' }, count: 12 })
    expect(faultNow(calls, AGENT_IDS.berlin)).toMatchObject({ attention: { reason: 'model_trouble' }, count: 1 })
  })

  it('is not what a caller needs', () => {
    expect(faultNow(calls, AGENT_IDS.billing)).toBeNull()
    expect(faultNow([], AGENT_IDS.orders)).toBeNull()
  })
})

describe('placeholders that nothing fills', () => {
  it('get a place in the agent’s context, and keep what is there', () => {
    expect(withNames({ a: 1, c: { d: 2 } }, ['a', 'b', 'c.e'])).toEqual({ a: 1, b: '', c: { d: 2, e: '' } })
    expect(unknownIn('{b} {c.e}', {}, withNames({}, ['b', 'c.e']))).toEqual([])
  })

  it('are the call’s where the agent names them and leaves them empty', () => {
    expect(placeholdersIn('{b} {c}', { c: 'below' }, { b: null, c: '' }).map(({ layer }) => layer)).toEqual([
      'call',
      'call',
    ])
  })
})
