// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { floorAgents, floorNumbers } from '../../support/fake-agents.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const open = consoleForTests()
const manager = { role: 'agent_manager' } as const

describe('signing in', () => {
  it('is one click on a demo user', async () => {
    const { user } = await open({ signed_in: false })
    await user.click(screen.getByRole('button', { name: /Priya Raman/ }))
    await settle()
    expect(screen.getByRole('button', { name: 'Priya Raman' })).toBeTruthy()
    expect(screen.getByRole('grid', { name: 'Calls' })).toBeTruthy()
  })

  it('is one press of Enter when the page opens', async () => {
    const { user } = await open({ signed_in: false })
    await user.keyboard('{Enter}')
    await settle()
    expect(screen.getByRole('button', { name: 'Dana Ortiz' })).toBeTruthy()
  })

  it('says why the own account was refused, at the field', async () => {
    const { user } = await open({ signed_in: false })
    await user.type(screen.getByLabelText('Email'), 'dana@acme.example')
    await user.type(screen.getByLabelText('Password'), 'wrong')
    await user.click(screen.getByRole('button', { name: 'Sign in' }))
    await settle()
    expect(screen.getByText(/do not belong together/)).toBeTruthy()
    expect(screen.getByLabelText('Email').getAttribute('aria-invalid')).toBe('true')
  })

  it('goes to another tenant, and nothing of the first one stays', async () => {
    const { user, bridge } = await open()
    await user.keyboard('a')
    bridge.calls.clear()
    await user.click(screen.getByRole('button', { name: /Acme Corporation/ }))
    await user.click(screen.getByRole('menuitemradio', { name: /Beta Company/ }))
    await settle()
    expect(screen.getByRole('button', { name: /Beta Company/ })).toBeTruthy()
    expect(screen.queryByText('Asked for a person')).toBeNull()
    expect(screen.getByText('Pick a call to read it here.')).toBeTruthy()
  })

  it('ends when the relay ends it', async () => {
    const { bridge } = await open()
    act(() => bridge.link({ state: 'signed_out' }))
    expect(screen.getByRole('heading', { name: 'Sign in' })).toBeTruthy()
    expect(screen.getByText(/Your sign-in has ended/).textContent).toContain(
      'Your sign-in has ended. Nothing was changed: sign in again as Dana Ortiz to go on.',
    )
  })

  it('gives no reason to somebody who asked to leave', async () => {
    const { user } = await open()
    await user.click(screen.getByRole('button', { name: 'Dana Ortiz' }))
    await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
    await settle()
    expect(screen.getByRole('heading', { name: 'Sign in' })).toBeTruthy()
    expect(screen.queryByText(/has ended/)).toBeNull()
  })

  it('chooses the theme in the menu of the user', async () => {
    const { user } = await open()
    await user.click(screen.getByRole('button', { name: 'Dana Ortiz' }))
    await user.click(screen.getByRole('menuitemradio', { name: 'Dark' }))
    expect(document.documentElement.dataset.theme).toBe('dark')
  })

  it('has the focus where it was after what floated over it was closed', async () => {
    const { user } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await user.type(await screen.findByLabelText('Name'), ', nights')
    for (const keys of ['{Control>}k{/Control}', '{Control>}k{/Control}billing']) {
      await user.keyboard(keys)
      await user.keyboard('{Escape}')
      await settle()
      expect(document.activeElement).toBe(screen.getByLabelText('Name'))
    }
    await user.click(screen.getByRole('button', { name: 'Priya Raman' }))
    await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
    await user.click(screen.getByRole('button', { name: 'Stay signed in' }))
    await settle()
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Priya Raman' }))
  })

  it('lists its keys under ?', async () => {
    const { user } = await open()
    await user.keyboard('?')
    const sheet = screen.getByRole('dialog', { name: 'What do the keys do?' })
    for (const key of ['A', 'L', 'E', 'M', 'T']) expect(within(sheet).getByText(key)).toBeTruthy()
  })
})

