import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedFields, checkDraft, draftOfAgent } from '../../../../desktop/renderer/features/agents/agent-draft.ts'
import { followsWords } from '../../../../desktop/renderer/features/agents/numbers-of.ts'
import { placeholdersIn, unknownIn } from '../../../../desktop/renderer/features/agents/placeholders.ts'
import { versionChanges } from '../../../../desktop/renderer/features/agents/version-changes.ts'
import { addressOf, readAddress } from '../../../../desktop/renderer/features/analytics/address.ts'
import { changeOf, changeOfRate, periodOf, scaleTop } from '../../../../desktop/renderer/features/analytics/period.ts'
import { figuresOf, gapsOf, ticksOf, wavesOf } from '../../../../desktop/renderer/features/calls/timeline-shape.ts'
import { resultWords } from '../../../../desktop/renderer/features/calls/tool-turn.tsx'
import { columnsIn, moveOnWall, wallRows } from '../../../../desktop/renderer/features/calls/wall-rows.ts'
import {
  changeWords,
  diffOf,
  layerInForce,
  layerRows,
  mergeDraft,
} from '../../../../desktop/renderer/features/context/layers.ts'
import { refusedAt } from '../../../../desktop/renderer/features/context/override-draft.ts'
import { boardOf, movedMeanwhile, stage, stillStaged } from '../../../../desktop/renderer/features/numbers/board.ts'
import { readContext } from '../../../../desktop/renderer/lib/read-context.ts'
import { agentsInOrder } from '../../../../desktop/renderer/store/agents-in-order.ts'
import { versionInForce } from '../../../../desktop/renderer/store/selectors.ts'
import { withLiveCalls } from '../../../../desktop/renderer/store/snapshot.ts'
import { initialState } from '../../../../desktop/renderer/store/state.ts'
import type { Agent, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { floorAgents, floorNumbers } from '../../support/fake-agents.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { floorTenant, sidOf } from '../../support/fake-floor.ts'
import { floorSession, floorVersions } from '../../support/fake-open-call.ts'

const NOW = Date.parse('2026-11-23T18:03:04Z')
const calls = floorCalls(NOW)
const session = floorSession(calls[0]!)

describe('the wall as rows', () => {
  const state = withLiveCalls(initialState(), { items: calls, last_seq: 0, capacity: 100, is_whole: true }, Date.now())
  const rows = (rest: Partial<Parameters<typeof wallRows>[0]> = {}) =>
    wallRows({
      wall: state.wall,
      calls: state.calls,
      group: 'agent',
      filter: '',
      narrowed: null,
      columns: 3,
      incident_of: new Map(),
      ...rest,
    })

  it('has a head and its cells for each agent', () => {
    expect(rows()[0]).toMatchObject({ kind: 'head', agent_name: 'Billing support', version: 12, count: 10 })
    expect(rows()[1]).toMatchObject({ kind: 'cells', cells: [sidOf(1), sidOf(2), sidOf(3)] })
  })

  it('goes up and down by place, over heads and short rows', () => {
    expect(moveOnWall(rows(), sidOf(1), 'down')).toBe(sidOf(4))
    expect(moveOnWall(rows(), sidOf(11), 'down')).toBe(sidOf(13))
    expect(moveOnWall(rows(), sidOf(1), 'up')).toBe(sidOf(1))
    expect(moveOnWall(rows(), null, 'right')).toBe(sidOf(1))
  })

  it('never leaves the wall', () => {
    const moves = fc.array(fc.constantFrom('left', 'right', 'up', 'down', 'first', 'last'))
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 8 }), (steps, columns) => {
        const at = steps.reduce<string | null>((from, step) => moveOnWall(rows({ columns }), from, step), null)
        expect(steps.length === 0 || state.wall.all.includes(at)).toBe(true)
      }),
    )
  })

  it('closes up while it is filtered', () => {
    const found = rows({ group: 'none', filter: 'berlin' })
    expect(found.flatMap((row) => (row.kind === 'cells' ? row.cells : []))).toHaveLength(4)
  })

  it('has three columns at 1280 and six at 1920', () => {
    expect(columnsIn(608, 'medium')).toBe(3)
    expect(columnsIn(1160, 'medium')).toBe(6)
    expect(columnsIn(100, 'large')).toBe(1)
  })
})

