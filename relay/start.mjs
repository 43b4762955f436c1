// The way in from a bare clone: Node and the registry only, so this file uses nothing but Node's own modules.
//   node relay/start.mjs          the demo (or, with credentials set, the real thing) and its console
//   node relay/start.mjs relay    the relay alone, from the environment
//   node relay/start.mjs build    what the two above build when it is missing or older than its sources
//   node relay/start.mjs dev      the relay from its sources, started again when they change
import { spawn } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const BUILT = join(ROOT, 'out', '.built')
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json')
const SOURCES = ['relay', 'shared', 'desktop', 'electron.vite.config.ts', 'tsconfig.json', 'package-lock.json']
const RELAY = join(ROOT, 'out', 'node', 'relay', 'main.js')

const say = (text) => process.stdout.write(`${text}\n`)

/** Ends with one sentence. */
function stop(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Phony needs Node 20.19 or newer; this is Node ${process.versions.node}. Node 22 or 24 is advised.`)
}

function requireWritable() {
  try {
    accessSync(ROOT, constants.W_OK)
  } catch {
    if (!existsSync(INSTALLED) || isStale())
      stop(`Phony has to install itself in ${ROOT}, but this user may not write there.`)
  }
}

/** Runs a command quietly, with a line that shows that it goes on; its output is shown when it fails. */
function run(what, command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const began = Date.now()
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    const isTerminal = process.stdout.isTTY
    const seconds = () => Math.round((Date.now() - began) / 1000)
    if (!isTerminal) say(`${what} …`)
    const tick = setInterval(
      () =>
        isTerminal
          ? process.stdout.write(`\r${what} … ${seconds()} s `)
          : seconds() % 10 === 0 && say(`${what} … ${seconds()} s`),
      1000,
    )
    const ended = (error) => {
      clearInterval(tick)
      if (isTerminal) process.stdout.write('\r\u001b[K')
      if (error) return reject(error)
      say(`${what}: done in ${((Date.now() - began) / 1000).toFixed(1)} s`)
      resolve()
    }
    child.on('error', (error) => ended(new Error(`${command} cannot be run: ${error.message}`)))
    child.on('exit', (code) => ended(code === 0 ? null : new Error(`${what} failed.\n${output.trim()}`)))
  })
}

/** What was installed must be what the lock file asks for. */
export async function install() {
  const isCurrent =
    existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs
  if (isCurrent) return
  await run('Installing', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1',
  })
  // `npm ci` may keep the lock's own date, which would install again at every start.
  const now = new Date()
  utimesSync(INSTALLED, now, now)
}

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0)
}

function isStale() {
  if (!existsSync(BUILT) || !existsSync(RELAY)) return true
  const built = statSync(BUILT).mtimeMs
  return SOURCES.some((source) => existsSync(join(ROOT, source)) && newest(join(ROOT, source)) > built)
}

export async function build({ force = false } = {}) {
  if (!force && !isStale()) return
  const bin = (name) => join(ROOT, 'node_modules', ...name.split('/'))
  rmSync(join(ROOT, 'out', 'node'), { recursive: true, force: true })
  await Promise.all([
    run('Building the relay', process.execPath, [bin('typescript/bin/tsc'), '-p', 'relay/tsconfig.json']),
    run('Building the console', process.execPath, [bin('electron-vite/bin/electron-vite.js'), 'build']),
  ])
  mkdirSync(dirname(BUILT), { recursive: true })
  writeFileSync(BUILT, '')
}

// ---- the demo, and everything at once

/** Without credentials this is the demo; with them it is the real thing. */
function startEnvironment() {
  const isReal = Boolean(process.env.TWILIO_ACCOUNT_SID || process.env.OPENAI_API_KEY)
  return { DEMO: isReal ? 'false' : 'true', LOG_LEVEL: 'warn', ...process.env, isReal }
}

/** Starts a child that ends with us; resolves with its address once it says that it is ready. */
function startRelay(env, children) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [RELAY], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
    children.add(child)
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      const url = /ready at (\S+)/.exec(text)?.[1]
      if (url) resolve({ url, line: text.trim() })
    })
    child.on('exit', (code) => {
      children.delete(child)
      reject(new Error(''))
      if (code !== 0) process.exitCode = 1
    })
  })
}

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

async function openConsole(url, isReal, children) {
  if (!hasDisplay()) return false
  const { resolveElectron } = await import(pathToFileURL(join(ROOT, 'desktop', 'electron-runtime.mjs')).href)
  const runtime = await resolveElectron({ allow_old: !isReal, log: say })
  if (!runtime) return false
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  const child = spawn(runtime.exe, [ROOT, `--relay=${url}`, ...(isRoot ? ['--no-sandbox'] : [])], {
    cwd: ROOT,
    stdio: 'ignore',
    env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: runtime.dist },
  })
  children.add(child)
  child.on('error', () => children.delete(child))
  child.on('exit', () => {
    children.delete(child)
    if (!isEnding)
      say(`The console was closed. The relay goes on; the same console is at ${url}/console/. Ctrl-C ends it.`)
  })
  return true
}

let isEnding = false

/** Every child ends with us, the relay last, so that the console does not show a lost link. */
function endTogether(children) {
  const end = () => {
    if (isEnding) return
    isEnding = true
    say('\nStopping …')
    for (const child of [...children].reverse()) child.kill('SIGTERM')
    const hard = setTimeout(() => {
      for (const child of children) child.kill('SIGKILL')
    }, 70_000)
    const wait = setInterval(() => {
      if (children.size > 0) return
      clearInterval(wait)
      clearTimeout(hard)
      process.exit(process.exitCode ?? 0)
    }, 50)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

async function startAll() {
  const children = new Set()
  endTogether(children)
  const { isReal, ...env } = startEnvironment()
  const { url, line } = await startRelay(env, children).catch(() => process.exit(1))
  say(line)
  say(`Console: ${url}/console/${isReal ? '' : '   (one click on a demo user signs in)'}`)
  const isOpen = await openConsole(url, isReal, children).catch((error) => {
    say(`The desktop console could not be opened: ${error.message}`)
    return false
  })
  say(
    isOpen
      ? 'The desktop console is open. Ctrl-C ends everything.'
      : 'Open that address in a browser. Ctrl-C ends everything.',
  )
}

async function main(what) {
  requireNode()
  requireWritable()
  await install()
  if (what === 'dev') {
    const child = spawn(process.execPath, ['--watch', '--import', 'tsx', join(ROOT, 'relay', 'main.ts')], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { DEMO: 'true', ...process.env },
    })
    child.on('exit', (code) => process.exit(code ?? 0))
    return
  }
  await build({ force: what === 'build' })
  if (what === 'build') return
  if (what === 'relay') return void (await import(pathToFileURL(RELAY).href))
  await startAll()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const what = process.argv[2] ?? 'start'
  if (!['start', 'relay', 'build', 'dev'].includes(what))
    stop(`There is no "${what}" here: start, relay, build or dev.`)
  main(what).catch((error) => stop(error.message))
}
