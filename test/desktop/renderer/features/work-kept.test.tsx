// @vitest-environment happy-dom
// What is typed stays until it is saved or discarded, and what is shown is of the tenant one is in.
import { act, render, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { HoursChart } from '../../../../desktop/renderer/features/analytics/hours-chart.tsx'
import { floorAnalytics } from '../../support/fake-analytics.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const open = consoleForTests()
const manager = { role: 'agent_manager' } as const
const BILLING = '#/agents/ag_billing001'

const goTo = async (hash: string) => {
  act(() => {
    window.location.hash = hash
  })
  await settle(60)
}
/** Whether the browser would ask before it leaves the page. */
const asksBeforeLeaving = () => {
  const event = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(event)
  return event.defaultPrevented
}
const nameField = () => screen.findByLabelText<HTMLInputElement>('Name')

describe('an agent that is being written', () => {
  it('is as it was left, with a word on its cell, until it is saved', async () => {
    const { user } = await open({ ...manager, at: BILLING })
    expect(asksBeforeLeaving()).toBe(false)
    await user.type(await nameField(), ', nights')
    expect(asksBeforeLeaving()).toBe(true)
    await goTo('#/agents')
    expect(within(screen.getByRole('article', { name: 'Billing support' })).getByText('unsaved draft')).toBeTruthy()
    expect(asksBeforeLeaving()).toBe(true)
    await goTo(BILLING)
    expect((await nameField()).value).toBe('Billing support, nights')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await settle(60)
    expect(screen.queryByText('unsaved draft')).toBeNull()
    expect(asksBeforeLeaving()).toBe(false)
  })

  it('is kept also before it is an agent', async () => {
    const { user } = await open({ ...manager, at: '#/agents/new' })
    await user.type(await nameField(), 'Night desk')
    await goTo('#/numbers')
    await goTo('#/agents/new')
    expect((await nameField()).value).toBe('Night desk')
  })

  it('stands among the agents before it is one, to go on with or to discard', async () => {
    const { user } = await open({ ...manager, at: '#/agents/new', nothing: true, calls: 0 })
    await user.type(await nameField(), 'Night desk')
    await goTo('#/agents')
    const cell = () => screen.queryByRole('article', { name: 'Night desk, not made yet' })
    expect(within(cell()!).getByText('unsaved draft')).toBeTruthy()
    await user.click(within(cell()!).getByRole('button', { name: 'Go on' }))
    expect((await nameField()).value).toBe('Night desk')
    await goTo('#/agents')
    await user.click(screen.getByRole('button', { name: 'Discard the draft of Night desk' }))
    expect(cell()).toBeNull()
    expect(asksBeforeLeaving()).toBe(false)
    const toast = (await screen.findByText('The draft of Night desk is discarded')).closest<HTMLElement>('.toast')
    await user.click(within(toast as HTMLElement).getByRole('button', { name: 'Undo' }))
    expect(cell()).toBeTruthy()
  })

  it('is dropped by Discard, which can be taken back', async () => {
    const { user } = await open({ ...manager, at: BILLING })
    await user.type(await nameField(), ', nights')
    await user.click(screen.getByRole('button', { name: 'Discard' }))
    expect((await nameField()).value).toBe('Billing support')
    expect(asksBeforeLeaving()).toBe(false)
    const toast = (await screen.findByText('Changes discarded')).closest<HTMLElement>('.toast')
    await user.click(within(toast as HTMLElement).getByRole('button', { name: 'Undo' }))
    expect((await nameField()).value).toBe('Billing support, nights')
  })

  it('says when somebody saved another version meanwhile', async () => {
    const { user, bridge, store } = await open({ ...manager, at: BILLING })
    await user.type(await nameField(), ', nights')
    await goTo('#/agents')
    const agent = store.getState().agents.ag_billing001!
    act(() => bridge.say({ event_type: 'agent.updated', agent: { ...agent, voice: 'echo', version: 13 } }))
    await settle()
    await goTo(BILLING)
    expect((await nameField()).value).toBe('Billing support, nights')
    expect(screen.getByText(/v13 was saved meanwhile/)).toBeTruthy()
  })

  const saves = ({ bridge }: Pick<Awaited<ReturnType<typeof open>>, 'bridge'>) =>
    bridge.asked.filter(({ name }) => name === 'changeAgent').length
  /** As from another console. */
  const savedMeanwhile = async ({ bridge }: Pick<Awaited<ReturnType<typeof open>>, 'bridge'>) => {
    const body = { greeting_message: 'Good day.' }
    await bridge.request('changeAgent', { params: { agent_id: 'ag_billing001' }, body })
    await settle(60)
  }
  const greeting = () => screen.getByLabelText<HTMLTextAreaElement>('Greeting').value

  it('shows beside the draft what others made live, and is not saved over it', async () => {
    const opened = await open({ ...manager, at: BILLING })
    const { user } = opened
    await user.type(await nameField(), ', nights')
    await savedMeanwhile(opened)
    expect(screen.getByText('v13 live')).toBeTruthy()
    expect(within(screen.getByRole('button', { name: /^v13/ })).getByText('Live')).toBeTruthy()
    expect(within(screen.getByRole('button', { name: /^v12/ })).queryByText('Live')).toBeNull()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /^Save v14/ }).disabled).toBe(true)
    await user.keyboard('{Control>}{Enter}{/Control}')
    await settle(60)
    expect(saves(opened)).toBe(1)
    await user.click(screen.getByRole('button', { name: 'Take v13' }))
    expect(greeting()).toBe('Good day.')
    expect((await nameField()).value).toBe('Billing support')
  })

  it('is discarded for what others saved meanwhile, and taken back it is still about the version before', async () => {
    const opened = await open({ ...manager, at: BILLING })
    const { user } = opened
    await user.type(await nameField(), ', nights')
    await savedMeanwhile(opened)
    await user.click(screen.getByRole('button', { name: 'Discard' }))
    await settle(60)
    expect(greeting()).toBe('Good day.')
    expect((await nameField()).value).toBe('Billing support')
    expect(screen.queryByText(/saved meanwhile/)).toBeNull()
    const toast = (await screen.findByText('Changes discarded')).closest<HTMLElement>('.toast')
    await user.click(within(toast as HTMLElement).getByRole('button', { name: 'Undo' }))
    expect((await nameField()).value).toBe('Billing support, nights')
    expect(screen.getByText(/v13 was saved meanwhile/)).toBeTruthy()
  })

  it('follows what others saved as soon as nothing is written in it', async () => {
    const opened = await open({ ...manager, at: BILLING })
    const { user } = opened
    const note = await screen.findByLabelText<HTMLInputElement>('What changed')
    await user.type(note, 'x')
    await savedMeanwhile(opened)
    expect(screen.getByText(/v13 was saved meanwhile/)).toBeTruthy()
    await user.clear(note)
    await settle()
    expect(greeting()).toBe('Good day.')
    expect(screen.queryByText(/saved meanwhile/)).toBeNull()
  })

  it('is asked about before one signs out, and gone after', async () => {
    const { user, store } = await open({ ...manager, at: BILLING })
    await user.type(await nameField(), ', nights')
    await user.click(screen.getByRole('button', { name: 'Priya Raman' }))
    await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
    const dialog = screen.getByRole('dialog', { name: 'Sign out and lose what is not saved?' })
    expect(store.getState().session.state).toBe('signed_in')
    await user.click(within(dialog).getByRole('button', { name: 'Sign out' }))
    await settle()
    expect(store.getState().drafts).toEqual({})
    expect(window.location.hash).toBe('#/agents')
  })
})

