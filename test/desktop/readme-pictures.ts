// The pictures of the README: a real relay with its simulated callers, the real console in Chromium.
//
//   npx tsx test/desktop/readme-pictures.ts        (after `npm run build`)
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { startRelayProcess } from '../support/relay-process.ts'

const PICTURES = join(import.meta.dirname, '../../docs/pictures')
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function main(): Promise<void> {
  const data_dir = mkdtempSync(join(tmpdir(), 'phony-pictures-'))
  const relay = await startRelayProcess({ DEMO: 'true', PORT: '0', DATA_DIR: data_dir })
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  try {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      colorScheme: 'light',
      deviceScaleFactor: 1.5,
    })
    await page.goto(`${relay.url}/console/`)
    await page.getByRole('button', { name: /Dana Ortiz/ }).click()
    const urgent = page.getByRole('gridcell').filter({ hasText: /Asked for a person|Rule words/ })
    await urgent.first().waitFor({ timeout: 90_000 })
    await page.waitForTimeout(12_000)
    await urgent.first().click()
    await page.waitForTimeout(1_500)
    await page.screenshot({ path: join(PICTURES, 'live.png') })
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Override of this call, JSON' }).click()
    await page.keyboard.press('Control+A')
    await page.keyboard.type('{\n"promise": "a colleague calls back by five"\n}')
    await page.getByLabel('Reason').fill('Agreed with the team')
    await page.getByRole('button', { name: /^Apply/ }).click()
    await page.waitForTimeout(9_000)
    await page.screenshot({ path: join(PICTURES, 'call.png') })
  } finally {
    await browser.close()
    await relay.end('SIGTERM')
    rmSync(data_dir, { recursive: true, force: true })
  }
}

await main()
