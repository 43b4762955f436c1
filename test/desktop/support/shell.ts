// The real console in a real Electron, for tests: a display, a runtime, a relay, and a data folder of its own.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { _electron, test as base } from '@playwright/test'
import { resolveElectron } from '../../../desktop/electron-runtime.mjs'
import type { Bridge } from '../../../shared/bridge.ts'
import { type FakeRelay, startFakeRelay } from './fake-relay.ts'

declare global {
  interface Window {
    /** Exposed by Electron's preload. */
    phony?: Bridge
  }
}

export const ROOT = resolve(import.meta.dirname, '../../..')

export interface Machine {
  exe: string
  /** Started by Playwright's own way, which holds the app until Playwright has taken hold of it. */
  executablePath: string | undefined
  /** Before the console's own arguments: the app folder, and what this user and this display need. */
  args: string[]
  env: Record<string, string>
}

export interface Shell {
  app: ElectronApplication
  page: Page
}

interface Fixtures {
  relay: FakeRelay
  /** Where this test's console keeps its files. */
  folder: string
  /** Starts the console on the test's relay and folder; further arguments come last. */
  launch: (...args: string[]) => Promise<Shell>
}

export const test = base.extend<Fixtures, { machine: Machine }>({
  machine: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from this pattern
    async ({}, use) => {
      const display = await openDisplay()
      const runtime = await resolveElectron({ allow_old: true })
      // On Linux x64 there is always one to be had, so its absence is a fault and never a reason to skip.
      if (!runtime) throw new Error('There is no Electron for these tests. Set CONSOLE_ELECTRON to one.')
      const is_packaged = existsSync(join(runtime.dist, 'resources', 'app.asar'))
      // Given a path, Playwright leaves its loader out, and a window that opens before it is attached is never seen:
      // one launch in ten hung under load. Only a packaged console has to be started so.
      if (!is_packaged) process.env.ELECTRON_OVERRIDE_DIST_PATH = runtime.dist
      await use({
        exe: runtime.exe,
        executablePath: is_packaged ? runtime.exe : undefined,
        args: [...(is_packaged ? [] : [ROOT]), ...(isRoot() ? ['--no-sandbox'] : []), '--disable-gpu'],
        // No session bus, so no keyring, whatever the machine has.
        env: {
          ...(process.env as Record<string, string>),
          ...display.env,
          DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        },
      })
      await display.close()
    },
    { scope: 'worker' },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  relay: async ({}, use) => {
    const relay = await startFakeRelay()
    await use(relay)
    await relay.close()
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'phony-console-'))
    await use(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  },
  launch: async ({ machine, relay, folder }, use) => {
    const apps: ElectronApplication[] = []
    await use(async (...args) => {
      const app = await _electron.launch({
        ...(machine.executablePath && { executablePath: machine.executablePath }),
        args: [...machine.args, ...consoleArguments(relay, folder), ...args],
        env: machine.env,
      })
      apps.push(app)
      const page = await app.firstWindow()
      await page.waitForFunction(() => window.phony !== undefined && document.readyState === 'complete')
      return { app, page }
    })
    for (const app of apps) await app.close().catch(() => undefined)
  },
})

export { expect } from '@playwright/test'

export const consoleArguments = (relay: FakeRelay, folder: string): string[] => [
  `--user-data-dir=${folder}`,
  `--relay=${relay.url}`,
]

/** Starts the console a second time, as the desktop would, and waits for that process to end. */
export function startAgain(machine: Machine, args: string[]): Promise<number | null> {
  return new Promise((ended, failed) => {
    const child = spawn(machine.exe, [...machine.args, ...args], { env: machine.env, stdio: 'ignore' })
    child.on('error', failed)
    child.on('exit', ended)
  })
}

const isRoot = (): boolean => process.platform === 'linux' && process.getuid?.() === 0

interface Display {
  env: Record<string, string>
  close(): Promise<void>
}

/** The display there is, else an Xvfb on a free one, which it chooses itself. */
function openDisplay(): Promise<Display> {
  if (process.platform !== 'linux' || process.env.DISPLAY) {
    return Promise.resolve({ env: {}, close: async () => undefined })
  }
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const close = () =>
    new Promise<void>((closed) => {
      server.on('exit', () => closed())
      server.kill('SIGTERM')
    })
  return new Promise((opened, failed) => {
    server.on('error', () => failed(new Error('These tests need a display: install xvfb, or set DISPLAY.')))
    server.stdout.once('data', (number: Buffer) => opened({ env: { DISPLAY: `:${number.toString().trim()}` }, close }))
  })
}
