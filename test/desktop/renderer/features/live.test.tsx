// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { SpeechTurn } from '../../../../shared/contract/calls.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { floorCalls } from '../../support/fake-calls.ts'
import { iso, sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const open = consoleForTests()

const cell = (name: RegExp) => screen.getByRole('gridcell', { name })
const FIRST = /\+1 415 ••• 0142.*Billing support/

const turn = (rest: Partial<SpeechTurn>): SpeechTurn => ({
  kind: 'speech',
  turn_id: 'turn_99',
  turn_index: 99,
  at: iso(Date.now()),
  started_ms: 260_000,
  ended_ms: null,
  is_final: false,
  speaker: 'caller',
  text: 'Hello',
  unheard_text: '',
  heard_ms: null,
  cut_off_by: null,
  reply_gap_ms: null,
  rule_words: [],
  context_version: null,
  ...rest,
})

describe('the live wall', () => {
  it('shows every call in a cell, and those that need a person in the lane, most urgent first', async () => {
    await open()
    expect(cell(FIRST)).toBeTruthy()
    const lane = screen.getByRole('list', { name: 'Calls that need you' })
    const reasons = within(lane)
      .getAllByRole('heading')
      .map((heading) => heading.textContent)
    expect(reasons[0]).toBe('Asked for a person')
    expect(reasons).toHaveLength(4)
    expect(within(lane).getByText('12 calls')).toBeTruthy()
  })

  it('says of a call to watch how long ago it was raised, and of a silence how long it lasts', async () => {
    await open()
    const watched = within(screen.getByRole('list', { name: 'Calls to watch' })).getAllByRole('button')
    const times = watched.map((item) => [
      item.textContent!.match(/^[A-Z][a-z ]+/)![0].trim(),
      item.querySelector('time')!.textContent,
    ])
    expect(times).toEqual([
      ['Length over limit', expect.stringMatching(/^5:\d\d$/)],
      ['Long silence', expect.stringMatching(/^\d+ s$/)],
      ['Escalation word said', expect.stringMatching(/^0:\d\d$/)],
    ])
  })

  it('counts live and ringing calls apart, and names the simulator', async () => {
    await open()
    expect(screen.getByText('live').previousSibling?.textContent).toBe('39')
    expect(screen.getByText('ringing').previousSibling?.textContent).toBe('3')
    expect(screen.getByText('Simulator')).toBeTruthy()
  })

  it('shows a call as it starts', async () => {
    const { bridge } = await open({ calls: 2 })
    const [started] = floorCalls(Date.now()).slice(20)
    act(() => bridge.say({ event_type: 'call.started', call_session: started! }))
    await settle()
    expect(cell(new RegExp(started!.agent_name!))).toBeTruthy()
  })

  it('lets words grow while they are spoken, then strikes what the caller did not hear', async () => {
    const { bridge, user } = await open()
    await user.click(cell(FIRST))
    await settle()
    const log = screen.getByRole('log', { name: 'Transcript' })
    act(() =>
      bridge.say({
        event_type: 'call.transcript',
        call_sid: sidOf(1),
        turn: turn({ speaker: 'agent', text: 'Your refund will' }),
      }),
    )
    await settle()
    expect(within(log).getByText('Your refund will').className).toBe('partial')
    act(() =>
      bridge.say({
        event_type: 'call.transcript',
        call_sid: sidOf(1),
        turn: turn({
          speaker: 'agent',
          text: 'Your refund will',
          unheard_text: 'arrive on Monday.',
          is_final: true,
          ended_ms: 262_000,
          heard_ms: 1_500,
          cut_off_by: 'caller',
        }),
      }),
    )
    await settle()
    expect(within(log).getByText('arrive on Monday.').className).toBe('unheard')
    expect(within(log).getAllByText(/cut off by the caller/).length).toBeGreaterThan(0)
  })

  it('never shows words as said that nobody heard, nor a transcript where there is none', async () => {
    const { bridge, user } = await open()
    await user.click(cell(FIRST))
    await settle()
    const say = (said: SpeechTurn) =>
      act(() => bridge.say({ event_type: 'call.transcript', call_sid: sidOf(2), turn: said }))
    const unheard = turn({
      speaker: 'agent',
      text: '',
      unheard_text: 'Your card is blocked.',
      is_final: true,
      ended_ms: 260_000,
      heard_ms: 0,
      cut_off_by: 'caller',
    })
    say(turn({ speaker: 'agent', text: 'Your card is' }))
    await settle()
    expect(within(cell(/0177/)).getByText(/Your card is/).tagName).toBe('EM')
    say(unheard)
    await settle()
    expect(within(cell(/0177/)).getByText('Not heard:')).toBeTruthy()
    expect(within(cell(/0177/)).getByText('Your card is blocked.').className).toBe('unheard')
    say(turn({ turn_id: 'turn_100', turn_index: 100, text: '(not transcribed)', is_final: true, ended_ms: 263_500 }))
    await settle()
    expect(within(cell(/0177/)).getByText('Spoke, not transcribed')).toBeTruthy()
    expect(screen.queryByText('(not transcribed)')).toBeNull()
  })

  it('keeps the place of a call that ended, and says how it ended', async () => {
    const { bridge } = await open({ calls: 3 })
    const before = screen.getAllByRole('gridcell').map((each) => each.getAttribute('data-call'))
    const call = bridge.calls.get(sidOf(2))!
    act(() =>
      bridge.say({
        event_type: 'call.ended',
        call_session: {
          ...call,
          outcome: 'resolved',
          ended_at: iso(Date.now()),
          duration_seconds: 95,
          live: null,
        },
      }),
    )
    await settle()
    expect(screen.getAllByRole('gridcell').map((each) => each.getAttribute('data-call'))).toEqual(before)
    expect(within(cell(/0177/)).getByText('Resolved')).toBeTruthy()
  })

  it('moves with the arrows, and the inspector follows', async () => {
    const { user } = await open()
    await user.click(cell(FIRST))
    await user.keyboard('{ArrowRight}')
    await settle()
    expect(cell(/0177/).getAttribute('aria-selected')).toBe('true')
    const inspector = screen.getByRole('complementary', { name: 'Selected call' })
    expect(within(inspector).getByText('+1 312 ••• 0177')).toBeTruthy()
    await user.keyboard('k')
    expect(cell(FIRST).getAttribute('aria-selected')).toBe('true')
  })

  it('goes to the next call that needs a person with A, and opens it with Enter', async () => {
    const { user, store } = await open()
    await user.keyboard('a')
    expect(store.getState().selected).toBe(sidOf(1))
    await user.keyboard('{Enter}')
    await settle()
    expect(screen.getByRole('heading', { level: 1, name: '+1 415 ••• 0142' })).toBeTruthy()
  })

  it('filters by what is typed, says what is hidden, and clears with Escape', async () => {
    const { user } = await open()
    await user.keyboard('/')
    await user.keyboard('zzz')
    expect(screen.getByText('No call matches “zzz”')).toBeTruthy()
    expect(screen.getByText('42 calls are hidden by the filter.')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: /Clear filter/ }))
    expect(cell(FIRST)).toBeTruthy()
  })

  it('narrows the wall to the calls of one incident', async () => {
    const { user } = await open()
    const lane = screen.getByRole('list', { name: 'Calls that need you' })
    const incident = within(lane).getByText('12 calls').closest('article')!
    await user.click(within(incident).getByRole('button', { name: 'Show on wall' }))
    expect(screen.queryByRole('gridcell', { name: FIRST })).toBeNull()
    expect(screen.getByText('Only 12 calls of one incident')).toBeTruthy()
  })

  it('says how old what it shows is when the link is lost, refuses commands, and catches up on return', async () => {
    const { bridge, user } = await open()
    await user.click(cell(FIRST))
    act(() => bridge.link({ state: 'lost', as_of: iso(Date.now() - 74_000), retry_at: iso(Date.now() + 4_000) }))
    expect(screen.getByRole('alert').textContent).toMatch(/What you see is as of .*1:1[45] old/)
    expect(screen.getByText('Refused while the link is lost. Nothing is queued.')).toBeTruthy()
    for (const name of [/^Listen/, /^Context E/, /^End/]) {
      expect(screen.getByRole<HTMLButtonElement>('button', { name }).disabled).toBe(true)
    }
    act(() => {
      bridge.link({ state: 'linked', round_trip_ms: 40 })
      bridge.say({ event_type: 'call.attention', call_sid: sidOf(1), attention: [] })
    })
    await settle()
    expect(screen.queryByText('Link to the relay lost')).toBeNull()
    expect(within(cell(FIRST)).queryByText('Asked for a person')).toBeNull()
  })

  it('leads to no next call while the link is lost, and says why', async () => {
    const { bridge, user, store } = await open()
    act(() => bridge.link({ state: 'lost', as_of: iso(Date.now() - 74_000), retry_at: iso(Date.now() + 4_000) }))
    const next = screen.getByRole<HTMLButtonElement>('button', { name: /^Next/ })
    expect(next.disabled).toBe(true)
    expect(next.title).toMatch(/^While the link is lost/)
    await user.keyboard('a')
    expect(store.getState().selected).toBeNull()
    act(() => bridge.link({ state: 'linked', round_trip_ms: 40 }))
    await user.keyboard('a')
    expect(store.getState().selected).toBe(sidOf(1))
  })

  it('leads from a call to its agent, for who may read agents', async () => {
    const { user, store } = await open()
    await user.click(cell(FIRST))
    const places = [
      screen.getByRole('list', { name: 'Calls that need you' }),
      screen.getByRole('grid', { name: 'Calls' }),
      screen.getByRole('complementary', { name: 'Selected call' }),
    ]
    const leads = () =>
      places.map((place) => within(place).queryAllByRole('link', { name: 'Billing support' })[0]?.getAttribute('href'))
    expect(leads()).toEqual(places.map(() => '#/agents/ag_billing001'))
    const { session } = store.getState()
    if (session.state !== 'signed_in') throw new Error('Nobody is signed in.')
    const permissions = session.me.permissions.filter((each) => each !== 'agents.read')
    act(() => store.setState({ session: { ...session, me: { ...session.me, permissions } } }))
    expect(leads()).toEqual(places.map(() => undefined))
  })

  it('reads everything again when what was missed is gone', async () => {
    const { bridge } = await open({ calls: 2 })
    bridge.calls.delete(sidOf(2))
    act(() => bridge.send({ type: 'reload' }))
    await settle()
    expect(document.querySelector(`[data-call="${sidOf(2)}"]`)?.className).toContain('ended')
    expect(cell(FIRST).className).not.toContain('ended')
  })

  it('says that live calls could not be read, and tries again when asked', async () => {
    const { bridge, user } = await open({ signed_in: false })
    bridge.refuse('listLiveCalls', problemOf('STORE_UNAVAILABLE', 'The store does not answer.'))
    await user.click(screen.getByRole('button', { name: /Dana Ortiz/ }))
    await waitFor(() => expect(screen.getByText('Live calls could not be read')).toBeTruthy())
    expect(screen.queryByText(/^Nothing needs you/)).toBeNull()
    expect(screen.getByText(/^Which calls need you is not known/)).toBeTruthy()
    expect(screen.getByText('live').previousSibling?.textContent).toBe('–')
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    await settle()
    expect(cell(FIRST)).toBeTruthy()
  })

  it('is quiet when nothing is on', async () => {
    await open({ calls: 0 })
    expect(screen.getByText('All quiet')).toBeTruthy()
    expect(screen.getByText('5 agents ready on 18 numbers.')).toBeTruthy()
  })

  it('says when the last call ended, and where the finished ones are', async () => {
    await open({ calls: 0, finished: 3 })
    expect(screen.getByText(/^5 agents ready on 18 numbers\. Last call ended \d\d:\d\d\.$/)).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Show finished calls' }).getAttribute('href')).toBe('#/analytics')
  })

  it('claims nothing while the calls are still being read', async () => {
    await open({ waits: ['listLiveCalls'] })
    expect(screen.queryByText(/^Nothing needs you/)).toBeNull()
    expect(screen.getByText('need you').previousSibling?.textContent).toBe('–')
    expect(screen.getByRole('status', { name: 'Reading live calls' })).toBeTruthy()
  })
})