describe('numbers', () => {
  it('stages an assignment, applies it, and takes it back', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: 'Assign +1 312 555 0161 to…' }))
    await user.click(screen.getByRole('menuitem', { name: /Returns desk/ }))
    const column = screen.getByRole('region', { name: 'Returns desk' })
    expect(within(column).getByText('From Unassigned')).toBeTruthy()
    expect(bridge.asked.some(({ name }) => name === 'assignNumbers')).toBe(false)
    await user.click(screen.getByRole('button', { name: /^Apply 1/ }))
    await settle()
    expect(bridge.asked.find(({ name }) => name === 'assignNumbers')?.input).toEqual({
      body: { assignments: [{ phone_number: '+13125550161', agent_id: 'ag_returns001' }] },
    })
    await user.click(await screen.findByRole('button', { name: 'Undo' }))
    await settle()
    expect(bridge.asked.find(({ name }) => name === 'releaseNumbers')?.input).toEqual({
      body: { phone_numbers: ['+13125550161'] },
    })
  })

  it('gives several selected numbers to one agent', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: /^\+1 312 555 0161/ }))
    await user.click(screen.getByRole('button', { name: /^\+1 312 555 0162/ }))
    await user.click(screen.getByRole('button', { name: /2 selected/ }))
    await user.click(screen.getByRole('menuitem', { name: /Front desk Berlin/ }))
    await user.click(screen.getByRole('button', { name: /^Apply 2/ }))
    await settle()
    const input = bridge.asked.find(({ name }) => name === 'assignNumbers')?.input as {
      body: { assignments: unknown[] }
    }
    expect(input.body.assignments).toHaveLength(2)
  })

  it('offers no agent that answers no calls', async () => {
    const { user } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: 'Assign +1 312 555 0161 to…' }))
    expect(screen.queryByRole('menuitem', { name: /Appointment reminders/ })).toBeNull()
  })

  it('keeps what was refused staged, and says why', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: 'Assign +1 312 555 0161 to…' }))
    await user.click(screen.getByRole('menuitem', { name: /Returns desk/ }))
    bridge.refuse('assignNumbers', problemOf('CARRIER_FAILED', 'The carrier answered 429. Nothing was changed.'))
    await user.click(screen.getByRole('button', { name: /^Apply 1/ }))
    await settle()
    expect(await screen.findByText('The carrier answered 429. Nothing was changed.')).toBeTruthy()
    expect(screen.getByRole('button', { name: /^Apply 1/ })).toBeTruthy()
  })

  it('shows what a sync would change before it changes it', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers' })
    await user.click(screen.getByRole('button', { name: 'Sync with the carrier' }))
    await settle()
    const dialog = screen.getByRole('dialog', { name: 'Sync 1 change from the carrier?' })
    expect(within(dialog).getByText('+1 312 555 0103')).toBeTruthy()
    await user.click(within(dialog).getByRole('button', { name: 'Sync 1' }))
    await settle()
    expect(bridge.asked.filter(({ name }) => name === 'syncNumbers').map(({ input }) => input)).toEqual([
      { body: { dry_run: true } },
      { body: { dry_run: false } },
    ])
  })

  it('can be read from the carrier where there are none', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/numbers', nothing: true, calls: 0 })
    expect(screen.getByText('No numbers yet')).toBeTruthy()
    await user.click(screen.getAllByRole('button', { name: 'Sync with the carrier' }).at(-1)!)
    await settle()
    expect(bridge.asked.some(({ name }) => name === 'syncNumbers')).toBe(true)
  })

  it('of the account that are nobody’s are shown, with how they are taken', async () => {
    const { user } = await open({ ...manager, at: '#/numbers', nothing: true, calls: 0 })
    await user.click(screen.getAllByRole('button', { name: 'Sync with the carrier' }).at(-1)!)
    await settle()
    const dialog = screen.getByRole('dialog', { name: 'Is anything different at the carrier?' })
    expect(within(dialog).getByText('+1 312 555 0177')).toBeTruthy()
    expect(within(dialog).getByText('A platform admin takes them with a sync.')).toBeTruthy()
  })

  it('are read-only for a supervisor', async () => {
    await open({ role: 'supervisor', at: '#/numbers' })
    expect(screen.queryByRole('button', { name: /Assign/ })).toBeNull()
    expect(screen.getByText('You can read numbers.')).toBeTruthy()
  })
})

describe('a tenant in which nothing was made yet', () => {
  it.each(['#/live', '#/agents', '#/analytics'])('names the first agent as the next act at %s', async (at) => {
    const { user } = await open({ ...manager, at, nothing: true, calls: 0 })
    expect(await screen.findByText('No agents yet')).toBeTruthy()
    await user.click(screen.getByText('Make the first agent'))
    await waitFor(() => expect(window.location.hash).toBe('#/agents/new'))
  })

  it('says to who may not what it needs', async () => {
    await open({ at: '#/live', nothing: true, calls: 0 })
    expect(screen.getByText(/It needs the agent manager role\./)).toBeTruthy()
    expect(screen.queryByText('Make the first agent')).toBeNull()
  })

  it('goes on to numbers, and to giving one to an agent', async () => {
    const { bridge, store } = await open({ ...manager, at: '#/live', nothing: true, calls: 0 })
    const agent = floorAgents(Date.now())[0]!
    act(() => bridge.say({ event_type: 'agent.created', agent: { ...agent, phone_numbers: [] } }))
    await settle()
    expect(screen.getByRole('link', { name: 'Go to numbers' })).toBeTruthy()
    const number = { ...floorNumbers([agent])[0]!, assigned_agent: null, status: 'available' as const }
    act(() => bridge.say({ event_type: 'number.updated', number }))
    await settle()
    expect(screen.getByRole('link', { name: 'Assign numbers' })).toBeTruthy()
    act(() => bridge.say({ event_type: 'number.updated', number: { ...number, assigned_agent: agent.id } }))
    await settle()
    expect(screen.getByText('All quiet')).toBeTruthy()
    expect(Object.keys(store.getState().agents)).toHaveLength(1)
  })
})

