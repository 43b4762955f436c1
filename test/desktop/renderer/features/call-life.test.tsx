// @vitest-environment happy-dom
// A call from the side of who watches it: what stays when it ends, what a person did to it, and the ways away from it.
import { act, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { formatCallTime } from '../../../../desktop/renderer/lib/format.ts'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { iso, sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const AT = `#/calls/${sidOf(1)}`
const open = consoleForTests()
type Opened = Awaited<ReturnType<typeof open>>
async function openCall(at = AT) {
  const opened = await open({ at })
  await screen.findByRole('region', { name: 'Timeline' })
  return opened
}
async function goTo(hash: string) {
  act(() => {
    window.location.hash = hash
  })
  await settle(80)
}
async function end({ bridge }: Opened, call_sid: string, rest: Partial<CallSummary> = {}) {
  const ended: CallSummary = {
    ...bridge.calls.get(call_sid)!,
    outcome: 'resolved',
    end_reason: 'The agent ended the call.',
    ended_at: iso(Date.now()),
    live: null,
    ...rest,
  }
  bridge.calls.set(call_sid, ended)
  act(() => bridge.say({ event_type: 'call.ended', call_session: ended }))
  await settle()
}
const heading = () => screen.getByRole('heading', { level: 1 })
const interventions = () => screen.getByRole('region', { name: 'Interventions' })

describe('a call that ended', () => {
  it('still says why it needed a person, without asking for one', async () => {
    const opened = await openCall()
    await end(opened, sidOf(1))
    const head = heading().closest('header')!
    const why = within(head).getByText('Asked for a person').parentElement!
    expect(why.className).toContain('was')
    expect(why.textContent).toMatch(/at \d\d:\d\d/)
    expect(within(screen.getByRole('region', { name: 'Timeline' })).getByTitle('Asked for a person')).toBeTruthy()
    expect(within(head).queryByRole('img', { name: /^Listening/ })).toBeNull()
    await goTo('#/live')
    expect(screen.queryByText('Nobody stepped in.')).toBeNull()
    expect(opened.store.getState().calls[sidOf(1)]?.live?.attention).toEqual([])
  })

  it('was ended by somebody, if by a person', async () => {
    const opened = await openCall(`#/calls/${sidOf(3)}`)
    await end(opened, sidOf(3), { end_reason: 'Marco Silva ended the call.' })
    expect(within(interventions()).getByText('Marco Silva ended the call, resolved')).toBeTruthy()
  })

  it('was ended by oneself only if one did, whatever others are called', async () => {
    const opened = await openCall(`#/calls/${sidOf(2)}`)
    await end(opened, sidOf(2), { end_reason: 'Dana Ortiz ended the call.' })
    expect(within(interventions()).getByText('Dana Ortiz ended the call, resolved')).toBeTruthy()
    await goTo(`#/calls/${sidOf(3)}`)
    await opened.user.click(screen.getByRole('button', { name: /^End/ }))
    await opened.user.click(screen.getByRole('button', { name: 'End call' }))
    await end(opened, sidOf(3), { end_reason: 'Dana Ortiz ended the call.', outcome: 'transferred' })
    expect(within(interventions()).getByText('You ended the call, transferred')).toBeTruthy()
  })

  it('claims no more than the record tells', async () => {
    const opened = await openCall(`#/calls/${sidOf(2)}`)
    await end(opened, sidOf(2))
    expect(within(interventions()).getByText('No change or hang-up by a person.')).toBeTruthy()
  })

  it('closes the question whether to end it, and says how it ended', async () => {
    const opened = await openCall()
    await opened.user.click(screen.getByRole('button', { name: /^End/ }))
    expect(screen.getByRole('dialog')).toBeTruthy()
    await end(opened, sidOf(1))
    expect(screen.queryByRole('dialog')).toBeNull()
    await waitFor(() => expect(screen.getByText('The agent ended the call, resolved')).toBeTruthy())
    expect(screen.queryByText('The call was not ended')).toBeNull()
    expect(document.activeElement).toBe(heading())
  })

  it('is no failure when it was over a moment before', async () => {
    const opened = await openCall()
    await opened.user.click(screen.getByRole('button', { name: /^End/ }))
    opened.bridge.refuse('hangUpCall', problemOf('CALL_NOT_LIVE', 'The call is over, so it takes no commands.'))
    await opened.user.click(screen.getByRole('button', { name: 'End call' }))
    await waitFor(() => expect(screen.getByText('The call was over already')).toBeTruthy())
    expect(screen.queryByText('The call was not ended')).toBeNull()
  })
})

describe('a call that is lost with its relay', () => {
  const words = 'The relay stopped during the call.'
  const kill = ({ bridge }: Opened, call_sid: string, is_recorded: boolean) => {
    const call = bridge.calls.get(call_sid)!
    const rest = is_recorded
      ? { ended_at: iso(Date.now() - 40_000), outcome: 'failed' as const, end_reason: words }
      : {}
    bridge.calls.set(call_sid, { ...call, ...rest, live: null })
  }

  it('keeps its cell on the wall and says why, to who has selected it too', async () => {
    const opened = await open({ calls: 5 })
    await opened.user.click(document.querySelector(`[data-call="${sidOf(2)}"]`)!)
    kill(opened, sidOf(2), true)
    kill(opened, sidOf(3), false)
    act(() => opened.bridge.send({ type: 'reload' }))
    await settle(80)
    const cell = (index: number) => document.querySelector(`[data-call="${sidOf(index)}"]`)!
    expect(cell(2).className).toContain('ended')
    expect(cell(2).textContent).toContain(words)
    expect(cell(3).textContent).toContain('Out of reach')
    expect(cell(3).textContent).toContain('No relay answers for it. Whether it goes on is not known.')
    const inspector = within(screen.getByRole('complementary', { name: 'Selected call' }))
    expect(inspector.getByText(words)).toBeTruthy()
  })

  it('is not said to be over on its own screen, until it says how it ended as soon as that is recorded', async () => {
    const opened = await openCall()
    kill(opened, sidOf(1), false)
    act(() => opened.bridge.send({ type: 'reload' }))
    await settle(80)
    const head = within(heading().closest('header')!)
    expect(head.getByText('Out of reach')).toBeTruthy()
    expect(screen.getAllByText('No relay answers for this call, so it takes no commands.')).toBeTruthy()
    expect(screen.queryByText(/is over|Nothing was said/)).toBeNull()
    kill(opened, sidOf(1), true)
    await waitFor(() => expect(head.getByText(words)).toBeTruthy())
    expect(head.getByText('Failed')).toBeTruthy()
  })
})

describe('a call of a relay that cannot be asked', () => {
  const part = async ({ bridge }: Opened, ...call_sids: string[]) => {
    for (const call_sid of call_sids) bridge.apart.add(call_sid)
    act(() => bridge.send({ type: 'reload' }))
    await settle(80)
  }
  const join = async ({ bridge }: Opened) => {
    bridge.apart.clear()
    act(() => bridge.send({ type: 'reload' }))
    await settle(80)
  }
  const cell = (index: number) => document.querySelector(`[data-call="${sidOf(index)}"]`)!
  const NOTE = 'The relays cannot reach each other: calls may be missing; 2 not up to date are counted apart.'

  it('keeps its cell in every density, says that it is not up to date, and is itself again afterwards', async () => {
    const opened = await open({ calls: 5 })
    expect(screen.queryByText(/cannot reach each other/)).toBeNull()
    await part(opened, sidOf(2), sidOf(3))
    expect(screen.getByText(NOTE)).toBeTruthy()
    for (const density of ['large', 'medium', 'compact', 'row'] as const) {
      act(() => opened.store.setState({ density }))
      for (const index of [2, 3])
        expect([density, cell(index).textContent]).toEqual([density, expect.stringContaining('Not up to date')])
      expect(cell(2).className).toContain('stale')
      expect(cell(1).textContent).not.toContain('Not up to date')
      expect(document.body.textContent).not.toMatch(/Out of reach|is over/)
    }
    await join(opened)
    expect(screen.queryByText(/cannot reach each other/)).toBeNull()
    expect(cell(2).textContent).not.toContain('Not up to date')
    expect(cell(2).className).not.toContain('stale')
  })

  it('is in none of the figures of calls that are live', async () => {
    const opened = await open({ calls: 5 })
    const figures = () => document.querySelector('.strip')!.textContent
    const [before] = /^\d+ ?live/.exec(figures()) ?? []
    await part(opened, sidOf(2), sidOf(3))
    expect([before, /^\d+ ?live/.exec(figures())?.[0]]).toEqual(['5live', '3live'])
    expect(figures()).toMatch(/Capacity3of/)
    await join(opened)
    expect(figures()).toMatch(/^5live.*Capacity5of/)
  })

  it('takes no commands, says why, and its clock stands still', async () => {
    const opened = await openCall()
    const clock = () => heading().closest('header')!.querySelector('time.clock')!.textContent
    await part(opened, sidOf(1))
    const head = within(heading().closest('header')!)
    expect(head.getByText('Not up to date')).toBeTruthy()
    expect(head.getByText('The relays cannot reach each other. Whether it goes on is not known.')).toBeTruthy()
    const why = 'The relays cannot reach each other: this call takes no commands until they do.'
    expect(screen.getAllByText(why).length).toBeGreaterThan(0)
    expect(screen.getByRole('button', { name: /^End/ })).toHaveProperty('disabled', true)
    const { stale, calls } = opened.store.getState()
    expect(clock()).toBe(formatCallTime(stale[sidOf(1)]! - Date.parse(calls[sidOf(1)]!.answered_at!)))
    await join(opened)
    expect(head.queryByText('Not up to date')).toBeNull()
    expect(screen.getByRole('button', { name: /^End/ })).toHaveProperty('disabled', false)
  })

  it('may be any call, where the wall is empty', async () => {
    const opened = await open({ calls: 0 })
    await waitFor(() => expect(screen.getByText('All quiet')).toBeTruthy())
    await part(opened, sidOf(900))
    expect(screen.queryByText('All quiet')).toBeNull()
    expect(screen.getByText('The relays cannot reach each other: calls may be missing.')).toBeTruthy()
  })

  it('can be listened to no more, and the listening ended', async () => {
    const opened = await openCall()
    await opened.user.keyboard('l')
    await part(opened, sidOf(1))
    await opened.user.click(screen.getByRole('button', { name: /^Listen/ }))
    expect(opened.bridge.listening).toBeNull()
    expect(screen.getByRole('button', { name: /^Listen/ })).toHaveProperty('disabled', true)
  })
})

describe('listening in', () => {
  it('is among what was done to the call, with its time', async () => {
    const { user } = await openCall(`#/calls/${sidOf(2)}`)
    await user.keyboard('l')
    expect(within(interventions()).getByText(/^You have listened since \d\d:\d\d$/)).toBeTruthy()
    await user.keyboard('l')
    expect(within(interventions()).getByText(/^You listened \d\d:\d\d to \d\d:\d\d$/)).toBeTruthy()
  })

  it('is seen and stopped from every screen', async () => {
    const { user, bridge } = await openCall()
    await user.keyboard('l')
    expect(screen.queryByRole('button', { name: 'Stop' })).toBeNull()
    await goTo('#/agents')
    expect(screen.getByRole('link', { name: 'Listening to +1 415 ••• 0142' }).getAttribute('href')).toBe(AT)
    await user.click(screen.getByRole('button', { name: 'Stop' }))
    expect(bridge.listening).toBeNull()
    expect(screen.queryByText(/^Listening to/)).toBeNull()
  })

  it('ends with the tenant', async () => {
    const { user, bridge } = await openCall()
    await user.keyboard('l')
    await user.click(screen.getByRole('button', { name: 'Acme Corporation' }))
    await user.click(await screen.findByText('Beta Company'))
    await settle()
    expect(bridge.listening).toBeNull()
  })
})

describe('from one call to another', () => {
  it('goes to the next that needs a person with A, and along the wall with J and K', async () => {
    const { user, store } = await openCall(`#/calls/${sidOf(3)}`)
    await user.keyboard('j')
    await settle(80)
    expect(store.getState().opened).toBe(sidOf(4))
    await user.keyboard('k')
    await settle(80)
    expect(store.getState().opened).toBe(sidOf(3))
    await user.keyboard('a')
    await settle(80)
    expect(store.getState().opened).toBe(sidOf(1))
  })

  it('passes by those that are over', async () => {
    const opened = await openCall(`#/calls/${sidOf(3)}`)
    await end(opened, sidOf(4))
    await opened.user.keyboard('j')
    await settle(80)
    expect(opened.store.getState().opened).toBe(sidOf(5))
  })

  it('leads to the wall when the tenant changed, where the call is not', async () => {
    const { bridge, user } = await openCall()
    bridge.calls.clear()
    await user.click(screen.getByRole('button', { name: 'Acme Corporation' }))
    await user.click(await screen.findByText('Beta Company'))
    await waitFor(() => expect(screen.getByText('All quiet')).toBeTruthy())
    await goTo(AT)
    await waitFor(() => expect(screen.getByText(/has no such call$/)).toBeTruthy())
    expect(screen.queryByRole('status', { name: 'Reading the call' })).toBeNull()
    expect(screen.getByRole('link', { name: 'Show live calls' })).toBeTruthy()
  })
})

describe('the wall', () => {
  const focused = () => (document.activeElement as HTMLElement).dataset.call
  const cellOf = (call_sid: string) => document.querySelector<HTMLElement>(`[data-call="${call_sid}"]`)!

  it('keeps its layout while calls that are over fade', async () => {
    const opened = await open({ calls: 12 })
    const pane = () => screen.getByRole('region', { name: 'All calls' }).dataset.density
    // One of the floor's twelve is over already.
    expect(pane()).toBe('large')
    const started = { ...opened.bridge.calls.get(sidOf(2))!, call_sid: sidOf(90), id: 'cs_90' }
    act(() => opened.bridge.say({ event_type: 'call.started', call_session: started }))
    await settle()
    expect(screen.getAllByRole('gridcell').filter((cell) => cell.dataset.call)).toHaveLength(13)
    expect(pane()).toBe('large')
  })

  it('keeps the layout it has while the number of calls wavers', async () => {
    const opened = await open({ calls: 15 })
    const pane = () => screen.getByRole('region', { name: 'All calls' }).dataset.density
    expect(pane()).toBe('medium')
    for (const index of [2, 3, 4]) await end(opened, sidOf(index))
    expect(pane()).toBe('medium')
    await goTo(AT)
    await goTo('#/live')
    expect(pane()).toBe('medium')
  })

  it('gives the focus to the neighbour when a call leaves, and what is read stays', async () => {
    const opened = await open({ calls: 5 })
    await opened.user.click(cellOf(sidOf(2)))
    expect(focused()).toBe(sidOf(2))
    await end(opened, sidOf(2), { ended_at: iso(Date.now() - 19_500) })
    await waitFor(() => expect(cellOf(sidOf(2))).toBeNull())
    await waitFor(() => expect(focused()).toBe(sidOf(3)))
    expect(opened.store.getState().selected).toBe(sidOf(2))
    await opened.user.keyboard('{ArrowRight}')
    await waitFor(() => expect(focused()).toBe(sidOf(4)))
    expect(opened.store.getState().selected).toBe(sidOf(4))
  })

  it('passes by calls that are over', async () => {
    const opened = await open({ calls: 5 })
    await end(opened, sidOf(2))
    await opened.user.click(cellOf(sidOf(1)))
    await opened.user.keyboard('j')
    expect(opened.store.getState().selected).toBe(sidOf(3))
  })

  it('has the focus after a call was ended from it', async () => {
    const opened = await open({ calls: 5 })
    await opened.user.click(cellOf(sidOf(2)))
    await opened.user.click(screen.getByRole('button', { name: /^End/ }))
    await opened.user.click(screen.getByRole('button', { name: 'End call' }))
    await settle()
    expect(focused()).toBe(sidOf(2))
  })

  it('is headed', async () => {
    await open()
    expect(heading().textContent).toBe('Live calls')
  })

  it('sets an agent’s account in no quotation marks', async () => {
    const opened = await open({ calls: 5 })
    act(() =>
      opened.bridge.say({
        event_type: 'call.attention',
        call_sid: sidOf(3),
        attention: [
          {
            level: 2,
            reason: 'agent_asks_for_help',
            evidence: 'The caller is upset: "It sparked"',
            speaker: null,
            words: [],
            since_at: iso(Date.now()),
          },
        ],
      }),
    )
    await settle()
    const lane = screen.getByRole('list', { name: 'Calls that need you' })
    expect(within(lane).getByText('The caller is upset: It sparked', { exact: false }).tagName).toBe('P')
  })
})