describe('the layers of a context', () => {
  it('show each value once, from the highest layer that has it', () => {
    const rows = layerRows(session.context_layers, session.context, null)
    expect(rows.map((row) => row.path).sort()).toEqual([...new Set(rows.map((row) => row.path))].sort())
    expect(rows.find((row) => row.path === 'goodwill_credit_usd')).toMatchObject({
      layer: 'call',
      value: 40,
      overridden: 20,
    })
  })

  it('take the layer in force from the newest applied version', () => {
    expect(layerInForce({}, floorVersions(calls[0]!))).toMatchObject({ goodwill_credit_usd: 40 })
    expect(layerInForce({ a: 1 }, [])).toEqual({ a: 1 })
  })

  it('do not show a change as in force while it is only pending', () => {
    const pending = {
      ...floorVersions(calls[0]!)[0]!,
      context_data: { a: 1, b: 2 },
      diff: [{ path: '/b', after: 2 }],
    }
    expect(layerInForce({ a: 1, b: 2 }, [pending])).toEqual({ a: 1 })
  })

  it('do not show a refused change as in force, also when it was read before it was refused', () => {
    const [newest] = floorVersions(calls[0]!)
    const refused = {
      ...newest!,
      version: 1,
      state: 'refused' as const,
      context_data: { a: 1, b: 2 },
      diff: [{ path: '/b', after: 2 }],
    }
    const pending = {
      ...newest!,
      version: 2,
      context_data: { a: 1, b: 3 },
      diff: [{ path: '/b', before: 2, after: 3 }],
    }
    expect(layerInForce({ a: 1, b: 2 }, [refused])).toEqual({ a: 1 })
    expect(layerInForce({ a: 1, b: 3 }, [pending, refused])).toEqual({ a: 1 })
    expect(layerInForce({ a: 1 }, [refused])).toEqual({ a: 1 })
    expect(versionInForce(2, [pending, refused])).toBe(0)
    expect(versionInForce(7, floorVersions(calls[0]!))).toBe(5)
    expect(versionInForce(3, [])).toBe(3)
  })

  it('say what differs, place by place', () => {
    expect(diffOf({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1, c: 3 }, 'e/f': 'x' })).toEqual([
      { path: '/a/c', before: 2, after: 3 },
      { path: '/d', before: [1] },
      { path: '/e~1f', after: 'x' },
    ])
  })

  it('merge: a draft onto what it was written from is the draft, and onto itself as well', () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null))
    const keys = fc.constantFrom('a', 'b', 'c')
    const layer = fc.dictionary(keys, fc.oneof(leaf, fc.dictionary(fc.constantFrom('x', 'y'), leaf)))
    fc.assert(
      fc.property(layer, layer, (from, to) => {
        const [base, draft] = [from as JsonObject, to as JsonObject]
        expect(mergeDraft(base, draft, base)).toEqual(draft)
        expect(mergeDraft(base, draft, draft)).toEqual(draft)
        expect(mergeDraft(base, base, draft)).toEqual(draft)
      }),
    )
  })

  it('merge: what both sides changed is there, nulls as well', () => {
    const base = { a: 1, gone: 1, b: { z: 3 } }
    const draft = { a: 1, b: { z: 3, x: null, y: 2 }, c: { d: null } }
    expect(mergeDraft(base, draft, { a: null, gone: 1, b: { z: 4 } })).toEqual({
      a: null,
      b: { z: 4, x: null, y: 2 },
      c: { d: null },
    })
    expect(mergeDraft({ a: 1 }, { a: null }, { a: 2 })).toEqual({ a: null })
  })

  it('say a change in words', () => {
    expect(changeWords({ path: '/promise', after: 'x' })).toMatchObject({ sign: '+', key: 'promise' })
    expect(changeWords({ path: '/a/b~1c', before: 1 })).toMatchObject({ sign: '−', key: 'a.b/c' })
    expect(changeWords({ path: '/a', before: 20, after: 40 })).toMatchObject({ before: '20', after: '40' })
  })
})

