// What needs layout and colour to be seen: nothing covers a verb, nothing lies out of reach, everything can be read.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, type Locator, type Page, test } from '@playwright/test'
import axe from 'axe-core'
import type { RouteName } from '../../../shared/routes.ts'
import { buildFakeBridge, serveConsole } from '../support/fake-console.ts'
import { sidOf } from '../support/fake-floor.ts'
import { NOON } from '../support/scenes.ts'

test.describe.configure({ mode: 'default' })

let folder: string
let fake: string
let served: Awaited<ReturnType<typeof serveConsole>>
test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'phony-layout-'))
  fake = await buildFakeBridge(folder)
  served = await serveConsole(resolve(import.meta.dirname, '../../../out/renderer'))
})
test.afterAll(() => {
  served?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(page: Page, hash: string, [width, height]: readonly [number, number]): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.addInitScript({ path: fake })
  await page.goto(`${served.url}${hash}`)
  await expect(page.getByRole('main')).toBeVisible()
}
async function openAsManager(page: Page, hash: string, size: readonly [number, number]): Promise<void> {
  await page.addInitScript(() => Object.assign(window, { fakeOptions: { role: 'agent_manager' } }))
  await open(page, hash, size)
}
/** The next request of this name is refused by the carrier. */
const refuse = (page: Page, name: RouteName) =>
  page.evaluate(
    (name) =>
      window.fake.refuse(name, {
        type: 'about:blank',
        title: 'The carrier failed',
        status: 502,
        code: 'CARRIER_FAILED',
        detail: 'The carrier answered 429. Nothing was changed.',
      }),
    name,
  )
const CALL = `#/calls/${sidOf(1)}`
const editor = (page: Page) => page.getByRole('textbox', { name: 'Override of this call, JSON' })
async function write(page: Page, text: string): Promise<void> {
  await editor(page).click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(text)
}

/** Words of everything one can press there that lies under what was told. */
const covered = (page: Page, place = 'body') =>
  page.evaluate((place) => {
    const told = [...document.querySelectorAll('.toast')].map((each) => each.getBoundingClientRect())
    const pressed = ['button', 'a', 'input', 'textarea', '[role="gridcell"]', '[role="tab"]']
    return [...document.querySelectorAll(pressed.map((each) => `${place} ${each}`).join())]
      .filter((each) => !each.closest('.toast'))
      .filter((each) => {
        const box = each.getBoundingClientRect()
        return told.some(
          (over) => box.left < over.right && box.right > over.left && box.top < over.bottom && box.bottom > over.top,
        )
      })
      .map((each) => each.textContent)
  }, place)

for (const size of [
  [1024, 700],
  [1280, 800],
  [1920, 1080],
] as const) {
  test(`what is told covers nothing one can press, at ${size[0]}`, async ({ page }) => {
    for (const hash of ['#/live', CALL]) {
      await open(page, hash, size)
      if (hash === '#/live') await page.locator(`[data-call="${sidOf(1)}"]`).click()
      await refuse(page, 'hangUpCall')
      for (const _ of ['refused, and stays', 'done']) {
        await page.getByRole('button', { name: /^End/ }).click()
        await page.getByRole('button', { name: 'End call' }).click()
        await expect(page.getByRole('dialog')).toHaveCount(0)
      }
      await expect(page.locator('.toast')).toHaveCount(2)
      await page.waitForTimeout(600)
      expect(await covered(page)).toEqual([])
      await page.reload()
    }
  })
}

for (const size of [
  [640, 400],
  [853, 533],
  [1280, 800],
  [1920, 1080],
] as const) {
  test(`what is told of numbers does not cover what is staged next, at ${size[0]}`, async ({ page }) => {
    await openAsManager(page, '#/numbers', size)
    const stage = async (number: string) => {
      await page.locator(`[data-number="${number}"]`).focus()
      await page.keyboard.press('m')
      await page.getByRole('menuitem', { name: 'Returns desk' }).click()
    }
    const apply = page.getByRole('button', { name: /^Apply/ })
    await refuse(page, 'assignNumbers')
    await stage('+13125550161')
    await apply.click()
    await expect(page.locator('.toast')).toHaveCount(1)
    await apply.click()
    await expect(page.locator('.toast')).toHaveCount(2)
    await stage('+13125550162')
    await page.waitForTimeout(600)
    expect(await covered(page, '.staged-bar')).toEqual([])
  })
}

for (const size of [
  [853, 533],
  [640, 400],
] as const) {
  test(`a page zoomed to ${size[0]} has everything within reach`, async ({ page }) => {
    const isWithin = async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
      for (const name of [/^Listen/, /^Context/, /^End/]) {
        await expect(page.getByRole('button', { name })).toBeInViewport({ ratio: 1 })
      }
    }
    await open(page, '#/live', size)
    await page.locator(`[data-call="${sidOf(1)}"]`).click()
    await isWithin()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('button', { name: /^End/ })).toHaveCount(0)
    await page.locator(`[data-call="${sidOf(1)}"]`).click()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Timeline' })).toBeVisible()
    await isWithin()
    await expect(page.locator('.call-head .clock')).toBeInViewport({ ratio: 1 })
    await page.getByRole('button', { name: /^Context/ }).click()
    await expect(editor(page)).toBeFocused()
    await expect(editor(page)).toBeInViewport()
    await page.locator('.call-head').hover()
    await page.mouse.wheel(0, -5_000)
    await expect(editor(page)).not.toBeInViewport()
    await page.getByRole('button', { name: /^Context/ }).click()
    await expect(editor(page)).toBeInViewport()
    await isWithin()
  })
}

