// The scenes of the console's pictures: where each opens, what the fake relay knows, and what is done before the picture.
import type { Page } from '@playwright/test'
import type { RouteName } from '../../../shared/routes.ts'
import { iso, sidOf } from './fake-floor.ts'

/** Noon in Chicago on a Monday, whenever the pictures are taken. */
export const NOON = Date.parse('2026-11-23T18:03:04Z')

export interface Scene {
  hash: string
  options?: Record<string, unknown>
  act?: (page: Page) => Promise<unknown>
  /** Only at this size, instead of both. */
  size?: readonly [number, number]
  /** The pointer stays where `act` left it, instead of out of the way. */
  keeps_pointer?: true
}

const CALL = `#/calls/${sidOf(1)}`
const manager = { role: 'agent_manager' }
const waits = (...names: RouteName[]) => ({ waits: names })
const refuses = (...names: RouteName[]) => ({ refuses: names })

const pick = (page: Page) => page.locator(`[data-call="${sidOf(1)}"]`).click()
const edit = async (page: Page, text: string) => {
  await page.getByRole('textbox', { name: 'Override of this call, JSON' }).click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}
const loseLink = async (page: Page) => {
  await page.waitForTimeout(300)
  await page.clock.setFixedTime(NOON + 74_000)
  await page.evaluate(([as_of, retry_at]) => window.fake.link({ state: 'lost', as_of, retry_at }), [
    iso(NOON),
    iso(NOON + 78_000),
  ] as const)
}
/** The relay of two calls was killed: the record of the first has its end, that of the second is open. */
const loseRelay = async (page: Page) => {
  await page.evaluate(
    (call_sids) => {
      const end = { ended_at: new Date().toISOString(), outcome: 'failed' as const }
      for (const [index, call_sid] of call_sids.entries()) {
        const call = window.fake.calls.get(call_sid)
        if (!call) continue
        const record = index === 0 ? { ...end, end_reason: 'The relay stopped during the call.' } : {}
        window.fake.calls.set(call_sid, { ...call, ...record, live: null })
      }
      window.fake.send({ type: 'reload' })
    },
    [sidOf(1), sidOf(3)],
  )
  await page.waitForTimeout(300)
}
/** The relays do not reach each other, and every third call is at the other one. */
const partRelays = async (page: Page) => {
  await page.evaluate(() => {
    const others = [...window.fake.calls.values()].filter((call, index) => call.ended_at === null && index % 3 === 0)
    for (const { call_sid } of others) window.fake.apart.add(call_sid)
    window.fake.send({ type: 'reload' })
  })
  await page.waitForTimeout(300)
}
/** Words that came on the socket, so that cards have the line before the newest. */
const hearWords = (page: Page) => page.evaluate(() => window.fakeWords())
const press = (key: string) => (page: Page) => page.keyboard.press(key)
const openTab = (name: string) => async (page: Page) => {
  await pick(page)
  await page.getByRole('tab', { name }).click()
}