describe('a draft of an override', () => {
  it('must be an object', () => {
    expect(readContext('[1]')).toMatchObject({
      ok: false,
      problems: [{ says: 'A context is an object: start with a brace.' }],
    })
  })

  it('is refused over 64 kB', () => {
    const draft = readContext(JSON.stringify({ text: 'é'.repeat(40_000) }))
    expect(draft).toMatchObject({ ok: false, problems: [{ says: 'The context is over 64 kB.' }] })
  })

  it('has the complaints of the relay at their places', () => {
    const text = '{ "order_id": "x" }'
    const problem = problemOf('BODY_INVALID', '', {
      errors: [{ pointer: '/context/order_id', detail: 'No such order.' }],
    })
    expect(refusedAt(text, problem)).toEqual([{ from: 14, to: 17, says: 'No such order.' }])
  })
})

describe('the timeline', () => {
  it('draws a voice where it was, and what nobody heard apart', () => {
    const waves = wavesOf(session.transcript, 252_000, 252_000)
    expect(waves.caller.startsWith('M43.7 38v-')).toBe(true)
    expect(waves.unheard).toMatch(/^M/)
    expect(waves.supervisor).toBe('')
  })

  it('names slow gaps and the newest', () => {
    expect(gapsOf(session.transcript, 252_000).map((gap) => gap.ms)).toEqual([2000, 5000, 12_000, 900])
  })

  it('has at most nine marks, whatever the length', () => {
    fc.assert(fc.property(fc.integer({ min: 1_000, max: 14_400_000 }), (ms) => ticksOf(ms).length <= 9))
  })
})

describe('the board of numbers', () => {
  const agents = floorAgents(NOW)
  const numbers = floorNumbers(agents)

  it('shows a staged number where it will be, with where it comes from', () => {
    const spare = numbers.find((number) => number.assigned_agent === null)!
    const staged = stage(new Map(), [spare], 'ag_returns001')
    const column = boardOf(numbers, agents, staged, '').find(({ agent }) => agent?.id === 'ag_returns001')
    expect(column?.rows.at(-1)).toMatchObject({ from: 'Unassigned', number: spare })
  })

  it('needs no change for a number that goes back where it is', () => {
    const spare = numbers.find((number) => number.assigned_agent === null)!
    const staged = stage(stage(new Map(), [spare], 'ag_returns001'), [spare], null)
    expect(staged.size).toBe(0)
  })

  it('is forgotten with its number or its agent, and when somebody else did it', () => {
    const spare = numbers.find((number) => number.assigned_agent === null)!
    const staged = stage(new Map(), [spare], 'ag_returns001')
    const known = Object.fromEntries(agents.map((agent) => [agent.id, agent]))
    const here = { [spare.phone_number]: spare }
    expect(stillStaged(staged, here, known)).toBe(staged)
    expect(stillStaged(staged, {}, known).size).toBe(0)
    expect(stillStaged(staged, here, {}).size).toBe(0)
    const done = { [spare.phone_number]: { ...spare, assigned_agent: 'ag_returns001' } }
    expect(stillStaged(staged, done, known).size).toBe(0)
    expect(movedMeanwhile(staged, done)).toEqual([])
  })

  it('takes no number that somebody else gave to an agent meanwhile', () => {
    const spare = numbers.find((number) => number.assigned_agent === null)!
    const staged = stage(new Map(), [spare], 'ag_returns001')
    const known = Object.fromEntries(agents.map((agent) => [agent.id, agent]))
    const taken = { ...spare, assigned_agent: 'ag_billing001' }
    expect(stillStaged(staged, { [spare.phone_number]: taken }, known).size).toBe(0)
    expect(movedMeanwhile(staged, { [spare.phone_number]: taken })).toEqual([taken])
    expect(movedMeanwhile(staged, { [spare.phone_number]: spare })).toEqual([])
  })
})