describe('numbers that are staged', () => {
  const stage = async (user: Awaited<ReturnType<typeof open>>['user'], number: string) => {
    await user.click(screen.getByRole('button', { name: `Assign ${number} to…` }))
    await user.click(screen.getByRole('menuitem', { name: /Returns desk/ }))
  }
  const stageOne = (user: Awaited<ReturnType<typeof open>>['user']) => stage(user, '+1 312 555 0161')

  it('are staged still after a look elsewhere, and leaving the page asks', async () => {
    const { user } = await open({ ...manager, at: '#/numbers' })
    await stageOne(user)
    await goTo('#/agents')
    expect(asksBeforeLeaving()).toBe(true)
    await goTo('#/numbers')
    expect(screen.getByRole('button', { name: /^Apply 1/ })).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Discard' }))
    expect(asksBeforeLeaving()).toBe(false)
  })

  it('are dropped with a word when somebody else moves their number', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await stageOne(user)
    await user.click(screen.getByRole('button', { name: 'Assign +1 312 555 0162 to…' }))
    await user.click(screen.getByRole('menuitem', { name: /Returns desk/ }))
    const assignments = [{ phone_number: '+13125550161', agent_id: 'ag_billing001' }]
    await bridge.request('assignNumbers', { body: { assignments } })
    await settle(60)
    expect(screen.getByText('1 staged change dropped')).toBeTruthy()
    expect(screen.getByText('+1 312 555 0161 leads to Billing support now.')).toBeTruthy()
    const billing = screen.getByRole('region', { name: 'Billing support' })
    expect(within(billing).getByRole('button', { name: /^\+1 312 555 0161/ })).toBeTruthy()
    await user.click(screen.getByRole('button', { name: /^Apply 1/ }))
    await settle(60)
    expect(bridge.asked.filter(({ name }) => name === 'assignNumbers').at(-1)?.input).toEqual({
      body: { assignments: [{ phone_number: '+13125550162', agent_id: 'ag_returns001' }] },
    })
    expect(screen.queryByRole('button', { name: /^Apply/ })).toBeNull()
    expect(screen.getAllByText(/staged change/)).toHaveLength(1)
  })

  it('are not applied over what somebody did a moment ago, and the rest stays staged', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await stage(user, '+1 312 555 0163')
    await stage(user, '+1 312 555 0162')
    const theirs = bridge.numbers.get('+13125550163')!
    bridge.numbers.set(theirs.phone_number, { ...theirs, assigned_agent: 'ag_billing001', status: 'assigned' })
    await user.click(screen.getByRole('button', { name: /^Apply 2/ }))
    await settle(60)
    expect(bridge.asked.some(({ name }) => name === 'assignNumbers')).toBe(false)
    expect(screen.getByText('Nothing was applied')).toBeTruthy()
    expect(screen.getByText('+1 312 555 0163 leads to Billing support now. 1 staged change dropped.')).toBeTruthy()
    expect(screen.queryByText('+1 312 555 0163 leads to Billing support now.')).toBeNull()
    await user.click(screen.getByRole('button', { name: /^Apply 1/ }))
    await settle(60)
    expect(bridge.numbers.get('+13125550163')?.assigned_agent).toBe('ag_billing001')
    expect(bridge.numbers.get('+13125550162')?.assigned_agent).toBe('ag_returns001')
    const after = bridge.numbers.get('+13125550162')!
    bridge.numbers.set(after.phone_number, { ...after, assigned_agent: 'ag_billing001' })
    await user.click(screen.getAllByRole('button', { name: 'Undo' })[0]!)
    await settle(60)
    expect(bridge.numbers.get('+13125550162')?.assigned_agent).toBe('ag_billing001')
  })

  it('show what changed when they are refused, and what is left stays staged', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await stage(user, '+1 312 555 0164')
    await stage(user, '+1 312 555 0162')
    const request = bridge.request.bind(bridge)
    bridge.request = (async (name: never, input: never) => {
      if (name === 'assignNumbers') {
        const theirs = bridge.numbers.get('+13125550164')!
        bridge.numbers.set(theirs.phone_number, { ...theirs, assigned_agent: 'ag_billing001', status: 'assigned' })
        return { ok: false, problem: problemOf('NUMBER_ALREADY_ASSIGNED', 'It leads to another agent.') }
      }
      return request(name, input)
    }) as typeof bridge.request
    await user.click(screen.getByRole('button', { name: /^Apply 2/ }))
    await settle(60)
    expect(screen.getByText('2 changes not applied')).toBeTruthy()
    expect(screen.getByText('+1 312 555 0164 leads to Billing support now.')).toBeTruthy()
    expect(screen.getByRole('button', { name: /^Apply 1/ })).toBeTruthy()
  })

  it('are not taken to another tenant, and wait in their own', async () => {
    const { user } = await open({ ...manager, at: '#/numbers' })
    await stageOne(user)
    await user.click(screen.getByRole('button', { name: /Acme Corporation/ }))
    await user.click(screen.getByRole('menuitemradio', { name: /Beta Company/ }))
    await settle(60)
    expect(screen.queryByRole('button', { name: /^Apply/ })).toBeNull()
    await user.click(screen.getByRole('button', { name: /Beta Company/ }))
    await user.click(screen.getByRole('menuitemradio', { name: /Acme Corporation/ }))
    await settle(60)
    expect(screen.getByRole('button', { name: /^Apply 1/ })).toBeTruthy()
  })

  it('are chosen in any order and assigned with M', async () => {
    const { user } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: /^\+1 312 555 0162/ }))
    await user.click(screen.getByRole('button', { name: /^\+1 312 555 0161/ }))
    await user.keyboard('m')
    await user.click(await screen.findByRole('menuitem', { name: /Returns desk/ }))
    expect(screen.getByRole('button', { name: /^Apply 2/ })).toBeTruthy()
  })

  it('may be the one that has the focus', async () => {
    const { user } = await open({ ...manager, at: '#/numbers' })
    act(() => screen.getByRole('button', { name: /^\+1 312 555 0161/ }).focus())
    await user.keyboard('m')
    expect(await screen.findByRole('menuitem', { name: /Returns desk/ })).toBeTruthy()
  })
})

