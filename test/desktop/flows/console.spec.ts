// The four people's lives in the console as it is served: a real relay process with its simulated callers, real clicks.
import { expect, type Page } from '@playwright/test'
import axe from 'axe-core'
import { callsAreSpoken, demoRelay, openNewestCall, signInAs, test } from './demo.ts'

test.describe.configure({ mode: 'default', timeout: 90_000 })

const demo = demoRelay()

async function hasNoSeriousFaults(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { violations } = await (
      window as unknown as {
        axe: { run(): Promise<{ violations: { impact: string; id: string; nodes: { html: string }[] }[] }> }
      }
    ).axe.run()
    return violations
      .filter((violation) => ['serious', 'critical'].includes(violation.impact))
      .map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)
  })
  expect(found).toEqual([])
}

test('the relay starts with calls on the wall within ten seconds of the first click', async ({ page }) => {
  const began = Date.now()
  await signInAs(page, demo, 'Dana Ortiz')
  await expect(page.getByRole('gridcell').filter({ hasText: /\+1/ }).first()).toBeVisible({ timeout: 10_000 })
  expect(Date.now() - began).toBeLessThan(10_000)
  await expect(page.getByText('Simulator')).toBeVisible()
  await expect(page.getByText(/Caller/).first()).toBeVisible({ timeout: 30_000 })
  await page.screenshot({ path: 'test-results/flows-live.png' })
  await hasNoSeriousFaults(page)
})

test('a supervisor reads a call as it is spoken, listens, overrides its context and sees it applied and used', async ({
  page,
}) => {
  await signInAs(page, demo, 'Dana Ortiz')
  await openNewestCall(page)
  const log = page.getByRole('log', { name: 'Transcript' })
  const before = ((await log.textContent()) ?? '').length
  await page.getByRole('button', { name: /^Listen/ }).click()
  await expect(page.getByRole('button', { name: /^Listen/ })).toHaveAttribute('aria-pressed', 'true')
  const editor = page.getByRole('textbox', { name: 'Override of this call, JSON' })
  await editor.click()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('{ "promise": }')
  await expect(page.getByRole('alert').filter({ hasText: /Line 1/ })).toBeVisible()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('{ "promise": "a call back by five today" }')
  await page.getByLabel('Reason').fill('Agreed with the caller')
  await page.getByRole('button', { name: /^Apply/ }).click()
  const versions = page.getByRole('region', { name: 'Context versions' })
  await expect(versions.getByText('v1', { exact: true })).toBeVisible()
  await expect(versions.getByText(/^Applied/)).toBeVisible()
  await expect(page.getByText('promise', { exact: true }).first()).toBeVisible()
  // Where there is little room, the ladder of interventions alone says so.
  await expect(
    page
      .getByText(/used in turn \d+/i)
      .filter({ visible: true })
      .first(),
  ).toBeVisible({ timeout: 40_000 })
  expect(((await log.textContent()) ?? '').length).toBeGreaterThan(before)
  await page.screenshot({ path: 'test-results/flows-call.png' })
  await hasNoSeriousFaults(page)
})

test('a supervisor ends a call, asked once by name', async ({ page }) => {
  await signInAs(page, demo, 'Dana Ortiz')
  await openNewestCall(page)
  await page.getByRole('button', { name: /^End/ }).click()
  await expect(page.getByRole('dialog', { name: /^End the call with \+1/ })).toBeVisible()
  await page.getByRole('button', { name: 'End call' }).click()
  await expect(page.getByText(/Dana Ortiz ended the call|Call ended|ended/i).first()).toBeVisible()
  await expect(page.getByRole('button', { name: /^End/ })).toBeDisabled()
})

