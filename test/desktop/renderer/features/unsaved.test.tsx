// @vitest-environment happy-dom
// What was typed is not lost: an override half written outlives its screen, and leaving the page asks.
import { EditorView } from '@codemirror/view'
import { act, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { iso, sidOf } from '../../support/fake-floor.ts'
import { consoleForTests, settle } from '../../support/render-console.tsx'

const AT = `#/calls/${sidOf(1)}`
/** A call without an override. */
const PLAIN = sidOf(2)
const openAt = consoleForTests()

const NAME = { name: 'Override of this call, JSON' }
async function open(at = AT) {
  const opened = await openAt({ at })
  await screen.findByRole('textbox', NAME)
  return opened
}
const editor = () => EditorView.findFromDOM(screen.getByRole('textbox', NAME))!
const write = (text: string) =>
  act(() => editor().dispatch({ changes: { from: 0, to: editor().state.doc.length, insert: text } }))
const written = () => editor().state.doc.toString()
async function goTo(hash: string) {
  act(() => {
    window.location.hash = hash
  })
  await settle(80)
  if (hash.startsWith('#/calls/')) await screen.findByRole('textbox', NAME)
}
const asksBeforeLeaving = () => {
  const leaving = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(leaving)
  return leaving.defaultPrevented
}

describe('an override that is half written', () => {
  it('is there again after a look at the wall and at another call', async () => {
    const { user } = await open()
    write('{ "order_id": "A-7" ')
    await user.type(screen.getByLabelText('Reason'), 'Agreed')
    await user.click(screen.getByLabelText(/^The agent speaks at once/))
    await goTo('#/live')
    await goTo(`#/calls/${PLAIN}`)
    expect(written()).toBe('{}')
    await goTo(AT)
    expect(written()).toBe('{ "order_id": "A-7" ')
    expect(screen.getByLabelText<HTMLInputElement>('Reason').value).toBe('Agreed')
    expect(screen.getByLabelText<HTMLInputElement>(/^The agent speaks at once/).checked).toBe(true)
  })

  it('says so when the call moved on meanwhile', async () => {
    const { bridge } = await open()
    write('{ "order_id": "A-7" }')
    await goTo('#/live')
    const newest = bridge.versions.get(sidOf(1))![0]!
    const theirs = { ...newest, version: 8, updated_by: { id: 'us_priya00001', name: 'Priya Raman' } }
    bridge.versions.set(sidOf(1), [theirs, newest])
    act(() =>
      bridge.say({ event_type: 'context.updated', agent_id: null, call_sid: sidOf(1), context: {}, version: theirs }),
    )
    await goTo(AT)
    expect(screen.getByText('Priya Raman set v8 while you edited v7.')).toBeTruthy()
    expect(JSON.parse(written())).toEqual({ order_id: 'A-7' })
  })

  it('is asked about before the page is left, on whichever screen one is', async () => {
    await open()
    expect(asksBeforeLeaving()).toBe(false)
    write('{ "order_id": "A-7" }')
    expect(asksBeforeLeaving()).toBe(true)
    await goTo('#/live')
    expect(asksBeforeLeaving()).toBe(true)
  })

  it('is forgotten when it is applied, and when it is discarded', async () => {
    const { user, store } = await open()
    write('{ "order_id": "A-7" }')
    await user.click(screen.getByRole('button', { name: 'Discard' }))
    expect(written()).toContain('A-20418')
    expect(asksBeforeLeaving()).toBe(false)
    write('{ "order_id": "A-8" }')
    await user.click(screen.getByRole('button', { name: 'Apply' }))
    await settle()
    expect(store.getState().overrides).toEqual({})
    expect(asksBeforeLeaving()).toBe(false)
  })

  it('is forgotten when the call ends, and when one signs out', async () => {
    const { bridge, store, user } = await open()
    write('{ "order_id": "A-7" }')
    await goTo('#/live')
    const call = bridge.calls.get(sidOf(1))!
    act(() =>
      bridge.say({ event_type: 'call.ended', call_session: { ...call, ended_at: iso(Date.now()), live: null } }),
    )
    await settle()
    expect(store.getState().overrides).toEqual({})
    await goTo(`#/calls/${PLAIN}`)
    write('{ "promise": "today" }')
    expect(Object.keys(store.getState().overrides)).toHaveLength(1)
    await user.click(screen.getByRole('button', { name: 'Dana Ortiz' }))
    await user.click(screen.getByRole('menuitem', { name: 'Sign out' }))
    await user.click(screen.getByRole('button', { name: 'Sign out' }))
    await settle()
    expect(store.getState().overrides).toEqual({})
    expect(asksBeforeLeaving()).toBe(false)
    expect(screen.queryByText(/Your sign-in has ended/)).toBeNull()
  })

  it('waits for the same person when the relay ends the sign-in, and the page says so', async () => {
    const { bridge, user } = await open()
    write('{ "order_id": "A-7" }')
    act(() => bridge.link({ state: 'signed_out' }))
    await settle()
    expect(screen.getByText(/Your sign-in has ended/).textContent).toContain(
      'Your sign-in has ended. 1 draft of yours is kept: sign in again as Dana Ortiz to go on.',
    )
    expect(asksBeforeLeaving()).toBe(true)
    await user.click(screen.getByRole('button', { name: /Dana Ortiz/ }))
    await screen.findByRole('textbox', NAME)
    expect(JSON.parse(written())).toEqual({ order_id: 'A-7' })
  })

  it('is not dropped by an Enter that comes after the end of the sign-in', async () => {
    const { bridge, store, user } = await openAt({ role: 'agent_manager', at: '#/agents/ag_billing001' })
    await user.type(await screen.findByLabelText('Name'), ', nights')
    act(() => bridge.link({ state: 'signed_out' }))
    await user.keyboard('{Enter}')
    await settle()
    expect(store.getState().session).toMatchObject({ me: { user: { name: 'Priya Raman' } } })
    expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('Billing support, nights')
  })

  it('is not shown to somebody else who signs in after that', async () => {
    const { bridge, store, user } = await open()
    write('{ "order_id": "A-7" }')
    act(() => bridge.link({ state: 'signed_out' }))
    await user.click(screen.getByRole('button', { name: /Priya Raman/ }))
    await settle()
    expect(store.getState().overrides).toEqual({})
    expect(asksBeforeLeaving()).toBe(false)
  })
})

describe('one’s own change', () => {
  it('is no conflict when its event comes before its answer', async () => {
    const { bridge, user } = await open(`#/calls/${PLAIN}`)
    const newest = bridge.versions.get(sidOf(1))![0]!
    const answer = bridge.request
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => {
      release = done
    })
    const mine = { ...newest, call_sid: PLAIN, version: 1, context_data: { promise: 'today' } }
    bridge.request = (async (name: never, input: never) => {
      if (name !== 'overrideContext') return answer.call(bridge, name, input)
      await held
      return { ok: true, value: mine }
    }) as typeof bridge.request
    write('{ "promise": "today" }')
    await user.click(screen.getByRole('button', { name: 'Apply' }))
    act(() =>
      bridge.say({ event_type: 'context.updated', agent_id: null, call_sid: PLAIN, context: {}, version: mine }),
    )
    await settle()
    expect(screen.queryByText(/meanwhile|while you edited/)).toBeNull()
    expect(screen.queryByRole('button', { name: 'Merge' })).toBeNull()
    await act(async () => release())
    await settle()
    expect(screen.queryByText(/meanwhile|while you edited/)).toBeNull()
    expect(JSON.parse(written())).toEqual({ promise: 'today' })
  })

  it('never speaks of a version 0', async () => {
    const { bridge } = await open(`#/calls/${PLAIN}`)
    const newest = bridge.versions.get(sidOf(1))![0]!
    const theirs = {
      ...newest,
      call_sid: PLAIN,
      version: 1,
      updated_by: { id: 'us_priya00001', name: 'Priya Raman' },
    }
    write('{ "promise": "today" }')
    act(() =>
      bridge.say({ event_type: 'context.updated', agent_id: null, call_sid: PLAIN, context: {}, version: theirs }),
    )
    await settle()
    expect(screen.getByText('Priya Raman set v1 meanwhile. There was no override when you began.')).toBeTruthy()
  })
})
