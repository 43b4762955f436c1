// What the page can reach: its own files and the Bridge.
import { join } from 'node:path'
import { expect, ROOT, test } from '../support/shell.ts'

test('the first window shows the sign-in of the relay it was started with', async ({ launch, relay }) => {
  const { page } = await launch()
  await expect(page.getByText(relay.url)).toBeVisible()
  await expect(page.getByText('Reached')).toBeVisible()
  await expect(page.getByRole('button', { name: /Dana Ortiz/ })).toBeVisible()
  await page.screenshot({ path: join(ROOT, 'test-results', 'first-window.png') })
})

test('the page has no Node, and of Electron only the Bridge', async ({ launch, relay }) => {
  const { app, page } = await launch()
  const seen = await page.evaluate(() => ({
    node: ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer'].filter(
      (name) => name in window,
    ),
    bridge: Object.keys(window.phony ?? {}).sort(),
    shell: window.phony?.shell,
    relay_url: window.phony?.relay_url,
    is_secure: isSecureContext,
    origin: location.origin,
  }))
  expect(seen).toEqual({
    node: [],
    bridge: ['listen', 'relay_url', 'request', 'restore', 'shell', 'signIn', 'signOut', 'subscribe', 'switchTenant'],
    shell: 'electron',
    relay_url: relay.url,
    is_secure: true,
    origin: 'app://console',
  })
  const given = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      backgroundThrottling: boolean
      getLastWebPreferences(): Record<string, unknown>
    }
    return { ...contents.getLastWebPreferences(), backgroundThrottling: contents.backgroundThrottling }
  })
  expect(given).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    backgroundThrottling: false,
  })
})

test('the policy refuses eval, inline scripts, and connections to anywhere, the relay included', async ({
  launch,
  relay,
}) => {
  const { page } = await launch()
  // Playwright's own evaluate may use eval, so the page does it by itself, a moment later.
  const seen = await page.evaluate(async (url) => {
    const later = <T>(run: () => T) => new Promise<T>((done) => setTimeout(() => done(run()), 0))
    const evaluated = await later(() => {
      try {
        return new Function('return "it ran"')()
      } catch (error) {
        return (error as Error).name
      }
    })
    const script = document.createElement('script')
    script.textContent = 'window.inline_ran = true'
    document.body.append(script)
    const fetched = await fetch(`${url}/api/setup`).then(
      () => 'it answered',
      () => 'refused',
    )
    return { evaluated, inline: 'inline_ran' in window, fetched }
  }, relay.url)
  expect(seen).toEqual({ evaluated: 'EvalError', inline: false, fetched: 'refused' })
})

test('the scheme serves the built page and nothing outside its folder', async ({ launch }) => {
  const { page } = await launch()
  const read = (path: string) =>
    page.evaluate(
      (url) =>
        fetch(url).then(
          (answer) => answer.status,
          () => 0,
        ),
      path,
    )
  expect(await read('app://console/mark.svg')).toBe(200)
  for (const path of [
    '..%2fmain%2findex.cjs',
    '%2e%2e/main/index.cjs',
    '..%5cmain%5cindex.cjs',
    '%2fetc%2fpasswd',
    'assets',
    '%',
  ]) {
    expect(await read(`app://console/${path}`), path).toBe(404)
  }
  // Chromium refuses this one before it is asked for.
  expect(await read('app://console/index.html%00.svg')).toBe(0)
  expect(await read('app://other/index.html')).toBe(0)
  expect(await read(`file://${join(ROOT, 'package.json')}`)).toBe(0)
})

test('no violation of the policy happens by itself', async ({ launch }) => {
  const { page } = await launch()
  const said: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') said.push(message.text())
  })
  await page.getByRole('button', { name: /Dana Ortiz/ }).click()
  await expect(page.getByRole('navigation')).toBeVisible()
  await page.waitForTimeout(300)
  expect(said).toEqual([])
})