/** A refusal, which stays until it is closed. */
const refuseEnd = async (page: Page) => {
  await page.getByRole('button', { name: /^End/ }).click()
  await page.evaluate(() =>
    window.fake.link({ state: 'lost', as_of: new Date().toISOString(), retry_at: new Date().toISOString() }),
  )
  await page.getByRole('button', { name: 'End call' }).click()
  await page.evaluate(() => window.fake.link({ state: 'linked', round_trip_ms: 38 }))
}
const LIVE: Record<string, Scene> = {
  live: { hash: '#/live', act: pick },
  'live-few': {
    hash: '#/live',
    options: { few: true },
    act: async (page) => [await pick(page), await hearWords(page)],
  },
  'live-20': { hash: '#/live', options: { calls: 20 }, act: hearWords },
  'live-200': { hash: '#/live', options: { many: 160, capacity: 200 }, act: pick },
  'live-500': { hash: '#/live', options: { many: 500, capacity: 800 }, act: pick },
  'live-quiet': { hash: '#/live', options: { calls: 0, finished: 12 } },
  'live-link-lost': { hash: '#/live', act: async (page) => [await pick(page), await loseLink(page)] },
  'live-read-only': { hash: '#/live', options: { role: 'analyst' }, act: pick },
  'live-1024': { hash: '#/live', act: pick, size: [1024, 768] },
  'live-853': { hash: '#/live', act: pick, size: [853, 533] },
  'live-640': { hash: '#/live', act: pick, size: [640, 400] },
  'live-told': { hash: '#/live', act: async (page) => [await pick(page), await refuseEnd(page)] },
  'live-listening': { hash: '#/live', act: async (page) => [await pick(page), await page.keyboard.press('l')] },
  'live-context': { hash: '#/live', act: openTab('Context') },
  'live-tools': { hash: '#/live', act: openTab('Tools') },
  'live-ended': { hash: '#/live', act: (page) => page.locator(`[data-call="${sidOf(10)}"]`).click() },
  'live-half-heard': {
    hash: '#/live',
    options: { calls: 30 },
    act: async (page) => [await hearWords(page), await page.locator(`[data-call="${sidOf(29)}"]`).click()],
  },
  'live-filtered': {
    hash: '#/live',
    act: async (page) => [await page.keyboard.press('/'), await page.keyboard.type('refund berlin')],
  },
  'live-lost-calls': {
    hash: '#/live',
    options: { calls: 20 },
    act: async (page) => [await pick(page), await hearWords(page), await loseRelay(page)],
  },
  'live-relays-apart': { hash: '#/live', act: async (page) => [await pick(page), await partRelays(page)] },
  'live-few-relays-apart': {
    hash: '#/live',
    options: { few: true },
    act: async (page) => [await hearWords(page), await partRelays(page)],
  },
  'live-200-relays-apart': {
    hash: '#/live',
    options: { many: 160, capacity: 200 },
    act: async (page) => [await pick(page), await partRelays(page)],
  },
  'live-500-relays-apart': { hash: '#/live', options: { many: 500, capacity: 800 }, act: partRelays },
  'live-853-relays-apart': { hash: '#/live', options: { many: 500, capacity: 800 }, act: partRelays, size: [853, 533] },
  'live-empty': { hash: '#/live', options: { ...manager, nothing: true, calls: 0 } },
  'live-empty-supervisor': { hash: '#/live', options: { nothing: true, calls: 0 } },
  'live-loading': { hash: '#/live', options: waits('listLiveCalls') },
  'live-failed': { hash: '#/live', options: refuses('listLiveCalls') },
  'live-keyboard': { hash: '#/live', act: async (page) => [await pick(page), await page.keyboard.press('ArrowDown')] },
}