for (const size of [
  [1024, 700],
  [1280, 800],
] as const) {
  test(`many values leave room for what is written and its versions, at ${size[0]}`, async ({ page }) => {
    await withAgentContext(page, Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`fact_${at}`, at])))
    await page.setViewportSize({ width: size[0], height: size[1] })
    await page.goto(`${served.url}${CALL}`)
    await write(page, '{\n  "order_id": "A-1"\n}')
    const versions = page.getByRole('region', { name: 'Context versions' })
    await expect(versions.getByRole('heading', { name: 'Versions' })).toBeInViewport({ ratio: 1 })
    await expect(versions.getByText('v7', { exact: true })).toBeInViewport()
    const values = page.getByRole('region', { name: 'Values in force' })
    expect(await values.evaluate((box) => box.scrollHeight > box.clientHeight)).toBe(true)
  })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a call that is over can be read until it leaves the wall, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await page.clock.setFixedTime(NOON)
    await open(page, '#/live', [1280, 800])
    const ended = page.locator(`[data-call="${sidOf(10)}"]`)
    await expect(ended).toBeVisible()
    // It ended six seconds before.
    await page.clock.setFixedTime(NOON + 13_500)
    await page.waitForTimeout(1_500)
    await expect(ended).toHaveClass(/ended/)
    await page.evaluate(axe.source)
    const faint = await page.evaluate(async () => {
      const run = (window as unknown as { axe: typeof axe }).axe.run
      const { violations } = await run('.ended', { runOnly: ['color-contrast'] })
      return violations.flatMap(({ nodes }) => nodes.map((node) => node.any[0]?.message))
    })
    expect(faint).toEqual([])
  })
}

for (const size of [
  [1024, 700],
  [1280, 800],
  [1920, 1080],
] as const) {
  test(`the value in force is seen beside the struck one, however long that is, at ${size[0]}`, async ({ page }) => {
    await withAgentContext(page, { goodwill_credit_usd: 'twenty dollars, and never more than once in a month' })
    await page.setViewportSize({ width: size[0], height: size[1] })
    await page.goto(`${served.url}${CALL}`)
    const row = page.getByRole('row', { name: /goodwill_credit_usd/ })
    await expect(row.locator('s')).toBeInViewport()
    const { right, edge } = await row
      .locator('td')
      .nth(1)
      .evaluate((cell) => {
        const words = document.createRange()
        words.selectNodeContents(cell)
        const now = [...words.getClientRects()].at(-1)
        return { right: now?.right ?? Infinity, edge: cell.getBoundingClientRect().right }
      })
    expect(right).toBeLessThanOrEqual(edge)
  })
}