describe('stepping in', () => {
  it('plays both sides while listening, drops what the agent was about to say, and stops', async () => {
    const { bridge, user, audio } = await open()
    await user.click(cell(FIRST))
    await user.keyboard('l')
    expect(bridge.listening).toBe(sidOf(1))
    const listen = screen.getByRole('button', { name: /^Listen/ })
    expect(listen.getAttribute('aria-pressed')).toBe('true')
    const piece = (speaker: 'caller' | 'agent', at_ms: number) =>
      bridge.hear({ type: 'audio', piece: { speaker, at_ms, mulaw: new Uint8Array(800) } })
    act(() => {
      piece('caller', 0)
      piece('agent', 100)
      bridge.hear({ type: 'flush', speaker: 'agent' })
    })
    expect(audio.played).toEqual([
      { speaker: 'caller', at_ms: 0 },
      { speaker: 'agent', at_ms: 100 },
    ])
    expect(audio.flushed).toBe(1)
    await user.click(listen)
    expect(bridge.listening).toBeNull()
    expect(audio.closed).toBe(1)
  })

  it('begins once while L is held down, and the selection goes on while J is', async () => {
    const { bridge, user, store } = await open()
    await user.click(cell(FIRST))
    const hold = (key: string) => {
      for (const repeat of [false, true, true, true]) fireEvent.keyDown(document.activeElement!, { key, repeat })
    }
    hold('l')
    expect(bridge.listening).toBe(sidOf(1))
    hold('j')
    expect(store.getState().selected).toBe(sidOf(5))
  })

  it('says why listening stopped, and plays the last words of a call', async () => {
    const { bridge, user, audio } = await open()
    await user.click(cell(FIRST))
    await user.keyboard('l')
    act(() => bridge.hear({ type: 'closed', reason: 'The call is over.' }))
    expect(screen.getByText('Listening stopped: The call is over.')).toBeTruthy()
    expect(audio).toMatchObject({ finished: 1, closed: 0 })
  })

  it('ends a call only after asking, with the number in the question and the verb on the button', async () => {
    const { bridge, user } = await open()
    await user.click(cell(FIRST))
    await user.click(screen.getByRole('button', { name: /^End/ }))
    const dialog = screen.getByRole('dialog', { name: 'End the call with +1 415 ••• 0142?' })
    await user.click(within(dialog).getByRole('button', { name: 'Keep the call' }))
    expect(bridge.asked.some(({ name }) => name === 'hangUpCall')).toBe(false)
    await settle()
    expect(document.activeElement).toBe(screen.getByRole('button', { name: /^End/ }))
    await user.click(screen.getByRole('button', { name: /^End/ }))
    await user.selectOptions(screen.getByLabelText('Outcome'), 'escalated')
    await user.click(screen.getByRole('button', { name: 'End call' }))
    await settle()
    expect(bridge.asked).toContainEqual({
      name: 'hangUpCall',
      input: { params: { call_sid: sidOf(1) }, body: { outcome: 'escalated' } },
    })
    expect(within(cell(/0142/)).getByText('Escalated')).toBeTruthy()
  })

  it('gives an analyst everything to read and nothing to press', async () => {
    const { user } = await open({ role: 'analyst' })
    await user.click(cell(FIRST))
    expect(screen.getByText('You can read calls. Stepping in needs the supervisor role.')).toBeTruthy()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /^Listen/ }).disabled).toBe(true)
    await user.keyboard('l')
    expect(screen.getByRole('button', { name: /^Listen/ }).getAttribute('aria-pressed')).toBe('false')
  })
})