const CALLS: Record<string, Scene> = {
  call: { hash: CALL },
  'call-1024': { hash: CALL, size: [1024, 700] },
  'call-853': { hash: CALL, size: [853, 533] },
  'call-640': { hash: CALL, size: [640, 400] },
  'call-told': { hash: CALL, act: refuseEnd },
  'agents-listening': {
    hash: CALL,
    act: async (page) => [await page.keyboard.press('l'), await page.keyboard.press('Control+3')],
  },
  'call-listening': { hash: CALL, act: press('l') },
  'call-half-heard': { hash: `#/calls/${sidOf(29)}` },
  'call-was-escalated': {
    hash: CALL,
    act: async (page) => {
      await page.keyboard.press('l')
      await page.evaluate((call_sid) => {
        const call = window.fake.calls.get(call_sid)
        if (!call) throw new Error('The call is not on.')
        const ended_at = new Date().toISOString()
        const end_reason = 'Dana Ortiz ended the call.'
        const ended = { ...call, outcome: 'transferred' as const, end_reason, ended_at, live: null }
        window.fake.calls.set(call_sid, ended)
        window.fake.hear({ type: 'closed', reason: 'The call is over.' })
        window.fake.say({ event_type: 'call.ended', call_session: ended })
      }, sidOf(1))
    },
  },
  'call-older-versions': { hash: CALL, options: { page_items: 2 } },
  'call-lost': { hash: CALL, act: loseRelay },
  'call-out-of-reach': { hash: `#/calls/${sidOf(3)}`, act: loseRelay },
  'call-relays-apart': { hash: CALL, act: partRelays },
  'call-ended': { hash: `#/calls/${sidOf(10)}` },
  'call-ringing': { hash: `#/calls/${sidOf(39)}` },
  'call-read-only': { hash: CALL, options: { role: 'analyst' } },
  'call-link-lost': { hash: CALL, act: loseLink },
  'call-error': { hash: CALL, act: (page) => edit(page, '{\n  "order_id": "A-20418",\n  "promise": \n}') },
  'call-draft': {
    hash: CALL,
    act: async (page) => {
      await edit(page, '{\n  "order_id": "A-20418",\n  "goodwill_credit_usd": 60\n}')
      await page.getByLabel('Reason').fill('A second repeat')
    },
  },
  'call-long-name': {
    hash: CALL,
    act: async (page) => {
      const name = 'delivery_address_that_the_caller_gave_before_they_were_verified'
      await edit(
        page,
        `{\n  "order_id": "A-20418",\n  "${name}": {\n    "street_and_number": "4711 West Irving Park Road"\n  }\n}`,
      )
      await page.getByLabel('Reason').fill('A new address')
      await page.getByRole('button', { name: /^Apply/ }).click()
    },
  },
  'call-refused': {
    hash: CALL,
    act: async (page) => {
      await edit(page, '{\n  "order_id": "A-20418",\n  "goodwill_credit_usd": 600\n}')
      await page.getByLabel('Reason').fill('All of it back')
      await page.getByRole('button', { name: /^Apply/ }).click()
      await page.waitForTimeout(300)
      await page.evaluate((call_sid) => {
        const version = window.fake.versions.get(call_sid)?.[0]
        if (!version) throw new Error('No version was sent.')
        const refused_reason = 'over the agent’s limit of $40'
        window.fake.say({
          event_type: 'context.updated',
          agent_id: null,
          call_sid,
          context: version.context_data,
          version: { ...version, state: 'refused', refused_reason },
        })
      }, sidOf(1))
    },
  },
  'call-conflict': {
    hash: CALL,
    act: async (page) => {
      await edit(page, '{\n  "order_id": "A-7"\n}')
      await page.evaluate((call_sid) => {
        const version = window.fake.versions.get(call_sid)?.[0]
        if (!version) throw new Error('The call has no version.')
        const theirs = { ...version, version: 8, updated_by: { id: 'us_priya00001', name: 'Priya Raman' } }
        window.fake.say({ event_type: 'context.updated', agent_id: null, call_sid, context: {}, version: theirs })
      }, sidOf(1))
    },
  },
  'call-roll-back': { hash: CALL, act: (page) => page.getByRole('button', { name: /^Roll back/ }).click() },
  'call-end': { hash: CALL, act: (page) => page.getByRole('button', { name: /^End/ }).click() },
  'call-loading': { hash: CALL, options: waits('getCall', 'listLiveCalls') },
  'call-failed': { hash: `#/calls/${sidOf(4_000)}` },
}

const editName = (page: Page) => page.getByLabel('Name', { exact: true }).fill('Billing support, nights')

