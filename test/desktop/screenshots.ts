// Pictures of the console, to be looked at beside the design's. Builds the renderer as it ships, serves it, puts the
// fake Bridge where Electron's preload puts the real one, and drives Chromium. Serious faults of accessibility are printed.
//
//   npx tsx test/desktop/screenshots.ts <folder> [scene ...]      ONLY=1280-light takes one size and theme

import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import axe from 'axe-core'
import { build } from 'vite'
import { buildFakeBridge, serveConsole } from './support/fake-console.ts'
import { NOON, SCENES } from './support/scenes.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const WORK = join(tmpdir(), 'phony-screenshots')
/** Takes only pictures whose name ends so, such as `1280-light`. */
const ONLY = process.env.ONLY
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
async function buildAll(): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(ROOT, 'desktop/renderer'),
    base: './',
    plugins: [react(), tailwindcss()],
    build: { outDir: join(WORK, 'renderer'), emptyOutDir: true, target: 'chrome114' },
  })
  await buildFakeBridge(join(WORK, 'fake'))
}

/** Faults that need layout and colour, said with the place. */
async function report(page: Page, scene: string): Promise<void> {
  await page.evaluate(axe.source)
  const faults = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
      )
  })
  for (const fault of faults) process.stderr.write(`${scene}: ${fault}\n`)
}

const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const
const THEMES = ['light', 'dark'] as const

async function takeScene(browser: Browser, url: string, name: string, folder: string): Promise<void> {
  const scene = SCENES[name]
  if (!scene) throw new Error(`There is no scene ${name}.`)
  for (const [width, height] of scene.size ? [scene.size] : SIZES) {
    for (const theme of THEMES) {
      const picture = `${name}-${width}-${theme}`
      if (ONLY && !picture.endsWith(ONLY)) continue
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme })
      page.on('console', (message) => {
        if (message.type() === 'error') process.stderr.write(`${name}: ${message.text()}\n`)
      })
      page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.message}\n`))
      await page.clock.setFixedTime(NOON)
      await page.addInitScript(`window.fakeOptions = ${JSON.stringify(scene.options ?? {})}`)
      await page.addInitScript({ path: join(WORK, 'fake/fake.js') })
      await page.goto(`${url}${scene.hash}`)
      await page.waitForTimeout(700)
      try {
        await scene.act?.(page)
      } catch (error) {
        // The picture then shows why.
        process.stderr.write(`${picture}: ${String(error)}\n`)
        process.exitCode = 1
      }
      if (!scene.keeps_pointer) await page.mouse.move(width - 2, height - 2)
      await page.waitForTimeout(1_300)
      if (width !== 1920) await report(page, `${name} ${theme}`)
      await page.screenshot({ path: join(folder, `${picture}.png`) })
      await page.close()
    }
  }
  process.stdout.write(`${name}\n`)
}

async function main(): Promise<void> {
  const [folder = join(WORK, 'pictures'), ...wanted] = process.argv.slice(2)
  await mkdir(folder, { recursive: true })
  if (!process.env.SKIP_BUILD) await buildAll()
  const server = await serveConsole(join(WORK, 'renderer'))
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
  try {
    for (const name of wanted.length > 0 ? wanted : Object.keys(SCENES)) {
      await takeScene(browser, server.url, name, folder)
    }
  } finally {
    await browser.close()
    server.close()
  }
}

await main()
