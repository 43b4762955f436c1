// Pictures of the console, to be looked at beside the design's. Builds the renderer as it ships, serves it, puts the
// fake Bridge where Electron's preload puts the real one, and drives Chromium. Serious faults of accessibility are printed.
//
//   npx tsx test/desktop/screenshots.ts <folder> [scene ...]

import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import axe from 'axe-core'
import { build } from 'vite'

const ROOT = resolve(import.meta.dirname, '../..')
const WORK = join(tmpdir(), 'phony-screenshots')
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
/** Noon in Chicago on a Monday, whenever the pictures are taken. */
const NOON = Date.parse('2026-11-23T18:03:04Z')

interface Scene {
  hash: string
  options?: Record<string, unknown>
  act?: (page: Page) => Promise<unknown>
  height?: number
}

const pick = (page: Page) => page.locator('[data-call$="1"]').first().click()
const FIRST_CALL = `CA${'1'.padStart(32, '0')}`

const SCENES: Record<string, Scene> = {
  live: { hash: '#/live', act: pick },
  'live-few': { hash: '#/live', options: { calls: 1, few: true }, act: pick },
  'live-quiet': { hash: '#/live', options: { calls: 0 } },
  'live-link-lost': {
    hash: '#/live',
    act: async (page) => {
      await pick(page)
      await page.waitForTimeout(300)
      await page.evaluate((now) => {
        window.fake.link({
          state: 'lost',
          as_of: new Date(now).toISOString(),
          retry_at: new Date(now + 4000).toISOString(),
        })
      }, NOON)
    },
  },
  'live-read-only': { hash: '#/live', options: { role: 'analyst' }, act: pick },
  'live-500': { hash: '#/live', options: { many: 500 }, act: pick },
  call: { hash: `#/calls/${FIRST_CALL}` },
  agents: { hash: '#/agents', options: { role: 'agent_manager' } },
  'agent-editor': { hash: '#/agents/ag_billing001', options: { role: 'agent_manager' } },
  numbers: {
    hash: '#/numbers',
    options: { role: 'agent_manager' },
    act: async (page) => {
      const assign = async (number: string, agent: string) => {
        await page.getByRole('button', { name: `Assign ${number} to…` }).click()
        await page.getByRole('menuitem', { name: agent }).click()
      }
      await assign('+1 312 555 0164', 'Billing support')
      await assign('+1 312 555 0129', 'Returns desk')
      await assign('+49 30 23125101', 'Unassigned')
      await page.getByRole('button', { name: /^\+1 312 555 0161/ }).click()
      await page.getByRole('button', { name: /^\+1 312 555 0162/ }).click()
    },
  },
  analytics: { hash: '#/analytics', options: { role: 'agent_manager' } },
  'sign-in': { hash: '', options: { signed_in: false } },
}

async function buildAll(): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(ROOT, 'desktop/renderer'),
    base: './',
    plugins: [react(), tailwindcss()],
    build: { outDir: join(WORK, 'renderer'), emptyOutDir: true, target: 'chrome114' },
  })
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: join(WORK, 'fake'),
      emptyOutDir: true,
      lib: {
        entry: join(ROOT, 'test/desktop/support/install-fake-bridge.ts'),
        formats: ['iife'],
        name: 'fake',
        fileName: () => 'fake.js',
      },
    },
  })
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
/** The policy under which the console is served: what breaks it must be seen here. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; worker-src 'self'; connect-src 'self'"

function serve(folder: string) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const file = join(folder, path === '/' ? 'index.html' : path)
    try {
      const body = await readFile(file)
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  return new Promise<{ url: string; close: () => void }>((done) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      done({ url: `http://127.0.0.1:${port}/`, close: () => server.close() })
    }),
  )
}

/** Faults that need layout and colour, said with the place. A call that fades gives up its contrast on purpose. */
async function report(page: Page, scene: string): Promise<void> {
  await page.evaluate(axe.source)
  const faults = await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ exclude: [['.ended']] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
      )
  })
  for (const fault of faults) process.stderr.write(`${scene}: ${fault}\n`)
}

async function main(): Promise<void> {
  const [folder = join(WORK, 'pictures'), ...wanted] = process.argv.slice(2)
  await mkdir(folder, { recursive: true })
  if (!process.env.SKIP_BUILD) await buildAll()
  const server = await serve(join(WORK, 'renderer'))
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
  const names = wanted.length > 0 ? wanted : Object.keys(SCENES)
  for (const name of names) {
    const scene = SCENES[name]
    if (!scene) throw new Error(`There is no scene ${name}.`)
    for (const [width, height] of [
      [1280, 800],
      [1920, 1080],
    ] as const) {
      for (const theme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme })
        page.on('console', (message) => {
          if (message.type() === 'error') process.stderr.write(`${name}: ${message.text()}\n`)
        })
        page.on('pageerror', (error) => process.stderr.write(`${name}: ${error.message}\n`))
        await page.clock.setFixedTime(NOON)
        await page.addInitScript(`window.fakeOptions = ${JSON.stringify(scene.options ?? {})}`)
        await page.addInitScript({ path: join(WORK, 'fake/fake.js') })
        await page.goto(`${server.url}${scene.hash}`)
        await page.waitForTimeout(700)
        await scene.act?.(page)
        await page.mouse.move(width - 2, height - 2)
        await page.waitForTimeout(1_300)
        if (width === 1280) await report(page, `${name} ${theme}`)
        await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`) })
        await page.close()
      }
    }
    process.stdout.write(`${name}\n`)
  }
  await browser.close()
  server.close()
}

await main()
