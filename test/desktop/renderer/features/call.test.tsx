// @vitest-environment happy-dom
import { EditorView } from '@codemirror/view'
import { act, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { problemOf } from '../../support/fake-answers.ts'
import { finishedCalls, floorCalls } from '../../support/fake-calls.ts'
import { sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const AT = `#/calls/${sidOf(1)}`
const openAt = consoleForTests()

async function open(options: Parameters<typeof openAt>[0] = {}) {
  const opened = await openAt({ at: AT, ...options })
  await screen.findByRole('textbox', { name: 'Override of this call, JSON' })
  return opened
}

function write(text: string): void {
  const view = EditorView.findFromDOM(screen.getByRole('textbox', { name: 'Override of this call, JSON' }))
  act(() => view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }))
}
const written = () =>
  EditorView.findFromDOM(screen.getByRole('textbox', { name: 'Override of this call, JSON' }))?.state.doc.toString() ??
  ''
const apply = () => screen.getByRole<HTMLButtonElement>('button', { name: /^Apply/ })

type Bridge = Awaited<ReturnType<typeof open>>['bridge']
/** Version 8 is stored; the console has not been told. */
const priyaSets = (bridge: Bridge, context_data: JsonObject): ContextVersion => {
  const newest = bridge.versions.get(sidOf(1))![0]!
  const theirs = {
    ...newest,
    version: 8,
    context_data,
    updated_by: { id: 'us_priya00001', name: 'Priya Raman' },
  }
  bridge.versions.set(sidOf(1), [theirs, newest])
  return theirs
}
const tell = (bridge: Bridge, version: ContextVersion, context: JsonObject = {}) =>
  act(() => bridge.say({ event_type: 'context.updated', agent_id: null, call_sid: sidOf(1), context, version }))
const decide = (bridge: Bridge, refused_reason: string) => {
  const version = bridge.versions.get(sidOf(1))![0]!
  tell(bridge, { ...version, state: 'refused', refused_reason }, version.context_data)
}

