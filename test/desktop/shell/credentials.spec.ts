// Where a sign-in lies between two starts: encrypted with the keyring, or nowhere.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { DANA_SIGN_IN, startFakeRelay } from '../support/fake-relay.ts'
import { consoleArguments, expect, startAgain, test } from '../support/shell.ts'

const signIn = (page: Page) => page.evaluate((input) => window.phony?.signIn(input), DANA_SIGN_IN)
const restored = (page: Page) => page.evaluate(() => window.phony?.restore())

/** Every byte the console wrote, as text. */
async function written(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))
  return texts.join('\n')
}

/** A keyring for the test: enough to tell what is encrypted from what is not. */
const giveKeyring = (app: ElectronApplication) =>
  app.evaluate(({ safeStorage }) => {
    const turned = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a))
    safeStorage.isEncryptionAvailable = () => true
    safeStorage.getSelectedStorageBackend = () => 'gnome_libsecret'
    safeStorage.encryptString = (text) => turned(Buffer.from(text))
    safeStorage.decryptString = (bytes) => turned(bytes).toString()
  })

test('without a keyring the sign-in ends with the console, says so, and is in no file', async ({
  launch,
  relay,
  folder,
}) => {
  const first = await launch()
  await first.app.evaluate(({ Notification }) => {
    const shown: string[] = []
    Object.assign(globalThis, { shown })
    Notification.prototype.show = function (this: Electron.Notification) {
      shown.push(this.title)
    }
    Notification.isSupported = () => true
  })
  expect(await signIn(first.page)).toMatchObject({ ok: true })
  const shown = await first.app.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)
  expect(shown).toEqual(['Phony will ask you to sign in again'])
  // The page may be loaded again without a new sign-in.
  expect(await restored(first.page)).toMatchObject({ ok: true, value: { user: { name: 'Dana Ortiz' } } })
  await first.app.close()

  const everything = await written(folder)
  for (const secret of relay.secrets) expect(everything).not.toContain(secret)
  expect(await restored((await launch()).page)).toEqual({ ok: true, value: null })
})

test('with a keyring the next start is signed in, from ciphertext only its owner may read', async ({
  launch,
  relay,
  folder,
}) => {
  const first = await launch()
  await giveKeyring(first.app)
  await signIn(first.page)
  await first.app.close()
  const file = join(folder, 'credentials.json')
  expect(Object.keys(JSON.parse(await readFile(file, 'utf8')))).toEqual([relay.url])
  expect((await stat(file)).mode & 0o077).toBe(0)
  const everything = await written(folder)
  for (const secret of relay.secrets) expect(everything).not.toContain(secret)

  const second = await launch()
  await giveKeyring(second.app)
  expect(await restored(second.page)).toMatchObject({ ok: true, value: { user: { name: 'Dana Ortiz' } } })
  await second.page.evaluate(() => window.phony?.signOut())
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({})
})

test('the token of one relay is never shown to another', async ({ launch, machine, folder }) => {
  const { app, page } = await launch()
  await giveKeyring(app)
  await signIn(page)
  await page.evaluate(() => window.phony?.signOut())
  await signIn(page)
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = (async () => ({
      response: 1,
      checkboxChecked: false,
    })) as typeof dialog.showMessageBox
  })
  const other = await startFakeRelay()
  try {
    const next = app.waitForEvent('window')
    expect(await startAgain(machine, consoleArguments(other, folder))).toBe(0)
    const there = await next
    await expect(there.getByText('Reached')).toBeVisible()
    expect(await restored(there)).toEqual({ ok: true, value: null })
    expect(other.asked).not.toContain('refresh')
  } finally {
    await other.close()
  }
})