describe('an agent as one edits it', () => {
  const [agent] = floorAgents(NOW) as [Agent]

  it('changes nothing when nothing was changed', () => {
    const checked = checkDraft(draftOfAgent(agent), floorTenant().business_context)
    expect(checked.ok && changedFields(agent, checked.fields)).toEqual({})
  })

  it('names every field at fault', () => {
    const checked = checkDraft({ ...draftOfAgent(null), max_call_minutes: 'long', context_data: '{' }, {})
    expect(checked.ok ? [] : Object.keys(checked.errors).sort()).toEqual([
      'context_data',
      'max_call_duration',
      'name',
      'system_prompt',
    ])
  })

  it('knows which layer fills a placeholder', () => {
    const found = placeholdersIn(
      '{company_name} {refund.limit} {who} {{x}} {not this}',
      { company_name: 'Acme' },
      { refund: { limit: 2 } },
    )
    expect(found.map(({ name, layer }) => [name, layer])).toEqual([
      ['company_name', 'business'],
      ['refund.limit', 'agent'],
      ['who', null],
      ['x', null],
    ])
    expect(unknownIn('{who} {x} {who}', {}, {})).toEqual(['who', 'x'])
  })

  it('is not saved with a placeholder that no context has, and the placeholder is named', () => {
    const draft = { ...draftOfAgent(agent), system_prompt: 'Hi, this is {company}.', greeting_message: 'Hello {who}' }
    const checked = checkDraft(draft, { company_name: 'Acme' })
    expect(checked).toMatchObject({
      ok: false,
      errors: { system_prompt: '{company} is in no context.', greeting_message: '{who} is in no context.' },
    })
    expect(checkDraft(draft, { company: 'Acme', who: '' }).ok).toBe(true)
  })

  it('has the faults of its context at their places, in words', () => {
    const text = '{\n  "escalation_rules": { "keywords": "human" }\n}'
    const reading = readContext(text)
    const problem = reading.ok ? null : reading.problems[0]
    expect(problem).toMatchObject({ says: 'escalation_rules.keywords: Write a list of words.', line: 2 })
    expect(text.slice(problem?.from, problem?.to)).toBe('"human"')
    const checked = checkDraft({ ...draftOfAgent(agent), context_data: text }, {})
    expect(checked.ok ? '' : checked.errors.context_data).toBe('escalation_rules.keywords: Write a list of words.')
  })

  it('differs from a version in the words of the form', () => {
    const version = (snapshot: object): AgentVersion => ({
      agent_id: agent.id,
      version: 1,
      snapshot: snapshot as AgentVersion['snapshot'],
      changed_by: { id: 'us_priya00001', name: 'Priya Raman' },
      changed_at: agent.updated_at,
      note: null,
    })
    const changes = versionChanges(
      version({ ...agent, is_active: false, system_prompt: 'You answer.', max_call_duration: 600 }),
      version(agent),
    )
    expect(changes.map(({ field }) => field)).toEqual(['Prompt', 'Longest call', 'State'])
    expect(changes.at(-1)).toEqual({ field: 'State', before: 'Live', after: 'Paused' })
    expect(changes[1]).toMatchObject({ before: '30 minutes', after: '10 minutes' })
  })

  it('says which calls follow it', () => {
    expect(followsWords(agent, ['+13125550101'])).toBe('The next call follows.')
    expect(followsWords(agent, [])).toMatch(/^No number leads to it yet/)
    expect(followsWords({ ...agent, type: 'outbound' }, [])).toBe('The next call follows.')
    expect(followsWords({ ...agent, is_active: false }, ['+13125550101'])).toMatch(/paused/)
  })

  it('stands at the same place however it came here', () => {
    const all = floorAgents(NOW)
    const backwards = Object.fromEntries(all.toReversed().map((each) => [each.id, each]))
    expect(agentsInOrder(backwards).map(({ id }) => id)).toEqual(all.map(({ id }) => id))
  })
})

describe('the address of the figures', () => {
  it('says period and filter, and is read back', () => {
    const views = [
      { period: '30d', agent_id: 'ag_billing001', outcome: null },
      { period: 'today', agent_id: null, outcome: 'resolved' },
      { period: '7d', agent_id: null, outcome: null },
    ] as const
    for (const view of views) expect(readAddress(addressOf(view).replace('/analytics/', ''))).toEqual(view)
  })

  it('is the usual view where it says nothing, or nothing we know', () => {
    expect(readAddress('')).toEqual({ period: '7d', agent_id: null, outcome: null })
    expect(readAddress('7d/outcome/dreamt')).toEqual({ period: '7d', agent_id: null, outcome: null })
    expect(readAddress('ag_billing001')).toEqual({ period: '7d', agent_id: 'ag_billing001', outcome: null })
  })
})