describe('the context of a call', () => {
  it('shows each value with its layer, and an overridden one struck', async () => {
    await open()
    const table = screen.getByRole('table', { name: /Context in force/ })
    const credit = within(table).getByText('goodwill_credit_usd').closest('tr')!
    expect(credit.querySelector('s')?.textContent).toBe('20')
    expect(credit.cells[1]?.textContent).toBe('20 40')
    expect(within(credit).getByText('this call')).toBeTruthy()
    expect(within(table).getByText('waits for v7')).toBeTruthy()
  })

  it('sends the edited layer with its reason and the version it is based on, and shows pending, applied, used', async () => {
    const { bridge, user } = await open()
    write('{ "order_id": "A-1", "goodwill_credit_usd": 60 }')
    await user.type(screen.getByLabelText('Reason'), 'A second repeat')
    await user.click(apply())
    await settle()
    expect(bridge.asked.find(({ name }) => name === 'overrideContext')?.input).toEqual({
      params: { call_sid: sidOf(1) },
      body: {
        context: { order_id: 'A-1', goodwill_credit_usd: 60 },
        mode: 'replace',
        expected_version: 7,
        speak_now: false,
        reason: 'A second repeat',
      },
    })
    const versions = screen.getByRole('region', { name: 'Context versions' })
    const row = within(versions).getByText('v8').closest('li')!
    expect(within(row).getByText(/^Pending/)).toBeTruthy()
    const version = bridge.versions.get(sidOf(1))![0]!
    const applied = { ...version, state: 'applied' as const, applied_at: version.updated_at }
    const tell = (next: typeof version) =>
      act(() =>
        bridge.say({
          event_type: 'context.updated',
          agent_id: null,
          call_sid: sidOf(1),
          context: next.context_data,
          version: next,
        }),
      )
    tell(applied)
    await settle()
    expect(within(row).getByText(/^Applied/)).toBeTruthy()
    expect(screen.getByRole('cell', { name: 'goodwill_credit_usd' }).closest('tr')?.textContent).toContain('60')
    tell({ ...applied, used_in_turn: 23 })
    await settle()
    expect(within(row).getByText('used in turn 23')).toBeTruthy()
    expect(screen.getAllByText('Used in turn 23').length).toBe(1)
  })

  it('applies with Ctrl+Enter from the reason', async () => {
    const { bridge, user } = await open()
    write('{ "order_id": "A-2" }')
    await user.type(screen.getByLabelText('Reason'), 'Typed{Control>}{Enter}{/Control}')
    await settle()
    expect(bridge.asked.filter(({ name }) => name === 'overrideContext')).toHaveLength(1)
  })

  it('marks a fault at its line in plain words and sends nothing', async () => {
    await open()
    write('{\n  "order_id": "A-1",\n}')
    const alert = screen.getByText(/Line 3: There is a comma too many before this brace\./)
    expect(alert.getAttribute('role')).toBe('alert')
    expect(apply().disabled).toBe(true)
  })

  it('marks what the relay refuses at its place', async () => {
    const { bridge, user } = await open()
    bridge.refuse(
      'overrideContext',
      problemOf('BODY_INVALID', 'A field is wrong.', {
        errors: [{ pointer: '/context/order_id', detail: 'There is no such order.' }],
      }),
    )
    write('{\n  "order_id": "A-9"\n}')
    await user.click(apply())
    await settle()
    expect(screen.getByText('Line 2: There is no such order.')).toBeTruthy()
  })

  it('knows the fixed form of escalation_rules before the relay does', async () => {
    await open()
    write('{\n  "escalation_rules": { "keywords": "lawyer" }\n}')
    expect(screen.getByText(/^Line 2: escalation_rules\.keywords:/)).toBeTruthy()
    expect(apply().disabled).toBe(true)
  })

  it('merges a draft with what somebody else applied meanwhile, and never overwrites it', async () => {
    const { bridge, user } = await open()
    write(written().replace('"A-20418"', '"A-7"'))
    tell(bridge, priyaSets(bridge, { ...bridge.versions.get(sidOf(1))![0]!.context_data, tone: 'warm' }))
    await settle()
    expect(screen.getByText('Priya Raman set v8 while you edited v7.')).toBeTruthy()
    expect(apply().disabled).toBe(true)
    await user.click(screen.getByRole('button', { name: 'Merge' }))
    expect(JSON.parse(written())).toMatchObject({ order_id: 'A-7', tone: 'warm' })
    await user.click(apply())
    await settle()
    expect(bridge.asked.find(({ name }) => name === 'overrideContext')?.input).toMatchObject({
      body: { expected_version: 8 },
    })
  })

  it('says before it is sent what a draft would change and take away', async () => {
    await open()
    write(JSON.stringify({ order_id: 'A-20418', goodwill_credit_usd: 60 }))
    const says = screen.getByText(/^Will change/).textContent
    expect(says).toContain('− customer')
    expect(says).toContain('goodwill_credit_usd 40 60')
    expect(says).toContain('− promise')
    expect(says).not.toContain('order_id')
  })

  it('keeps a draft that was refused, says why and what stays in force, and takes it mended', async () => {
    const { bridge, user } = await open()
    write('{ "goodwill_credit_usd": 600 }')
    await user.type(screen.getByLabelText('Reason'), 'All of it back')
    await user.click(apply())
    await settle()
    decide(bridge, 'over the limit of $40')
    await settle()
    expect(screen.getByText('v8 was refused: over the limit of $40. v5 stays in force.')).toBeTruthy()
    expect(JSON.parse(written())).toEqual({ goodwill_credit_usd: 600 })
    expect(screen.getByLabelText<HTMLInputElement>('Reason').value).toBe('All of it back')
    write('{ "goodwill_credit_usd": 35 }')
    await user.click(apply())
    await settle()
    expect(bridge.asked.filter(({ name }) => name === 'overrideContext').at(-1)?.input).toMatchObject({
      body: { context: { goodwill_credit_usd: 35 }, expected_version: 8 },
    })
  })

  it('shows a version as applied that was taken for lost on its way, whatever is told after it', async () => {
    const { bridge, user } = await open()
    write('{ "goodwill_credit_usd": 35 }')
    await user.click(apply())
    await settle()
    const sent = bridge.versions.get(sidOf(1))![0]!
    decide(bridge, 'The call could not be reached.')
    await settle()
    expect(screen.getByText('v8 was refused: The call could not be reached. v5 stays in force.')).toBeTruthy()
    tell(bridge, { ...sent, state: 'applied', applied_at: sent.updated_at }, sent.context_data)
    decide(bridge, 'The call could not be reached.')
    await settle()
    expect(screen.queryByText(/^v8 was refused/)).toBeNull()
    expect(JSON.parse(written())).toEqual({ goodwill_credit_usd: 35 })
    expect(apply().disabled).toBe(true)
  })

  it('goes back to what stands when somebody else’s version was refused', async () => {
    const { bridge } = await open()
    const before = written()
    tell(bridge, priyaSets(bridge, { tone: 'curt' }))
    await settle()
    expect(JSON.parse(written())).toEqual({ tone: 'curt' })
    decide(bridge, 'over the limit of $40')
    await settle()
    expect(written()).toBe(before)
    expect(screen.queryByText(/^v8 was refused/)).toBeNull()
  })

  it('asks for no merge with a version that was refused', async () => {
    const { bridge } = await open()
    write('{ "order_id": "A-7" }')
    priyaSets(bridge, { tone: 'curt' })
    decide(bridge, 'over the limit of $40')
    await settle()
    expect(screen.queryByText(/while you edited/)).toBeNull()
    expect(JSON.parse(written())).toEqual({ order_id: 'A-7' })
    expect(apply().disabled).toBe(false)
  })

  it('rolls back to the version before, as a new version', async () => {
    const { bridge, user } = await open()
    await user.click(screen.getByRole('button', { name: 'Roll back to v4' }))
    await user.type(within(screen.getByRole('dialog')).getByLabelText('Reason'), 'Wrong customer')
    await user.click(screen.getByRole('button', { name: 'Roll back' }))
    await settle()
    expect(bridge.asked.find(({ name }) => name === 'rollbackContext')?.input).toEqual({
      params: { call_sid: sidOf(1) },
      body: { to_version: 4, expected_version: 7, reason: 'Wrong customer' },
    })
  })

  it('shows versions beyond the first page, and keeps them when the newest are read again', async () => {
    const { user, store } = await open({ page_items: 2 })
    const list = screen.getByRole('region', { name: 'Context versions' })
    const shown = () =>
      within(list)
        .getAllByRole('listitem')
        .map((item) => item.querySelector('b')!.textContent)
    expect(shown()).toEqual(['v7', 'v6'])
    expect(within(list).getByText('2 of 7')).toBeTruthy()
    await user.click(within(list).getByRole('button', { name: 'Show older' }))
    await settle()
    expect(shown()).toEqual(['v7', 'v6', 'v5', 'v4'])
    expect(within(list).queryByRole('button', { name: 'Show older' })).toBeNull()
    act(() => window.location.assign('#/live'))
    await settle(80)
    act(() => window.location.assign(AT))
    await settle(80)
    expect(store.getState().versions[sidOf(1)]).toHaveLength(4)
    expect(screen.queryByRole('button', { name: 'Show older' })).toBeNull()
  })

  it('leaves no hole among its versions when more than a page came meanwhile', async () => {
    const { bridge, store } = await open({ page_items: 1 })
    const [newest] = bridge.versions.get(sidOf(1))!
    const more = [10, 9, 8].map((version) => ({ ...newest!, version, state: 'applied' as const }))
    bridge.versions.set(sidOf(1), [...more, newest!])
    act(() => bridge.send({ type: 'reload' }))
    await settle(80)
    expect(store.getState().versions[sidOf(1)]?.map(({ version }) => version)).toEqual([10, 9, 8, 7])
  })

  it('is read-only for an analyst', async () => {
    await open({ role: 'analyst' })
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Reason' }).disabled).toBe(true)
    expect(screen.queryByRole('button', { name: /Roll back/ })).toBeNull()
  })
})