const AGENTS: Record<string, Scene> = {
  agents: { hash: '#/agents', options: manager },
  'agents-zoomed': { hash: '#/agents', options: manager, size: [853, 533] },
  'agents-640': { hash: '#/agents', options: manager, size: [640, 900] },
  'agent-zoomed': { hash: '#/agents/ag_billing001', options: manager, size: [853, 533], act: editName },
  'agent-640': { hash: '#/agents/ag_billing001', options: manager, size: [640, 900], act: editName },
  'agents-draft': {
    hash: '#/agents/ag_billing001',
    options: manager,
    act: async (page) => [await editName(page), await page.getByRole('link', { name: 'Agents' }).click()],
  },
  'agents-pause': {
    hash: '#/agents',
    options: manager,
    act: (page) => page.getByRole('button', { name: 'Pause Billing support' }).click(),
  },
  'agents-new-draft': {
    hash: '#/agents/new',
    options: { ...manager, agent_limit: 6 },
    act: async (page) => [
      await page.getByLabel('Name', { exact: true }).fill('Night desk'),
      await page.getByRole('link', { name: 'Agents' }).click(),
    ],
  },
  'agent-new-full': { hash: '#/agents/new', options: { ...manager, agent_limit: 6 } },
  'agents-read-only': { hash: '#/agents', options: { role: 'analyst' } },
  'agents-empty': { hash: '#/agents', options: { ...manager, nothing: true, calls: 0 } },
  'agents-loading': { hash: '#/agents', options: { ...manager, ...waits('listAgents') } },
  'agents-failed': { hash: '#/agents', options: { ...manager, ...refuses('listAgents') } },
  'agents-filtered': {
    hash: '#/agents',
    options: manager,
    act: (page) => page.getByLabel('Find an agent').fill('zzz'),
  },
  'agent-editor': {
    hash: '#/agents/ag_billing001',
    options: manager,
    act: async (page) => {
      await page.getByRole('textbox', { name: 'Prompt' }).click()
      await page.keyboard.press('Control+End')
      await page.keyboard.type(' The terms stand at {terms_url}.')
    },
  },
  'agent-changed': {
    hash: '#/agents/ag_billing001',
    options: manager,
    act: async (page) => {
      await page.getByLabel('Longest call, minutes').fill('20')
      await page.getByLabel('What changed').fill('Shorter calls')
    },
  },
  'agent-restore': {
    hash: '#/agents/ag_billing001',
    options: manager,
    act: async (page) => [
      await page.getByRole('button', { name: /^v11/ }).click(),
      await page.getByRole('button', { name: 'Restore v11' }).click(),
    ],
  },
  'agent-errors': {
    hash: '#/agents/new',
    options: manager,
    act: (page) => page.getByRole('button', { name: /Make agent/ }).click(),
  },
  'agent-read-only': { hash: '#/agents/ag_billing001', options: { role: 'analyst' } },
  'agent-delete': {
    hash: '#/agents/ag_billing001',
    options: manager,
    act: (page) => page.getByRole('button', { name: 'Delete' }).click(),
  },
}

const stageThree = async (page: Page) => {
  const assign = async (number: string, agent: string) => {
    await page.getByRole('button', { name: `Assign ${number} to…` }).click()
    await page.getByRole('menuitem', { name: agent }).click()
  }
  await assign('+1 312 555 0164', 'Billing support')
  await assign('+1 312 555 0129', 'Returns desk')
  await assign('+49 30 23125101', 'Unassigned')
}
const NUMBERS: Record<string, Scene> = {
  numbers: {
    hash: '#/numbers',
    options: manager,
    act: async (page) => {
      await stageThree(page)
      await page.getByRole('button', { name: /^\+1 312 555 0161/ }).click()
      await page.getByRole('button', { name: /^\+1 312 555 0162/ }).click()
    },
  },
  'numbers-menu': {
    hash: '#/numbers',
    options: manager,
    act: (page) => page.getByRole('button', { name: 'Assign +1 312 555 0161 to…' }).click(),
  },
  'numbers-applied': {
    hash: '#/numbers',
    options: manager,
    act: async (page) => [await stageThree(page), await page.getByRole('button', { name: /^Apply/ }).click()],
  },
  'numbers-staged-again': {
    hash: '#/numbers',
    options: manager,
    act: async (page) => {
      await stageThree(page)
      await page.getByRole('button', { name: /^Apply/ }).click()
      await page.getByRole('button', { name: 'Assign +1 312 555 0161 to…' }).click()
      await page.getByRole('menuitem', { name: 'Returns desk' }).click()
    },
  },
  'numbers-moved': {
    hash: '#/numbers',
    options: manager,
    act: async (page) => {
      await stageThree(page)
      await page.evaluate(() => {
        const number = window.fake.numbers.get('+13125550164')
        if (number) window.fake.numbers.set(number.phone_number, { ...number, assigned_agent: 'ag_orders0001' })
      })
      await page.getByRole('button', { name: /^Apply/ }).click()
    },
  },
  'numbers-sync': {
    hash: '#/numbers',
    options: manager,
    act: (page) => page.getByRole('button', { name: /^Sync/ }).click(),
  },
  'numbers-dragged': {
    hash: '#/numbers',
    options: manager,
    keeps_pointer: true,
    act: async (page) => {
      const row = page.getByRole('button', { name: /^\+1 312 555 0161/ })
      await row.click()
      await page.getByRole('button', { name: /^\+1 312 555 0162/ }).click()
      await row.hover()
      await page.mouse.down()
      await page.getByRole('region', { name: 'Returns desk' }).hover()
      await page.getByRole('region', { name: 'Returns desk' }).hover({ position: { x: 90, y: 300 } })
    },
  },
  'numbers-zoomed': { hash: '#/numbers', options: manager, size: [853, 533], act: (page) => stageThree(page) },
  'numbers-640': { hash: '#/numbers', options: manager, size: [640, 900], act: (page) => stageThree(page) },
  'numbers-read-only': { hash: '#/numbers' },
  'numbers-empty': { hash: '#/numbers', options: { ...manager, nothing: true, calls: 0 } },
  'numbers-failed': { hash: '#/numbers', options: { ...manager, ...refuses('listNumbers') } },
}

