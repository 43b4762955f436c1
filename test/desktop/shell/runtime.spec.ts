// The resolver's order, the links it may be started by, and the window's place: decisions, without Electron.
import { chmod, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { resolveElectron } from '../../../desktop/electron-runtime.mjs'
import { callOfLink, readLaunch, relayUrl } from '../../../desktop/main/launch.ts'
import { type Bounds, placeWindow } from '../../../desktop/main/window-bounds.ts'

/** A checkout with an Electron package whose installer does as told, and a cache of its own. */
async function checkout(installer: string) {
  const root = await mkdtemp(join(tmpdir(), 'phony-resolver-'))
  const electron = join(root, 'node_modules', 'electron')
  await mkdir(electron, { recursive: true })
  await writeFile(join(electron, 'package.json'), JSON.stringify({ name: 'electron', version: '45.4.1' }))
  await writeFile(
    join(electron, 'install.js'),
    `const fs = require('fs'); fs.appendFileSync(__dirname + '/tries', 'x'); ${installer}`,
  )
  const lines: string[] = []
  const env = { PATH: process.env.PATH, HOME: root, XDG_CACHE_HOME: join(root, 'cache') }
  return {
    root,
    electron,
    lines,
    tries: async () => (await readdir(electron)).includes('tries'),
    resolve: (more: Record<string, string> = {}, allow_old = false) =>
      resolveElectron({ root, env: { ...env, ...more }, log: (line) => lines.push(line), allow_old }),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

const INSTALLS = `
  fs.mkdirSync(__dirname + '/dist', { recursive: true })
  fs.writeFileSync(__dirname + '/dist/version', '45.4.1')
  fs.writeFileSync(__dirname + '/dist/electron', '')
  fs.writeFileSync(__dirname + '/path.txt', 'electron')`

test('the one named by CONSOLE_ELECTRON comes before all; a name that is no file is a fault', async () => {
  const here = await checkout(INSTALLS)
  const exe = join(here.root, 'my-electron')
  await writeFile(exe, '')
  await chmod(exe, 0o755)
  expect(await here.resolve({ CONSOLE_ELECTRON: exe })).toMatchObject({ exe, dist: here.root, source: 'env' })
  await expect(here.resolve({ CONSOLE_ELECTRON: join(here.root, 'nothing') })).rejects.toThrow(/not a file/)
  expect(await here.tries()).toBe(false)
  await here.remove()
})

test('the download is tried once, by one of three at once, and all three use it', async () => {
  const here = await checkout(INSTALLS)
  const found = await Promise.all([here.resolve(), here.resolve(), here.resolve()])
  for (const each of found)
    expect(each).toMatchObject({ version: '45.4.1', exe: join(here.electron, 'dist', 'electron') })
  expect(await here.resolve()).toMatchObject({ source: 'installed' })
  await here.remove()
})

test('a download that failed is not tried again for 6 hours', async () => {
  const here = await checkout('process.exit(1)')
  expect(await here.resolve()).toBeNull()
  expect(here.lines.at(-1)).toMatch(/tried again in 6 hours/)
  await rm(join(here.electron, 'tries'))
  expect(await here.resolve()).toBeNull()
  expect(await here.tries()).toBe(false)
  const then = new Date(Date.now() - 7 * 3_600_000)
  await utimes(join(here.root, 'cache', 'phony', 'electron-45.4.1.failed'), then, then)
  await here.resolve()
  expect(await here.tries()).toBe(true)
  await here.remove()
})

test('CONSOLE_ELECTRON_NO_DOWNLOAD tries nothing, and without leave for an old one there is none', async () => {
  const here = await checkout(INSTALLS)
  expect(await here.resolve({ CONSOLE_ELECTRON_NO_DOWNLOAD: '1' })).toBeNull()
  expect(await here.tries()).toBe(false)
  await here.remove()
})

const SID = `CA${'0'.repeat(31)}c`

test('a link leads to a call or nowhere', () => {
  expect(callOfLink(`phony://call/${SID}`)).toBe(SID)
  expect(callOfLink(`PHONY://call/${SID}/`)).toBe(SID)
  for (const link of [
    'phony://call/',
    `phony://call/${SID}/hangup`,
    `phony://call/${SID}?a=1`,
    `phony:call/${SID}`,
    `https://call/${SID}`,
    'phony://call/%2e%2e',
  ]) {
    expect(callOfLink(link), link).toBeNull()
  }
})

test('the relay is that of the argument, else the environment, else the settings; nothing after a link counts', () => {
  const launch = readLaunch([
    'electron',
    '.',
    '--relay=https://a.example/',
    `phony://call/${SID}`,
    '--relay=https://evil.example',
  ])
  expect(launch).toEqual({ relay_url: 'https://a.example', call_sid: SID })
  const none = readLaunch(['electron', '.', '--relay=javascript:alert(1)'])
  expect(relayUrl(launch, { PHONY_RELAY_URL: 'https://b.example' }, { relay_url: 'https://c.example' })).toBe(
    'https://a.example',
  )
  expect(relayUrl(none, { PHONY_RELAY_URL: 'https://b.example' }, { relay_url: 'https://c.example' })).toBe(
    'https://b.example',
  )
  expect(relayUrl(none, { PHONY_RELAY_URL: 'ftp://b' }, { relay_url: 'https://c.example' })).toBe('https://c.example')
  expect(relayUrl(none, {}, null)).toBe('http://localhost:8080')
})

test('a window is placed where a person can take hold of it', () => {
  const primary: Bounds = { x: 0, y: 25, width: 1600, height: 975 }
  const right: Bounds = { x: 1600, y: 0, width: 1920, height: 1080 }
  const saved: Bounds = { x: 1700, y: 40, width: 1500, height: 900 }
  expect(placeWindow(saved, [primary, right])).toEqual(saved)
  expect(placeWindow(saved, [primary])).toEqual({ x: 50, y: 63, width: 1500, height: 900 })
  expect(placeWindow({ ...saved, y: -200 }, [primary, right])).not.toMatchObject({ y: -200 })
  expect(placeWindow({ x: 10, y: 30, width: 300, height: 200 }, [primary])).toEqual({
    x: 10,
    y: 30,
    width: 1024,
    height: 700,
  })
  expect(placeWindow({ x: 0, y: 30, width: 5000, height: 4000 }, [primary])).toMatchObject({
    width: 1600,
    height: 975,
  })
  expect(placeWindow(null, [])).toMatchObject({ width: 1440, height: 900 })
})
