// An agent manager builds, an analyst reads: what needs a real engine, over a real relay with its simulated callers.
import { expect, type Page } from '@playwright/test'
import { demoRelay, signInAs, test } from './demo.ts'

test.describe.configure({ mode: 'default', timeout: 90_000 })

const demo = demoRelay()

const goTo = (page: Page, screen: string) => page.getByRole('navigation').getByText(screen).click()

test('a prompt is saved with Ctrl+Enter from within it, and kept until then', async ({ page }) => {
  await signInAs(page, demo, 'Priya Raman')
  await goTo(page, 'Agents')
  await page.getByRole('link', { name: 'Returns desk' }).click()
  const prompt = page.getByRole('textbox', { name: 'Prompt' })
  await prompt.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Thank the caller.')
  await goTo(page, 'Numbers')
  await goTo(page, 'Agents')
  await expect(page.getByRole('article', { name: 'Returns desk' }).getByText('unsaved draft')).toBeVisible()
  let asked = ''
  page.once('dialog', (dialog) => {
    asked = dialog.type()
    void dialog.dismiss()
  })
  await page.evaluate(() => setTimeout(() => window.location.reload()))
  await expect.poll(() => asked).toBe('beforeunload')
  await page.getByRole('link', { name: 'Returns desk' }).click()
  await expect(prompt).toContainText('Thank the caller.')
  await prompt.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('Returns desk saved as v2')).toBeVisible()
  await expect(prompt).toHaveText(/Thank the caller\.$/)
  await expect(page.locator('.prompt-editor .cm-line')).toHaveCount(1)
  await expect(page.getByText('unsaved draft')).toHaveCount(0)
})

test('a prompt with an unknown placeholder is red, and is not saved', async ({ page }) => {
  await signInAs(page, demo, 'Priya Raman')
  await goTo(page, 'Agents')
  await page.getByRole('button', { name: /New agent/ }).click()
  await expect(page.getByText('such as {company},')).toBeVisible()
  await page.getByLabel('Name').fill('Night line')
  await page.getByRole('textbox', { name: 'Prompt' }).click()
  await page.keyboard.type('Hi, this is {company_name}.')
  await expect(page.locator('.phv.bad')).toHaveText('{company_name}')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('alert').filter({ hasText: 'Not saved: {company_name}' })).toBeVisible()
  await page.getByRole('button', { name: 'Discard' }).click()
})

test('numbers are dragged onto an agent, staged, and applied', async ({ page }) => {
  await signInAs(page, demo, 'Priya Raman')
  await goTo(page, 'Numbers')
  const desk = page.getByRole('region', { name: 'Returns desk' })
  await page.getByRole('button', { name: /^\+1 312 555 0112/ }).dragTo(desk)
  await expect(desk.getByText('From Unassigned')).toBeVisible()
  await page.screenshot({ path: 'test-results/flows-dragged.png' })
  await page.getByRole('button', { name: /^Apply 1/ }).click()
  await expect(page.getByRole('region', { name: 'Staged changes' })).toBeHidden()
  await expect(desk.getByRole('button', { name: /^\+1 312 555 0112/ })).toBeVisible()
})

test('the simulator and the link are named at once after a reload', async ({ page }) => {
  await signInAs(page, demo, 'Priya Raman')
  await goTo(page, 'Agents')
  await page.reload()
  await expect(page.getByText('Simulator')).toBeVisible({ timeout: 3_000 })
  await expect(page.getByText('Linked')).toBeVisible()
  await expect(page.locator('.link .num')).toHaveText(/\d+ ms|0\.\d s/, { timeout: 10_000 })
})

for (const [width, height] of [
  [853, 533],
  [640, 700],
] as const) {
  test(`no page is wider than the window at ${width}`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await signInAs(page, demo, 'Priya Raman')
    for (const screen of ['Agents', 'Numbers', 'Analytics']) {
      await goTo(page, screen)
      await expect(page.getByRole('heading', { level: 1, name: screen })).toBeVisible()
      await expect(page.getByText('Linked')).toBeInViewport({ ratio: 1 })
      await expect(page.getByRole('button', { name: 'Priya Raman' })).toBeInViewport({ ratio: 1 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      await page.screenshot({ path: `test-results/flows-${screen.toLowerCase()}-${width}.png` })
    }
    await goTo(page, 'Agents')
    await page.getByRole('link', { name: 'Returns desk' }).click()
    await expect(page.getByRole('button', { name: /^Save/ })).toBeInViewport({ ratio: 1 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  })
}