describe('analytics', () => {
  it('shows the figures beside those of the period before', async () => {
    const { bridge } = await open({ ...manager, at: '#/analytics' })
    expect(screen.getByText('8,412')).toBeTruthy()
    expect(screen.getByText('1.1 pts').className).toContain('bad')
    expect(bridge.asked.filter(({ name }) => name === 'getAnalytics')).toHaveLength(2)
  })

  it('says when it was read, and is read again when asked', async () => {
    let now = Date.parse('2026-11-23T18:03:00Z')
    const { user, bridge } = await open({ ...manager, at: '#/analytics', now: () => now })
    expect(screen.getByText('as of 23 Nov 12:03')).toBeTruthy()
    now += 60 * 60_000
    await user.click(screen.getByRole('button', { name: 'Read again' }))
    await settle()
    expect(screen.getByText('as of 23 Nov 13:03')).toBeTruthy()
    expect(bridge.asked.filter(({ name }) => name === 'getAnalytics')).toHaveLength(4)
  })

  it('lists no call that is still in progress, as it is in no figure', async () => {
    const { bridge, store } = await open({ ...manager, at: '#/live', finished: 3 })
    const answer = bridge.request
    const [live] = Object.values(store.getState().calls).filter(({ ended_at }) => ended_at === null)
    bridge.request = (async (name: never, input: never) => {
      const is_first = name === 'listCalls' && !(input as { query: { cursor?: string } }).query.cursor
      if (!is_first) return answer.call(bridge, name, input)
      // As the relay lists them: the newest are still on, here a whole page of them.
      return { ok: true, value: { items: Array(50).fill(live), next_cursor: '0' } }
    }) as typeof bridge.request
    act(() => {
      window.location.hash = '#/analytics'
    })
    await settle(60)
    const list = within(screen.getByRole('region', { name: 'Calls' }))
    const shown = list.getAllByRole('listitem').map((row) => row.textContent)
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.filter((words) => words?.includes('–'))).toEqual([])
  })

  it('shows the hours as a table with T', async () => {
    const { user } = await open({ ...manager, at: '#/analytics' })
    await user.keyboard('t')
    const table = screen.getByRole('region', { name: 'Calls by hour, table' })
    expect(within(table).getByText('799')).toBeTruthy()
  })

  it('opens the calls behind an agent, and a call that is over', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/analytics' })
    await user.click(screen.getByRole('button', { name: 'Billing support' }))
    await settle()
    expect(bridge.asked.filter(({ name }) => name === 'listCalls').at(-1)?.input).toMatchObject({
      query: { agent_id: 'ag_billing001' },
    })
    await user.click(screen.getByRole('button', { name: /\+1 213 ••• 0185/ }))
    await settle()
    expect(screen.getByRole('heading', { level: 1, name: '+1 213 ••• 0185' })).toBeTruthy()
  })

  it('opens at the calls of an agent from its cell', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents' })
    const cell = screen.getByRole('article', { name: 'Returns desk' })
    await user.click(within(cell).getByRole('button', { name: 'Analytics' }))
    await settle(60)
    expect(screen.getByText('of Returns desk')).toBeTruthy()
    expect(bridge.asked.filter(({ name }) => name === 'listCalls').at(-1)?.input).toMatchObject({
      query: { agent_id: 'ag_returns001' },
    })
  })

  it('marks an agent whose success fell, and only that one', async () => {
    await open({ ...manager, at: '#/analytics' })
    const table = within(screen.getByRole('region', { name: 'Agents' }))
    expect(table.getByText('79.8%').className).toContain('att-2')
    expect(table.getByText('72.2%').className).toBe('')
  })

  it('says what could not be read', async () => {
    const { bridge, user } = await open({ ...manager, at: '#/live' })
    bridge.refuse('getAnalytics', problemOf('RATE_LIMITED', 'Too many requests. Wait 12 s.'))
    await user.keyboard('{Control>}4{/Control}')
    await settle()
    expect(screen.getByText('Figures could not be read')).toBeTruthy()
    expect(screen.getByText('Too many requests. Wait 12 s.')).toBeTruthy()
  })
})

it('a call can be named by its address', async () => {
  await open({ at: `#/calls/${sidOf(1)}/context` })
  expect(await screen.findByRole('heading', { level: 1, name: '+1 415 ••• 0142' })).toBeTruthy()
})

it('a role without a screen is told so', async () => {
  await open({ role: 'platform_admin' })
  expect(screen.getByText('Your role has no screen here')).toBeTruthy()
})