for (const place of ['on its screen', 'beside the wall'] as const) {
  test(`a long name and a long value in a call's context can be read whole, ${place}`, async ({ page }) => {
    const address = 'c/o Alvarez, 4711 West Irving Park Road, Apartment 12, Chicago, and_then_a_word_without_an_end'
    const name = 'delivery_address_that_the_caller_gave_before_they_were_verified'
    await withAgentContext(page, { [name]: address })
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.goto(`${served.url}${place === 'on its screen' ? CALL : '#/live'}`)
    if (place === 'beside the wall') {
      await page.locator(`[data-call="${sidOf(1)}"]`).click()
      await page.getByRole('tab', { name: 'Context' }).click()
    }
    const cells = page.getByRole('row', { name: /^delivery_address/ }).locator('td')
    for (const [nth, words] of [name, address].entries()) {
      await expect(cells.nth(nth)).toHaveText(words)
      await expect(cells.nth(nth)).toBeInViewport({ ratio: 1 })
      expect(await cells.nth(nth).evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true)
    }
  })
}

/** The fake relay, where the agent's layer of a call's context is this one. */
async function withAgentContext(page: Page, context: Record<string, string | number>): Promise<void> {
  await page.addInitScript({ path: fake })
  await page.addInitScript((agent) => {
    const answer = window.fake.request
    window.fake.request = (async (name: never, input: never) => {
      const reply = await answer(name, input)
      const value = reply.ok ? (reply as { value: { context_layers?: { agent: object } } }).value : null
      if (value?.context_layers) value.context_layers.agent = agent
      return reply
    }) as typeof window.fake.request
    Object.assign(window, { phony: window.fake })
  }, context)
}

/** How far the words of an element stand out from what is behind them: 1 for not at all. */
const contrastOf = (words: Locator) =>
  words.evaluate((element) => {
    const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    if (!context) throw new Error('There is nothing to paint on.')
    const lightness = () => {
      const linear = [...context.getImageData(0, 0, 1, 1).data].map((byte) => (byte / 255) ** 2.2)
      return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!
    }
    const paint = (colour: string) => {
      context.fillStyle = colour
      context.fillRect(0, 0, 1, 1)
    }
    const behind: string[] = []
    for (let at: Element | null = element; at; at = at.parentElement) behind.push(getComputedStyle(at).backgroundColor)
    for (const colour of behind.toReversed()) paint(colour)
    const ground = lightness()
    paint(getComputedStyle(element).color)
    const [low = 0, high = 0] = [ground, lightness()].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  })

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a dangerous verb can be read while it is being done, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await open(page, '#/live', [1280, 800])
    await page.evaluate(() => {
      const answer = window.fake.request
      window.fake.request = ((name: never, input: never) =>
        name === 'hangUpCall' ? new Promise(() => undefined) : answer(name, input)) as typeof window.fake.request
    })
    await page.locator(`[data-call="${sidOf(1)}"]`).click()
    await page.getByRole('button', { name: /^End/ }).click()
    const verb = page.getByRole('button', { name: 'End call' })
    await verb.click()
    await expect(verb).toBeDisabled()
    for (const move of [() => verb.hover({ force: true }), () => page.mouse.move(0, 0)]) {
      await move()
      // The ground changes in some milliseconds.
      await page.waitForTimeout(200)
      expect(await contrastOf(verb)).toBeGreaterThan(3)
    }
  })
}

test('leaving the page with something half written asks first', async ({ page }) => {
  await open(page, CALL, [1280, 800])
  await write(page, '{ "order_id": ')
  let asked = ''
  page.on('dialog', async (dialog) => {
    asked = dialog.type()
    await dialog.dismiss()
  })
  await page.evaluate(() => location.reload()).catch(() => undefined)
  await expect.poll(() => asked).toBe('beforeunload')
  await expect(editor(page)).toContainText('"order_id":')
})
