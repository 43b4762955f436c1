// Ways out of the page: navigation, windows, links, permissions.
import type { ElectronApplication } from '@playwright/test'
import { expect, test } from '../support/shell.ts'

/** Puts a recorder where the system's browser would be started. */
async function recordOpened(app: ElectronApplication): Promise<() => Promise<string[]>> {
  await app.evaluate(({ shell }) => {
    const opened: string[] = []
    Object.assign(globalThis, { opened })
    shell.openExternal = async (url) => void opened.push(url)
  })
  return () => app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)
}

test('the window goes nowhere; an https link opens in the system browser, other schemes do not', async ({ launch }) => {
  const { app, page } = await launch()
  const opened = await recordOpened(app)
  const at = page.url()
  for (const url of ['https://example.com/a', 'http://example.com/b', 'file:///etc/passwd']) {
    await page.evaluate((to) => {
      const link = document.createElement('a')
      link.href = to
      link.textContent = 'out'
      document.body.append(link)
      link.click()
      link.remove()
    }, url)
  }
  await expect.poll(opened).toEqual(['https://example.com/a'])
  await page.evaluate(() => {
    location.href = 'http://example.com/c'
  })
  await page.waitForTimeout(200)
  expect(page.url()).toBe(at)
  expect(await page.evaluate(() => document.title)).toBe('Phony')
  expect(await opened()).toEqual(['https://example.com/a'])
})

test('the page opens no windows', async ({ launch }) => {
  const { app, page } = await launch()
  const opened = await recordOpened(app)
  const results = await page.evaluate(() =>
    ['https://example.com/w', 'app://console/', 'about:blank', 'smb://host/share'].map((url) => window.open(url)),
  )
  expect(results).toEqual([null, null, null, null])
  await expect.poll(opened).toEqual(['https://example.com/w'])
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
})

test('the page may notify and copy, and may not see, hear or locate', async ({ launch }) => {
  // A microphone to be refused: without one, Chromium says that there is none.
  const { page } = await launch('--use-fake-device-for-media-stream')
  const seen = await page.evaluate(async () => {
    const state = (name: string) =>
      navigator.permissions.query({ name: name as PermissionName }).then((found) => found.state)
    const refused = (asked: Promise<unknown>) =>
      asked.then(
        () => 'allowed',
        (error: Error) => error.name,
      )
    return {
      notifications: await Notification.requestPermission(),
      read_clipboard: await refused(navigator.clipboard.readText()),
      microphone: await refused(navigator.mediaDevices.getUserMedia({ audio: true })),
      geolocation: await state('geolocation'),
      camera: await state('camera'),
    }
  })
  expect(seen).toEqual({
    notifications: 'granted',
    read_clipboard: 'NotAllowedError',
    microphone: 'NotAllowedError',
    geolocation: 'denied',
    camera: 'denied',
  })
  await page.bringToFront()
  await page.locator('body').click({ position: { x: 5, y: 5 } })
  expect(
    await page.evaluate(() =>
      navigator.clipboard.writeText('CA').then(
        () => 'copied',
        (error: Error) => error.message,
      ),
    ),
  ).toBe('copied')
})
