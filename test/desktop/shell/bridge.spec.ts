// The Bridge between page and relay, as the main process serves it: to whom, what, and in which order.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { LinkMessage } from '../../../shared/bridge.ts'
import { sidOf } from '../support/fake-floor.ts'
import { DANA_SIGN_IN, type FakeRelay } from '../support/fake-relay.ts'
import { expect, ROOT, test } from '../support/shell.ts'

declare global {
  interface Window {
    heard: LinkMessage[]
    pieces: { speaker: string; at_ms: number; bytes: number[]; is_bytes: boolean }[]
    stopListening: () => void
  }
}

const signIn = (page: Page) => page.evaluate((input) => window.phony?.signIn(input), DANA_SIGN_IN)
const record = (page: Page) =>
  page.evaluate(() => {
    window.heard = []
    window.phony?.subscribe((message) => window.heard.push(message))
  })
const links = (page: Page) =>
  page.evaluate(() => window.heard.flatMap((message) => (message.type === 'link' ? [message.link.state] : [])))
const seqs = (page: Page) =>
  page.evaluate(() =>
    window.heard.flatMap((message) => (message.type === 'events' ? message.events.map(({ seq }) => seq) : [])),
  )
const isLinked = (page: Page) => expect.poll(async () => (await links(page)).at(-1)).toBe('linked')
const say = (relay: FakeRelay, count: number) =>
  relay.say(
    ...Array.from({ length: count }, () => ({
      event_type: 'agent.deleted' as const,
      agent_id: 'ag_gone000001',
    })),
  )

test('signing in works through the Bridge, and no token or ticket ever reaches the page', async ({ launch, relay }) => {
  const { app, page } = await launch()
  await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    const sent: string[] = []
    Object.assign(globalThis, { sent })
    const send = contents?.send.bind(contents)
    if (!contents || !send) return
    contents.send = (channel, ...args) => {
      sent.push(JSON.stringify(args))
      send(channel, ...args)
    }
  })
  await record(page)
  const reply = await signIn(page)
  expect(reply).toMatchObject({ ok: true, value: { user: { name: 'Dana Ortiz' } } })
  await isLinked(page)
  say(relay, 3)
  await expect.poll(() => seqs(page)).toHaveLength(3)

  const in_page = await page.evaluate(
    (answer) =>
      JSON.stringify([
        answer,
        window.heard,
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        document.body.innerHTML,
      ]),
    reply,
  )
  const sent = await app.evaluate(() => (globalThis as unknown as { sent: string[] }).sent.join('\n'))
  expect(relay.secrets.length).toBeGreaterThanOrEqual(3)
  for (const secret of relay.secrets) {
    expect(in_page).not.toContain(secret)
    expect(sent).not.toContain(secret)
  }
})

test('a wrong password is answered in words, field and all', async ({ launch }) => {
  const { page } = await launch()
  const reply = await page.evaluate(() => window.phony?.signIn({ email: 'dana@acme.example', password: 'wrong' }))
  expect(reply).toMatchObject({ ok: false, problem: { code: 'SIGN_IN_REFUSED', status: 401 } })
})

test('routes whose answers are tokens are not for the page', async ({ launch, relay }) => {
  const { page } = await launch()
  await signIn(page)
  const before = relay.asked.length
  const replies = await page.evaluate(async (input) => {
    const ask = (name: string, body?: unknown) =>
      window.phony?.request(name as 'login', (body ? { body } : {}) as never)
    return Promise.all([
      ask('login', input),
      ask('refresh', { refresh_token: 'x' }),
      ask('logout', { refresh_token: 'x' }),
      ask('switchTenant', { tenant_id: 'tn_beta000001', refresh_token: 'x' }),
      ask('createTicket'),
    ])
  }, DANA_SIGN_IN)
  for (const reply of replies) expect(reply).toMatchObject({ ok: false, problem: { code: 'BODY_INVALID' } })
  expect(relay.asked.slice(before).filter((name) => name !== 'getSetup')).toEqual(
    expect.not.arrayContaining(['login', 'refresh', 'logout', 'switchTenant', 'createTicket']),
  )
})

test('malformed arguments are refused before the relay is asked, and name the field', async ({ launch, relay }) => {
  const { page } = await launch()
  await signIn(page)
  const replies = await page.evaluate(async () => {
    const phony = window.phony as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    return Promise.all([
      phony.request?.('getCall', { params: { call_sid: '../../admin' } }),
      phony.request?.('getCall', { params: { call_sid: 'CA'.padEnd(34, '0'), also: 1 } }),
      phony.request?.('getCall', {}),
      phony.request?.('getTenant', { body: { a: 1 } }),
      phony.request?.('noSuchRoute', {}),
      phony.request?.('__proto__', {}),
      phony.signIn?.({ email: 'dana@acme.example' }),
      phony.signIn?.('dana'),
      phony.switchTenant?.({ $ne: null }),
    ])
  })
  for (const reply of replies)
    expect(reply).toMatchObject({ ok: false, problem: { code: 'BODY_INVALID', status: 422 } })
  expect(replies[0]).toMatchObject({ problem: { errors: [{ pointer: '/params/call_sid' }] } })
  expect(relay.asked).not.toContain('getCall')
})