test('a lost link says how old the picture is, refuses commands, and catches up', async ({ page }) => {
  await signInAs(page, demo, 'Dana Ortiz')
  await callsAreSpoken(page)
  await page
    .getByRole('gridcell')
    .filter({ hasText: /Caller/ })
    .first()
    .click()
  const selected = page.locator('[data-call][aria-selected="true"]')
  const watched = await selected.getAttribute('data-call')
  await demo.kill()
  await expect(page.getByText(/as of/i).first()).toBeVisible({ timeout: 20_000 })
  await expect(page.getByRole('button', { name: /^End/ })).toBeDisabled()
  await page.screenshot({ path: 'test-results/flows-link-lost.png' })
  await demo.start()
  await expect(page.getByText('Linked')).toBeVisible({ timeout: 30_000 })
  // The calls of the relay that was killed are over: each says why before it leaves the wall.
  await expect(page.locator(`[data-call="${watched}"]`)).toContainText('The relay stopped during the call.')
  await expect(page.getByRole('complementary', { name: 'Selected call' })).toContainText('The relay stopped')
  await expect(page.getByRole('gridcell').filter({ hasText: /\+1/ }).first()).toBeVisible({ timeout: 30_000 })
})

async function duplicateTab(page: Page, url: string): Promise<void> {
  await signInAs(page, { url }, 'Dana Ortiz')
  // Opened by a page, a tab gets a copy of its session storage, as a duplicated one does.
  const opened = page.waitForEvent('popup')
  await page.evaluate(() => void window.open(location.href))
  const copy = await opened
  await expect(copy.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  for (const _ of ['once', 'and once more']) {
    await page.reload()
    await expect(page.getByRole('navigation')).toBeVisible()
  }
  await copy.getByRole('button', { name: /Dana Ortiz/ }).click()
  await expect(copy.getByRole('navigation')).toBeVisible()
  await copy.reload()
  await expect(copy.getByRole('navigation')).toBeVisible()
}

test('a duplicated tab asks to sign in, and the first one stays signed in when it is loaded again', async ({
  page,
}) => {
  await duplicateTab(page, demo.url)
})

test('so it is over plain HTTP from another machine', async ({ playwright, launchOptions }) => {
  const args = [...(launchOptions.args ?? []), '--host-resolver-rules=MAP phony.test 127.0.0.1']
  const browser = await playwright.chromium.launch({ ...launchOptions, args })
  try {
    const page = await browser.newPage()
    await duplicateTab(page, `http://phony.test:${new URL(demo.url).port}`)
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false)
  } finally {
    await browser.close()
  }
})

test('an agent manager makes an agent, gives it a number, pauses it', async ({ page }) => {
  await signInAs(page, demo, 'Priya Raman')
  await page.getByRole('navigation').getByText('Agents').click()
  await page
    .getByRole('button', { name: /New agent/ })
    .or(page.getByRole('link', { name: /New agent/ }))
    .first()
    .click()
  await page.getByLabel('Name').fill('Night line')
  await page.getByRole('textbox', { name: /Prompt/ }).click()
  await page.keyboard.type('You answer the night line of {company}. Be brief.')
  await page.getByRole('button', { name: /^(Create|Save|Make)/ }).click()
  await page.getByRole('navigation').getByText('Agents').click()
  await expect(page.getByText('Night line').first()).toBeVisible()
  await page.getByRole('navigation').getByText('Numbers').click()
  await page.getByRole('button', { name: 'Assign +1 312 555 0112 to…' }).click()
  await page.getByRole('menuitem', { name: 'Night line' }).click()
  await page.getByRole('button', { name: /^Apply 1/ }).click()
  await expect(page.getByRole('button', { name: /^Apply 1/ })).toBeHidden()
  await page.screenshot({ path: 'test-results/flows-numbers.png' })
  await hasNoSeriousFaults(page)
  await page.getByRole('navigation').getByText('Agents').click()
  await page.screenshot({ path: 'test-results/flows-agents.png' })
  await hasNoSeriousFaults(page)
})

test('an analyst reads the figures and can change nothing', async ({ page }) => {
  await signInAs(page, demo, 'Ines Costa')
  await page.getByRole('navigation').getByText('Analytics').click()
  await expect(page.getByText(/Success/).first()).toBeVisible()
  await page.screenshot({ path: 'test-results/flows-analytics.png' })
  await hasNoSeriousFaults(page)
  await page.getByRole('navigation').getByText('Agents').click()
  await expect(page.getByText('Front desk').first()).toBeVisible()
  await expect(page.getByRole('button', { name: /^New agent|^Pause( |$)/ })).toHaveCount(0)
})