const REST: Record<string, Scene> = {
  analytics: { hash: '#/analytics', options: { ...manager, finished: 50 } },
  'analytics-empty': { hash: '#/analytics', options: { ...manager, nothing: true, calls: 0 } },
  'analytics-table': { hash: '#/analytics', options: { ...manager, finished: 50 }, act: press('t') },
  'analytics-agent': {
    hash: '#/analytics',
    options: { ...manager, finished: 50 },
    act: (page) => page.getByRole('button', { name: 'Returns desk', exact: true }).click(),
  },
  'analytics-1024': {
    hash: '#/analytics',
    options: {
      ...manager,
      finished: 90,
      renamed: 'Kundendienst für Rückfragen zu Rechnungen und Vertragsangelegenheiten Nord',
    },
    size: [1024, 700],
  },
  'analytics-long-name': {
    hash: '#/analytics',
    options: {
      ...manager,
      finished: 90,
      renamed: 'Kundendienst für Rückfragen zu Rechnungen und Vertragsangelegenheiten Nord',
    },
    size: [1280, 800],
  },
  'analytics-zoomed': { hash: '#/analytics', options: { ...manager, finished: 90 }, size: [853, 533] },
  'analytics-640': { hash: '#/analytics', options: { ...manager, finished: 90 }, size: [640, 900] },
  'analytics-unknown-agent': { hash: '#/analytics/7d/agent/ag_nobody0001', options: manager, size: [1280, 800] },
  'analytics-loading': { hash: '#/analytics', options: { ...manager, ...waits('getAnalytics') } },
  'analytics-failed': { hash: '#/analytics', options: { ...manager, ...refuses('getAnalytics') } },
  'sign-in': { hash: '', options: { signed_in: false } },
  'sign-in-refused': {
    hash: '',
    options: { signed_in: false },
    act: async (page) => {
      await page.getByLabel('Email').fill('dana@acme.example')
      await page.getByLabel('Password').fill('not this one')
      await page.getByRole('button', { name: 'Sign in' }).click()
    },
  },
  palette: {
    hash: '#/live',
    act: async (page) => [await page.keyboard.press('Control+k'), await page.keyboard.type('bill')],
  },
  keys: { hash: '#/live', act: press('?') },
  alerts: { hash: '#/live', act: (page) => page.getByRole('button', { name: /^Alerts/ }).click() },
  me: { hash: '#/live', act: (page) => page.getByRole('button', { name: 'Dana Ortiz' }).click() },
  tenants: { hash: '#/live', act: (page) => page.getByRole('button', { name: 'Acme Corporation' }).click() },
  density: { hash: '#/live', act: (page) => page.getByRole('button', { name: /^Density/ }).click() },
}

export const SCENES: Readonly<Record<string, Scene>> = { ...LIVE, ...CALLS, ...AGENTS, ...NUMBERS, ...REST }