describe('the call view', () => {
  it('draws both voices, the slow gaps and the failed tool', async () => {
    await open()
    const timeline = screen.getByRole('region', { name: 'Timeline' })
    expect(timeline.querySelector('.wc')?.getAttribute('d')).toMatch(/^M/)
    expect(within(timeline).getByText('12 s').className).toContain('slow')
    expect(within(timeline).getByTitle('release_hold failed')).toBeTruthy()
    expect(within(timeline).getByText('4.2 s')).toBeTruthy()
  })

  it('shows how soon the agent fell silent, once the relay has counted it', async () => {
    const { stop } = await open()
    const figures = () => screen.getByRole('region', { name: 'Timeline' }).querySelector('.tl-side')?.textContent
    expect(figures()).toMatch(/3 cut off0\.3 s p50 stop0\.4 s p95 stop$/)
    stop()
    await open({ at: `#/calls/${sidOf(29)}` })
    expect(figures()).toMatch(/2 cut off$/)
  })

  it('leads to its agent', async () => {
    await open()
    expect(screen.getByRole('link', { name: 'Billing support' }).getAttribute('href')).toBe('#/agents/ag_billing001')
  })

  it('shows what it cost and by which part', async () => {
    await open()
    expect(screen.getByText('Carrier').closest('div')?.textContent).toContain('$0.07')
    expect(screen.getByText(/71% of input cached/)).toBeTruthy()
  })

  it('sets apart what nobody heard and what nobody wrote down, and says so in words', async () => {
    await open({ at: `#/calls/${sidOf(29)}` })
    const log = screen.getByRole('log', { name: 'Transcript' })
    expect(within(log).getByText(/Spoke for 6\.0 s, not transcribed/)).toBeTruthy()
    const none = within(log).getByText(/I can see the kettle here/)
    expect(none.className).toBe('unheard')
    expect(none.closest('.turn')?.className).toContain('none-heard')
    expect(within(log).getByText(/cut off by the caller before a word was heard/)).toBeTruthy()
    expect(within(log).queryByText('(not transcribed)')).toBeNull()
  })

  it('sums up a call that is over', async () => {
    await open({ at: `#/calls/${sidOf(10)}` })
    expect(screen.getByText(/^The card was charged two days early\./)).toBeTruthy()
    expect(within(screen.getByRole('log', { name: 'Transcript' })).getByText(/heard by nobody/)).toBeTruthy()
  })

  it('opens a call that is over, and takes no commands for it', async () => {
    const over = floorCalls(Date.now()).find((call) => call.ended_at !== null)!
    await open({ at: `#/calls/${over.call_sid}` })
    expect(screen.getAllByText('The call is over, so it takes no commands.').length).toBeGreaterThan(0)
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /^End/ }).disabled).toBe(true)
  })

  it('reads a call that is over as soon as the link is back', async () => {
    const { bridge } = await openAt({ at: '#/live', finished: 1 })
    const [over] = finishedCalls(Date.now(), 1)
    const now = new Date().toISOString()
    act(() => bridge.link({ state: 'lost', as_of: now, retry_at: now }))
    act(() => {
      window.location.hash = `#/calls/${over!.call_sid}`
    })
    expect(await screen.findByText('The link to the relay is lost. Nothing was sent.')).toBeTruthy()
    act(() => bridge.link({ state: 'linked', round_trip_ms: null }))
    expect(await screen.findByRole('log', { name: 'Transcript' })).toBeTruthy()
    expect(screen.queryByText('The link to the relay is lost. Nothing was sent.')).toBeNull()
  })

  it('says that a call is not there', async () => {
    await openAt({ at: `#/calls/${sidOf(4_000)}` })
    await waitFor(() => expect(screen.getByText('Acme Corporation has no such call')).toBeTruthy())
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    expect(screen.getByRole('link', { name: 'Show live calls' }).getAttribute('href')).toBe('#/live')
  })

  it('goes back to the wall with Escape', async () => {
    const opened = await openAt()
    await opened.user.keyboard('a{Enter}')
    await settle()
    expect(screen.getByRole('heading', { level: 1 })).toBeTruthy()
    await opened.user.keyboard('{Escape}')
    await settle(80)
    expect(screen.getByRole('grid', { name: 'Calls' })).toBeTruthy()
  })
})
