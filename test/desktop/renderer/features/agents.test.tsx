// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../support/fake-answers.ts'
import { sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const open = consoleForTests()
const manager = { role: 'agent_manager' } as const

/** Writes into an editor, at the end of it or instead of all of it. */
async function write(field: string, text: string, instead = false) {
  const box = await screen.findByRole('textbox', { name: field })
  const { EditorView } = await import('@codemirror/view')
  const view = EditorView.findFromDOM(box)
  if (!view) throw new Error(`${field} is no editor.`)
  const { length } = view.state.doc
  act(() => view.dispatch({ changes: { from: instead ? 0 : length, to: length, insert: text } }))
  return view
}

describe('agents', () => {
  it('makes an agent after saying what is missing', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents' })
    await user.click(screen.getByRole('button', { name: 'New agent' }))
    await screen.findByRole('textbox', { name: 'Prompt' })
    await user.click(screen.getByRole('button', { name: /Make agent/ }))
    await settle()
    expect(screen.getByText('Give the agent a name.')).toBeTruthy()
    expect(screen.getByText('Write at least 10 characters.')).toBeTruthy()
    await user.type(screen.getByLabelText('Name'), 'Night desk')
    await user.selectOptions(screen.getByLabelText('Voice'), 'echo')
    const { EditorView } = await import('@codemirror/view')
    const view = EditorView.findFromDOM(screen.getByRole('textbox', { name: 'Prompt' }))
    act(() => view?.dispatch({ changes: { from: 0, insert: 'You answer at night. Be brief.' } }))
    await user.click(screen.getByRole('button', { name: /Make agent/ }))
    await settle(60)
    expect(bridge.asked.find(({ name }) => name === 'createAgent')?.input).toEqual({
      body: {
        name: 'Night desk',
        type: 'inbound',
        voice: 'echo',
        greeting_message: null,
        max_call_duration: 1800,
        system_prompt: 'You answer at night. Be brief.',
        context_data: {},
        phone_numbers: [],
      },
    })
    await waitFor(() => expect(screen.getByRole('heading', { level: 1, name: 'Night desk' })).toBeTruthy())
  })

  it('saves only what changed, with the version it is based on', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    await user.selectOptions(screen.getByLabelText('Type'), 'hybrid')
    await user.type(screen.getByLabelText('What changed'), 'Calls back too')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await settle(60)
    expect(bridge.asked.find(({ name }) => name === 'changeAgent')?.input).toEqual({
      params: { agent_id: 'ag_billing001' },
      body: { type: 'hybrid', expected_version: 12, note: 'Calls back too' },
    })
  })

  it('brings an older version back into the form, and it is saved like any change', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    expect(screen.queryByRole('button', { name: /^Restore/ })).toBeNull()
    await user.click(screen.getByRole('button', { name: /^v11/ }))
    await user.click(screen.getByRole('button', { name: 'Restore v11' }))
    expect(screen.getByLabelText<HTMLTextAreaElement>('Greeting').value).toBe('Hello, this is Acme.')
    expect(screen.getByLabelText<HTMLInputElement>('What changed').value).toBe('Restored from v11')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await settle(60)
    expect(bridge.asked.find(({ name }) => name === 'changeAgent')?.input).toEqual({
      params: { agent_id: 'ag_billing001' },
      body: { greeting_message: 'Hello, this is Acme.', expected_version: 12, note: 'Restored from v11' },
    })
  })

  it('takes a restored version out of the form again', async () => {
    const { user } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    const greeting = screen.getByLabelText<HTMLTextAreaElement>('Greeting')
    await user.type(greeting, ' Say more.')
    const written = greeting.value
    await user.click(screen.getByRole('button', { name: /^v10/ }))
    await user.click(screen.getByRole('button', { name: 'Restore v10' }))
    expect(greeting.value).toBe('Hello, this is Acme.')
    const toast = (await screen.findByText('v10 is in the form')).closest<HTMLElement>('.toast')
    await user.click(within(toast as HTMLElement).getByRole('button', { name: 'Undo' }))
    expect(greeting.value).toBe(written)
  })

  it('says which field the relay refuses', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    bridge.refuse(
      'changeAgent',
      problemOf('BODY_INVALID', 'A field is wrong.', {
        errors: [{ pointer: '/name', detail: 'The name is taken.' }],
      }),
    )
    await user.type(screen.getByLabelText('Name'), ' 2')
    await user.click(screen.getByRole('button', { name: /Save/ }))
    await settle(60)
    expect(screen.getByText('The name is taken.')).toBeTruthy()
  })

  it('pauses an agent after saying which numbers it leaves, and resumes it at once', async () => {
    const { user, bridge, store } = await open({ ...manager, at: '#/agents' })
    const asked = () => bridge.asked.filter(({ name }) => name === 'changeAgent').map(({ input }) => input)
    const numbers = Object.values(store.getState().numbers).filter((one) => one.assigned_agent === 'ag_billing001')
    await user.click(screen.getByRole('button', { name: 'Pause Billing support' }))
    const dialog = screen.getByRole('dialog', { name: 'Pause Billing support?' })
    expect(within(dialog).getByText(new RegExp(`^Callers of ${numbers.length} numbers are refused`))).toBeTruthy()
    expect(within(dialog).getByText(/\d+ calls go on to the end\.$/)).toBeTruthy()
    expect(within(dialog).getByText('+1 312 555 0101')).toBeTruthy()
    await user.click(within(dialog).getByRole('button', { name: 'Keep it live' }))
    expect(asked()).toEqual([])
    await user.click(screen.getByRole('button', { name: 'Pause Billing support' }))
    await user.click(screen.getByRole('button', { name: 'Pause agent' }))
    await settle()
    expect(asked()).toMatchObject([{ body: { is_active: false } }])
    expect(within(screen.getByRole('article', { name: 'Billing support' })).getByText('Paused')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Resume Billing support' }))
    await settle()
    expect(asked()).toMatchObject([{ body: { is_active: false } }, { body: { is_active: true } }])
  })

  it('says before a form is filled in that the tenant may have no more, and what to do', async () => {
    const { store } = await open({ ...manager, at: '#/agents' })
    const tenant = store.getState().tenant!
    const made = Object.keys(store.getState().agents).length
    act(() => store.setState({ tenant: { ...tenant, limits: { ...tenant.limits, agents: made } } }))
    const words = new RegExp(`as many agents as it may: ${made} agents`)
    expect(screen.getByText(words)).toBeTruthy()
    expect(screen.getByText(/raise the tenant’s limit/)).toBeTruthy()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'New agent' }).disabled).toBe(true)
    act(() => window.location.assign('#/agents/new'))
    expect(await screen.findByText(words)).toBeTruthy()
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /Make agent/ }).disabled).toBe(true)
  })

  it('deletes an agent after asking', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents/ag_delivery01' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    await user.click(screen.getByRole('button', { name: 'Delete' }))
    await user.click(screen.getByRole('button', { name: 'Delete agent' }))
    await settle(60)
    expect(bridge.asked.some(({ name }) => name === 'deleteAgent')).toBe(true)
    expect(screen.queryByRole('article', { name: 'Delivery follow-up' })).toBeNull()
  })

  it('say what is wrong with them now', async () => {
    await open({ ...manager, at: '#/agents' })
    const fault = within(screen.getByRole('article', { name: 'Order status' })).getByText(/^Tool failing on 12 calls/)
    expect(fault.closest('.ag-fault')?.className).toContain('bad')
    expect(within(screen.getByRole('article', { name: 'Billing support' })).getByText(/^Last call/)).toBeTruthy()
  })

  it('claim no count before they were read', async () => {
    await open({ ...manager, at: '#/agents', refuses: ['listAgents'] })
    expect(screen.getByText('Agents could not be read')).toBeTruthy()
    expect(screen.queryByText(/of 10/)).toBeNull()
    expect(screen.getByRole('button', { name: 'Live' })).toBeTruthy()
  })

  it('are not saved with a placeholder that no context has, until it is given a place there', async () => {
    const { user, bridge } = await open({ ...manager, at: '#/agents/ag_billing001' })
    await write('Prompt', ' Mention {terms_url}.')
    expect(document.querySelector('.phv.bad')?.textContent).toBe('{terms_url}')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await settle(60)
    expect(screen.getByRole('alert').textContent).toMatch(/Not saved: \{terms_url\} is in no context/)
    expect(bridge.asked.some(({ name }) => name === 'changeAgent')).toBe(false)
    await user.click(screen.getByRole('button', { name: 'Add to context' }))
    expect(screen.queryByText(/is in no context/)).toBeNull()
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await settle(60)
    expect(bridge.asked.find(({ name }) => name === 'changeAgent')?.input).toMatchObject({
      body: { context_data: { refund_limit_usd: 25, promise: '', terms_url: '' } },
    })
  })

  it('show a placeholder of the tenant’s own as an example', async () => {
    await open({ ...manager, at: '#/agents/new' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    expect(screen.getByText(/Names in braces, such as \{company_name\}, are filled/)).toBeTruthy()
  })

  it('are saved with Ctrl+Enter from within the prompt and the context, and no line is added', async () => {
    for (const [field, added] of [
      ['Prompt', ' Be kind.'],
      ['Agent’s context, JSON', ' '],
    ] as const) {
      const { bridge, stop } = await open({ ...manager, at: '#/agents/ag_billing001' })
      const view = await write('Prompt', added)
      const at = field === 'Prompt' ? view : await write(field, added)
      const before = at.state.doc.toString()
      fireEvent.keyDown(at.contentDOM, { key: 'Enter', ctrlKey: true })
      await settle(60)
      expect(at.state.doc.lines).toBe(before.split('\n').length)
      expect(bridge.asked.filter(({ name }) => name === 'changeAgent')).toHaveLength(1)
      stop()
    }
  })

  it('name the place of a fault in the context', async () => {
    const { user } = await open({ ...manager, at: '#/agents/new' })
    await write('Agent’s context, JSON', '{ "escalation_rules": { "keywords": "human" } }', true)
    expect(screen.getByText('Line 1: escalation_rules.keywords: Write a list of words.')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: /Make agent/ }))
    await settle()
    expect(screen.getByText(/escalation_rules.keywords/).getAttribute('role')).toBe('alert')
  })

  it('say that a save has no answer yet, and what is saved', async () => {
    const { user } = await open({ ...manager, at: '#/agents/ag_billing001', waits: ['changeAgent'] })
    await user.type(await screen.findByLabelText('Name'), ' 2')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    expect(screen.queryByText(/no answer yet/)).toBeNull()
    expect(await screen.findByText('Saving v13…, no answer yet')).toBeTruthy()
  })

  it('show their versions beyond the first page, and keep them when one is saved', async () => {
    const { user } = await open({ ...manager, at: '#/agents/ag_billing001', page_items: 2 })
    const list = await screen.findByRole('region', { name: 'Versions' })
    const shown = () =>
      within(list)
        .getAllByRole('button', { name: /^v\d+/ })
        .map((item) => item.querySelector('b')!.textContent)
    await waitFor(() => expect(shown()).toEqual(['v12', 'v11']))
    await user.click(within(list).getByRole('button', { name: 'Show older' }))
    await waitFor(() => expect(shown()).toEqual(['v12', 'v11', 'v10', 'v9']))
    await user.selectOptions(screen.getByLabelText('Type'), 'hybrid')
    await user.click(screen.getByRole('button', { name: /Save v13/ }))
    await waitFor(() => expect(shown()).toEqual(['v13', 'v12', 'v11', 'v10', 'v9']))
  })

  it('read their versions again when the link is back', async () => {
    const { bridge } = await open({ ...manager, at: '#/agents' })
    bridge.link({ state: 'lost', as_of: new Date().toISOString(), retry_at: new Date().toISOString() })
    act(() => {
      window.location.hash = '#/agents/ag_billing001'
    })
    expect(await screen.findByText('Versions could not be read')).toBeTruthy()
    act(() => bridge.link({ state: 'linked', round_trip_ms: null }))
    expect(await screen.findByRole('button', { name: /^v12/ })).toBeTruthy()
    expect(screen.queryByText('Versions could not be read')).toBeNull()
  })

  it('read their figures when they are opened, and again after a call ended', async () => {
    const { bridge } = await open({ ...manager, at: '#/agents' })
    const reads = () => bridge.asked.filter(({ name }) => name === 'listAgents').length
    const at_first = reads()
    expect(at_first).toBe(2)
    const call = bridge.calls.get(sidOf(1))!
    act(() => bridge.say({ event_type: 'call.ended', call_session: { ...call, ended_at: new Date().toISOString() } }))
    await waitFor(() => expect(reads()).toBe(at_first + 1), { timeout: 8_000 })
    expect(within(screen.getByRole('article', { name: 'Billing support' })).getByText('Calls, total')).toBeTruthy()
  })

  it('offer no numbers to who may not assign them', async () => {
    await open({ role: 'analyst', at: '#/agents/ag_billing001' })
    await screen.findByRole('textbox', { name: 'Prompt' })
    expect(screen.queryByRole('link', { name: 'Assign numbers' })).toBeNull()
  })

  it('are read-only for an analyst', async () => {
    await open({ role: 'analyst', at: '#/agents' })
    expect(screen.queryByRole('button', { name: 'New agent' })).toBeNull()
    expect(screen.getByText('You can read agents.')).toBeTruthy()
    expect(screen.queryByRole('button', { name: /^Pause / })).toBeNull()
  })
})