describe('another tenant, or another person', () => {
  it.each([
    ['#/agents/ag_billing001', '#/agents'],
    ['#/analytics/30d/agent/ag_billing001', '#/analytics'],
    [`#/calls/${sidOf(1)}`, '#/live'],
  ])('sees the list instead of %s', async (at, list) => {
    const { user } = await open({ ...manager, at })
    expect(window.location.hash).toBe(at)
    await user.click(screen.getByRole('button', { name: /Acme Corporation/ }))
    await user.click(screen.getByRole('menuitemradio', { name: /Beta Company/ }))
    await waitFor(() => expect(window.location.hash).toBe(list))
    await settle()
    expect(screen.queryByText('There is no such agent')).toBeNull()
  })

  it('who signs in after the first one does not land where that one was', async () => {
    const { user, bridge } = await open({ at: BILLING })
    act(() => bridge.link({ state: 'signed_out' }))
    await user.click(screen.getByRole('button', { name: /Priya Raman/ }))
    await waitFor(() => expect(window.location.hash).toBe('#/agents'))
  })

  it('the same person goes on where the sign-in ended', async () => {
    const { user, bridge } = await open({ at: BILLING })
    act(() => bridge.link({ state: 'signed_out' }))
    await user.click(screen.getByRole('button', { name: /Dana Ortiz/ }))
    await settle(60)
    expect(window.location.hash).toBe(BILLING)
  })
})