describe('periods', () => {
  it('start at midnight of the tenant, and compare with the same stretch before', () => {
    const { period, before } = periodOf('today', NOW, 'America/Chicago')
    expect(period.start).toBe('2026-11-23T06:00:00.000Z')
    expect(before).toEqual({ start: '2026-11-22T06:00:00.000Z', end: '2026-11-22T18:03:04.000Z' })
    expect(periodOf('7d', NOW, 'America/Chicago').period.start).toBe('2026-11-17T06:00:00.000Z')
  })

  it.each([
    ['America/Chicago', '2026-11-28T18:00:00Z', '30d', '2026-10-30T05:00:00.000Z'],
    ['America/Chicago', '2026-11-03T18:00:00Z', '7d', '2026-10-28T05:00:00.000Z'],
    ['America/Chicago', '2026-11-01T20:00:00Z', 'today', '2026-11-01T05:00:00.000Z'],
    ['America/Chicago', '2026-11-02T04:30:00Z', 'today', '2026-11-01T05:00:00.000Z'],
    ['America/Chicago', '2026-03-10T18:00:00Z', '7d', '2026-03-04T06:00:00.000Z'],
    ['America/Chicago', '2026-03-08T18:00:00Z', 'today', '2026-03-08T06:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', 'today', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-11-02T12:00:00Z', '30d', '2026-10-03T22:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-02T20:00:00Z', '7d', '2026-10-27T18:30:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-02T11:00:00Z', 'today', '2026-11-02T10:00:00.000Z'],
    ['UTC', '2026-11-02T00:00:00Z', '30d', '2026-10-04T00:00:00.000Z'],
    // The clocks went from 00:00 to 01:00 on the 4th, and on the 18th of February from 24:00 back to 23:00.
    ['America/Sao_Paulo', '2018-11-04T15:00:00Z', 'today', '2018-11-04T03:00:00.000Z'],
    ['America/Sao_Paulo', '2018-02-18T15:00:00Z', 'today', '2018-02-18T03:00:00.000Z'],
    ['America/Sao_Paulo', '2018-02-18T15:00:00Z', '7d', '2018-02-12T02:00:00.000Z'],
    // At 01:00 it was 00:00 again.
    ['America/Havana', '2026-11-01T15:00:00Z', 'today', '2026-11-01T04:00:00.000Z'],
  ] as const)('begin in %s, at %s, %s, when the day began there', (zone, now, name, start) => {
    expect(periodOf(name, Date.parse(now), zone).period.start).toBe(start)
  })

  it('compare with a stretch that ends where they begin, also after a day of 23 hours', () => {
    const { period, before } = periodOf('today', Date.parse('2026-03-10T04:30:00Z'), 'America/Chicago')
    expect(period.start).toBe('2026-03-09T05:00:00.000Z')
    expect(before).toEqual({ start: '2026-03-08T06:00:00.000Z', end: '2026-03-09T05:00:00.000Z' })
  })

  it('say a change, and nothing where there was nothing', () => {
    expect(changeOf(8412, 7921)).toEqual({ direction: 'up', words: '6.2%' })
    expect(changeOf(61, 42)).toEqual({ direction: 'up', words: '45%' })
    expect(changeOf(5, 0)).toBeNull()
    expect(changeOfRate(0.832, 0.843)).toEqual({ direction: 'down', words: '1.1 pts' })
  })

  it('end a scale on a round number above the highest bar', () => {
    expect(scaleTop(799)).toBe(900)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (highest) => {
        const top = scaleTop(highest)
        expect(top).toBeGreaterThanOrEqual(highest)
        expect(top % 3).toBe(0)
      }),
    )
  })
})

describe('a call that is still spoken', () => {
  it('draws no part of a turn as unheard before it was cut off', () => {
    const [turn] = session.transcript.filter((each) => each.kind === 'speech')
    const spoken = { ...turn!, speaker: 'agent' as const, heard_ms: 0, is_final: false, ended_ms: null }
    expect(wavesOf([spoken], 10_000, 10_000).unheard).toBe('')
  })

  it('counts replies and interruptions from what was said so far', () => {
    expect(figuresOf(session.transcript)).toEqual({ p50_ms: 1000, p95_ms: 12_000, cut_off: 1 })
    expect(figuresOf([])).toEqual({ p50_ms: null, p95_ms: null, cut_off: 0 })
  })

  it('says the sentence of a tool’s answer', () => {
    expect(resultWords('{"ok":true,"note":"A supervisor was told."}')).toBe('A supervisor was told.')
    expect(resultWords('2 charges, 1 on hold')).toBe('2 charges, 1 on hold')
  })
})
