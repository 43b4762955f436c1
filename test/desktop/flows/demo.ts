// What every walk through the console begins with: a relay process with its simulated callers, a person signed in, a call
// that will last. What a page showed when a test failed goes with its error.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test as plain } from '@playwright/test'
import { freePort, type RelayProcess, startRelayProcess } from '../../support/relay-process.ts'

export const test = plain.extend<{ tellsWhatItShowed: undefined }>({
  tellsWhatItShowed: [
    async ({ page }, use, testInfo) => {
      await use(undefined)
      if (testInfo.status === testInfo.expectedStatus) return
      const shown = await page.locator('body').ariaSnapshot({ timeout: 2_000 }).catch(String)
      await testInfo.attach('page', { body: shown, contentType: 'text/plain' })
    },
    { auto: true },
  ],
})

export interface Demo {
  readonly url: string
  /** Where it stands, without a word to anybody. */
  kill(): Promise<void>
  /** Again on the same data and at the same address. */
  start(): Promise<void>
}

/** Of this file's tests: started before them, ended after them. */
export function demoRelay(): Demo {
  let relay: RelayProcess
  let env: Record<string, string>
  let data_dir: string
  test.beforeAll(async () => {
    data_dir = mkdtempSync(join(tmpdir(), 'phony-flows-'))
    env = { DEMO: 'true', PORT: String(await freePort()), DATA_DIR: data_dir }
    relay = await startRelayProcess(env)
  })
  test.afterAll(async () => {
    await relay?.end('SIGTERM')
    rmSync(data_dir, { recursive: true, force: true })
  })
  return {
    get url() {
      return relay.url
    },
    kill: async () => void (await relay.end('SIGKILL')),
    async start() {
      relay = await startRelayProcess(env)
    },
  }
}

export async function signInAs(page: Page, demo: Pick<Demo, 'url'>, name: string): Promise<void> {
  await page.goto(`${demo.url}/console/`)
  await page.getByRole('button', { name: new RegExp(name) }).click()
  await expect(page.getByRole('navigation')).toBeVisible()
}

const callsWithWords = (page: Page) => page.getByRole('gridcell').filter({ hasText: /Caller/ })

/** Waits for calls in which somebody has spoken. */
export async function callsAreSpoken(page: Page): Promise<void> {
  await expect(callsWithWords(page).first()).toBeVisible({ timeout: 40_000 })
}

/** Opens the call that began last, so that it stays for a while. */
export async function openNewestCall(page: Page): Promise<void> {
  await callsAreSpoken(page)
  const ages = (await callsWithWords(page).allTextContents()).map((text) => {
    const [, minutes = 99, seconds = 0] = /(\d\d):(\d\d)/.exec(text) ?? []
    return Number(minutes) * 60 + Number(seconds)
  })
  await callsWithWords(page)
    .nth(ages.indexOf(Math.min(...ages)))
    .click()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('log', { name: 'Transcript' })).toBeVisible()
}