test('a window, a page or a frame that is not the console gets no answer', async ({ launch, relay }) => {
  const { app, page } = await launch()
  await signIn(page)
  const before = relay.asked.filter((name) => name === 'getTenant').length
  const asked = await app.evaluate(
    async ({ BrowserWindow }, preload) => {
      const ask = async (url: string) => {
        const stranger = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
        await stranger.loadURL(url)
        const answer: string = await stranger.webContents.executeJavaScript(
          `phony.request('getTenant', {}).then((reply) => JSON.stringify(reply), (error) => 'refused: ' + error.message)`,
        )
        stranger.destroy()
        return answer
      }
      return [await ask('data:text/html,<p>a stranger'), await ask('app://console/')]
    },
    join(ROOT, 'out', 'preload', 'index.cjs'),
  )
  for (const answer of asked) expect(answer).toMatch(/^refused: /)

  // Our own window, taken to a strange page from outside the page: its preload is there, its origin is not.
  const taken = await app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    await contents?.loadURL('data:text/html,<p>a stranger')
    return contents?.executeJavaScript(
      `phony.request('getTenant', {}).then((reply) => JSON.stringify(reply), (error) => 'refused: ' + error.message)`,
    ) as Promise<string>
  })
  expect(taken).toMatch(/^refused: .*Only the console may ask/)
  expect(relay.asked.filter((name) => name === 'getTenant')).toHaveLength(before)
})

test('5,000 events arrive complete and in order, and those missed while the link was lost follow', async ({
  launch,
  relay,
}) => {
  const { page } = await launch()
  await record(page)
  await signIn(page)
  await isLinked(page)
  for (let round = 0; round < 50; round += 1) {
    say(relay, 100)
    await new Promise((next) => setImmediate(next))
  }
  await expect.poll(async () => (await seqs(page)).length).toBe(5_000)

  relay.dropSockets()
  await expect.poll(async () => (await links(page)).includes('lost')).toBe(true)
  say(relay, 20)
  await expect.poll(async () => (await seqs(page)).length).toBe(5_020)
  const numbers = await seqs(page)
  expect(numbers).toEqual(Array.from({ length: 5_020 }, (_, index) => (numbers[0] ?? 0) + index))
  // Many events, few messages: those of one frame come together.
  expect(await page.evaluate(() => window.heard.length)).toBeLessThan(1_000)
})

test('while the link is lost a request is refused at once, and restoring tries again', async ({ launch, relay }) => {
  const { page } = await launch()
  await record(page)
  await signIn(page)
  await isLinked(page)
  const { url } = relay
  await relay.close()
  await expect.poll(async () => (await links(page)).at(-1)).toBe('lost')
  const reply = await page.evaluate(() => window.phony?.request('getTenant', {}))
  expect(reply).toMatchObject({ ok: false, problem: { status: 0 } })
  expect(url).toContain('127.0.0.1')
})

test('audio of a call arrives as bytes, until it is stopped', async ({ launch, relay }) => {
  const { page } = await launch()
  await record(page)
  await signIn(page)
  await isLinked(page)
  await page.evaluate((call_sid) => {
    window.pieces = []
    window.stopListening =
      window.phony?.listen(call_sid, (message) => {
        if (message.type !== 'audio') return
        const { speaker, at_ms, mulaw } = message.piece
        window.pieces.push({ speaker, at_ms, bytes: [...mulaw], is_bytes: mulaw instanceof Uint8Array })
      }) ?? (() => undefined)
  }, sidOf(1))
  await expect
    .poll(async () => {
      relay.hear(1, 2400, Uint8Array.of(0xff, 0x7f, 0))
      return page.evaluate(() => window.pieces[0])
    })
    .toEqual({ speaker: 'agent', at_ms: 2400, bytes: [0xff, 0x7f, 0], is_bytes: true })
  await page.evaluate(() => window.stopListening())
  await page.waitForTimeout(150)
  const heard = await page.evaluate(() => window.pieces.length)
  relay.hear(0, 2500, Uint8Array.of(1))
  await page.waitForTimeout(150)
  expect(await page.evaluate(() => window.pieces.length)).toBe(heard)
})

test('after sleep the link begins anew', async ({ launch, relay, folder }) => {
  void folder
  const { app, page } = await launch()
  await record(page)
  await signIn(page)
  await isLinked(page)
  await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'))
  await expect.poll(async () => (await links(page)).includes('lost')).toBe(true)
  await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'))
  await isLinked(page)
  expect(relay.consoles).toBe(1)
})

test('a page that is loaded again leaves no subscription behind', async ({ launch, relay }) => {
  const { app, page } = await launch()
  await record(page)
  await signIn(page)
  await isLinked(page)
  await page.evaluate((call_sid) => void window.phony?.listen(call_sid, () => undefined), sidOf(1))
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.reload())
  await page.waitForFunction(() => window.phony !== undefined && !('heard' in window))
  await record(page)
  await isLinked(page)
  say(relay, 2)
  await expect.poll(() => seqs(page)).toHaveLength(2)
  expect(relay.consoles).toBe(1)
})