describe('the figures', () => {
  it('are found as they were left when one comes back from a call', async () => {
    const { user } = await open({ ...manager, at: '#/analytics', finished: 5 })
    await user.click(screen.getByRole('button', { name: '30 days' }))
    await user.click(screen.getByRole('button', { name: 'Billing support' }))
    await settle(60)
    expect(window.location.hash).toBe('#/analytics/30d/agent/ag_billing001')
    const left = window.location.hash
    await user.click(screen.getAllByRole('button', { name: /^\+1 .* Billing support/ })[0]!)
    await settle(60)
    await goTo(left)
    expect(screen.getByRole('button', { name: '30 days' }).getAttribute('aria-pressed')).toBe('true')
    expect(screen.getByText('of Billing support')).toBeTruthy()
  })

  it('say that an agent is not here, and are those of all', async () => {
    const { bridge } = await open({ ...manager, at: '#/analytics/7d/agent/ag_nobody0001', finished: 5 })
    await settle(60)
    expect(screen.getByText('There is no such agent in this tenant.')).toBeTruthy()
    expect(screen.getByText('newest first')).toBeTruthy()
    expect(bridge.asked.filter(({ name }) => name === 'listCalls').at(-1)?.input).not.toHaveProperty('query.agent_id')
  })

  it('have all their calls behind them, fifty at a time', async () => {
    const { user } = await open({ ...manager, at: '#/analytics', finished: 70 })
    const list = within(screen.getByRole('region', { name: 'Calls' }))
    expect(list.getByText('50 of 8,412')).toBeTruthy()
    await user.click(list.getByRole('button', { name: 'More calls' }))
    await settle(60)
    expect(list.getAllByRole('listitem').length).toBeGreaterThan(70)
    expect(list.queryByRole('button', { name: 'More calls' })).toBeNull()
    expect(list.queryByText(/of 8,412/)).toBeNull()
  })

  it('draw nothing for an hour without a call', () => {
    const now = floorAnalytics('2026-11-17T06:00:00Z', '2026-11-23T18:00:00Z', false)
    now.hourly_distribution['3'] = 0
    const { container } = render(<HoursChart now={now} before={null} says={{ now: '17–23 Nov', before: '' }} />)
    const bars = [...container.querySelectorAll('.hb')].map((hour) => hour.querySelector('i') !== null)
    expect(bars).toEqual(bars.map((_, hour) => hour !== 3))
  })
})

