// Starting, starting again, following a link, and the window's place.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sidOf } from '../support/fake-floor.ts'
import { startFakeRelay } from '../support/fake-relay.ts'
import { consoleArguments, expect, type Shell, startAgain, test } from '../support/shell.ts'

const LINK = `phony://call/${sidOf(12)}`
const hash = (page: Shell['page']) => page.evaluate(() => location.hash)

test('a second start hands over its link and ends; the first goes to the call without loading again', async ({
  launch,
  machine,
  relay,
  folder,
}) => {
  const { app, page } = await launch()
  await page.evaluate(() => Object.assign(window, { still_here: true }))
  expect(await startAgain(machine, [...consoleArguments(relay, folder), LINK])).toBe(0)
  await expect.poll(() => hash(page)).toBe(`#/calls/${sidOf(12)}`)
  expect(await page.evaluate(() => 'still_here' in window)).toBe(true)
  expect(app.windows()).toHaveLength(1)
})

test('a link given at the start waits for the window', async ({ launch }) => {
  const { page } = await launch(LINK)
  expect(await hash(page)).toBe(`#/calls/${sidOf(12)}`)
})

test('a link that names no call brings the window to the front and changes nothing', async ({
  launch,
  machine,
  relay,
  folder,
}) => {
  const { page } = await launch()
  const at = page.url()
  for (const link of ['phony://call/CA12', `phony://hangup/${sidOf(1)}`, 'phony://call/../agents']) {
    expect(await startAgain(machine, [...consoleArguments(relay, folder), link])).toBe(0)
  }
  expect(page.url()).toBe(at)
})

test('started again for another relay while nobody is signed in, it goes there', async ({
  launch,
  machine,
  folder,
}) => {
  const { app } = await launch()
  const other = await startFakeRelay()
  try {
    const next = app.waitForEvent('window')
    expect(await startAgain(machine, consoleArguments(other, folder))).toBe(0)
    await expect((await next).getByText(other.url)).toBeVisible()
    await expect.poll(() => app.windows().length).toBe(1)
  } finally {
    await other.close()
  }
})

test('started again for another relay while signed in, it asks first and stays', async ({
  launch,
  machine,
  folder,
  relay,
}) => {
  const { app, page } = await launch()
  await app.evaluate(({ dialog }) => {
    const asked: string[] = []
    Object.assign(globalThis, { asked })
    dialog.showMessageBox = (async (_window: unknown, { message }: { message: string }) => {
      asked.push(message)
      return { response: 0, checkboxChecked: false }
    }) as unknown as typeof dialog.showMessageBox
  })
  await page.getByRole('button', { name: /Dana Ortiz/ }).click()
  await expect.poll(() => relay.consoles).toBe(1)
  expect(await startAgain(machine, [`--user-data-dir=${folder}`, '--relay=http://127.0.0.1:9'])).toBe(0)
  await expect
    .poll(() => app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked))
    .toEqual(['Go to the relay at http://127.0.0.1:9?'])
  expect(await page.evaluate(() => window.phony?.relay_url)).toBe(relay.url)
})

const bounds = (app: Shell['app']) => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())

test('the window comes back where it was, and never smaller than its layout', async ({ launch }) => {
  const wanted = { x: 90, y: 60, width: 1180, height: 760 }
  const first = await launch()
  await first.app.evaluate(({ BrowserWindow }, to) => {
    BrowserWindow.getAllWindows()[0]?.setBounds(to)
  }, wanted)
  await expect.poll(() => bounds(first.app)).toEqual(wanted)
  await first.app.close()

  const second = await launch()
  expect(await bounds(second.app)).toEqual(wanted)
  expect(await second.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getMinimumSize())).toEqual([
    1024, 700,
  ])
})

test('a window whose display is gone is put on one that is there', async ({ launch, folder }) => {
  const gone = { bounds: { x: 9000, y: 4000, width: 1200, height: 800 }, is_maximized: false }
  await writeFile(join(folder, 'window.json'), JSON.stringify(gone))
  const { app } = await launch()
  const { x = 0, y = 0 } = (await bounds(app)) ?? {}
  expect(x).toBeLessThan(1600)
  expect(y).toBeLessThan(1000)
})

test('a page that dies is loaded again', async ({ launch, relay }) => {
  const { app, page } = await launch()
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer())
  await page.waitForEvent('crash', { timeout: 2_000 }).catch(() => undefined)
  const title = () =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
    )
  await expect.poll(title).toContain(relay.url)
})

test('settings name the relay when nothing else does', async ({ launch, folder }) => {
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ relay_url: 'http://127.0.0.1:9/' }))
  // Not an address, so it is passed over.
  const { page } = await launch('--relay=')
  expect(await page.evaluate(() => window.phony?.relay_url)).toBe('http://127.0.0.1:9')
})
