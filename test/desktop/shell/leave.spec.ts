// A page with something half written is not left without a question; what is answered is done.
import type { ElectronApplication } from '@playwright/test'
import { sidOf } from '../support/fake-floor.ts'
import { DANA_SIGN_IN } from '../support/fake-relay.ts'
import { expect, test } from '../support/shell.ts'

/** From here on the question is answered by the button of this number, and counted. */
const answer = (app: ElectronApplication, button: number) =>
  app.evaluate(({ dialog }, response) => {
    const state = globalThis as unknown as { asked?: number }
    state.asked = 0
    dialog.showMessageBoxSync = () => {
      state.asked = (state.asked ?? 0) + 1
      return response
    }
  }, button)
const asked = (app: ElectronApplication) => app.evaluate(() => (globalThis as unknown as { asked?: number }).asked)

test('closing the window asks while an override is half written, and keeps it if told so', async ({ launch }) => {
  const { app, page } = await launch()
  await page.getByLabel('Email').fill(DANA_SIGN_IN.email)
  await page.getByLabel('Password').fill(DANA_SIGN_IN.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('navigation')).toBeVisible()
  await page.evaluate(
    (at) => {
      location.hash = at
    },
    `#/calls/${sidOf(1)}`,
  )
  const editor = page.getByRole('textbox', { name: 'Override of this call, JSON' })
  await editor.click()
  await page.keyboard.insertText('"half": ')
  const close = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  await answer(app, 0)
  await close()
  await expect.poll(() => asked(app)).toBe(1)
  await expect(editor).toContainText('"half":')
  await answer(app, 1)
  const closed = page.waitForEvent('close')
  await close()
  await closed
})