describe('the shell', () => {
  it('knows whether callers are simulated as soon as it opens', async () => {
    const { bridge } = await open({ at: '#/agents' })
    expect(bridge.asked.some(({ name }) => name === 'getSetup')).toBe(true)
  })

  it('tells calls of one caller apart in the finder, the live one first', async () => {
    const { user, bridge, store } = await open()
    const call = store.getState().calls[sidOf(1)]!
    const other = sidOf(900)
    act(() => {
      bridge.say({ event_type: 'call.started', call_session: { ...call, call_sid: other, id: 'cs_other00001' } })
      const ended_at = new Date().toISOString()
      bridge.say({
        event_type: 'call.ended',
        call_session: { ...call, call_sid: other, id: 'cs_other00001', ended_at, outcome: 'resolved', live: null },
      })
    })
    await settle()
    await user.keyboard('{Control>}k{/Control}')
    await user.keyboard('0142')
    const rows = screen.getAllByRole('option').map((row) => row.textContent)
    expect(rows[0]).toMatch(/live since \d\d:\d\d:\d\d/)
    expect(rows[1]).toMatch(/resolved, over at/)
  })

  it('says that a sign-in has no answer yet', async () => {
    const { user, bridge } = await open({ signed_in: false })
    bridge.signIn = () => new Promise(() => undefined)
    await user.click(screen.getByRole('button', { name: /Priya Raman/ }))
    expect(await screen.findByText('Signing in…, the relay has not answered yet')).toBeTruthy()
  })

  it('takes new roles without a new sign-in', async () => {
    const { bridge, store } = await open({ ...manager, at: '#/agents' })
    const { session } = store.getState()
    if (session.state !== 'signed_in') throw new Error('Nobody is signed in.')
    const permissions = session.me.permissions.filter((each) => each !== 'agents.create')
    act(() => bridge.send({ type: 'me', me: { ...session.me, permissions } }))
    await settle()
    expect(screen.queryByRole('button', { name: 'New agent' })).toBeNull()
    expect(screen.getByRole('article', { name: 'Billing support' })).toBeTruthy()
  })
})
