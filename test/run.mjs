// `npm test`, `npm run check` and `npm run test:mongo`, from a bare clone: installs what is missing, says which real services it had, runs
// everything they allow, and ends with one line of counts. In CI a service that should be there and is not is a failure.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, install } from '../relay/start.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const RESULTS = join(ROOT, 'test-results')
const isCi = process.env.CI === 'true' || process.env.CI === '1'
const say = (text) => process.stdout.write(`${text}\n`)
const bin = (path) => join(ROOT, 'node_modules', path)

function run(what, args, env = {}) {
  say(`\n== ${what}`)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const onPath = (name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim() || null

/** The browser and the display that the console's tests need. */
function findServices() {
  const chromium = process.env.CHROMIUM ?? onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome')
  const display = process.env.DISPLAY ?? onPath('Xvfb')
  return { chromium, display }
}

async function findElectron() {
  const { resolveElectron } = await import('../desktop/electron-runtime.mjs')
  return resolveElectron({ allow_old: true, log: say }).catch((error) => {
    say(`Electron cannot be had: ${error.message}`)
    return null
  })
}

/** A MongoDB and a Redis for this run, in a process that ends with it. */
function startServices() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/shared-services.ts'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const end = () =>
      new Promise((ended) => {
        child.on('exit', ended)
        child.stdin.end()
      })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      if (output.includes('\n')) resolve({ ...JSON.parse(output.slice(0, output.indexOf('\n'))), end })
    })
    child.on('exit', () => resolve({ mongodb: null, redis: null, end: async () => {} }))
  })
}

function read(file) {
  try {
    return JSON.parse(readFileSync(join(RESULTS, file), 'utf8'))
  } catch {
    return null
  }
}

const total = { passed: 0, skipped: 0 }
/** What failed, each by name, for the end of the output: whoever reads only that must be able to say what it was. */
const failures = []
const firstLines = (text) => (text ?? '').split('\n').slice(0, 6).join('\n    ')

function count(passed, skipped) {
  total.passed += passed
  total.skipped += skipped
}

/** What is one thing that holds or does not. */
function countOne(holds, failure) {
  if (holds) count(1, 0)
  else failures.push(failure)
}

/** @param named how many failures of it are named already */
function endedBadly(what, code, named) {
  if (code !== 0 && named === 0) failures.push(`${what}: ended with ${code} though no test failed`)
}

async function vitest(projects, { on = '', env = {}, files = [] } = {}) {
  const file = `vitest-${[...projects, on].join('-').replace(/\W+/g, '-')}.json`
  const code = await run(
    `tests: ${projects.join(', ')}${on && ` on ${on}`}`,
    [
      bin('vitest/vitest.mjs'),
      'run',
      '--config',
      'test/vitest.config.ts',
      ...projects.flatMap((name) => ['--project', name]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${join('test-results', file)}`,
      ...files,
    ],
    env,
  )
  const result = read(file)
  const where = `${projects.join(', ')}${on && ` on ${on}`}`
  if (!result) return failures.push(`${where}: ended without a result`)
  const before = failures.length
  for (const suite of result.testResults)
    for (const test of suite.assertionResults.length > 0 ? suite.assertionResults : [suite])
      if (test.status === 'failed')
        failures.push(
          `${where}: ${relative(ROOT, suite.name)}: ${test.fullName ?? ''}\n    ${firstLines(test.failureMessages?.[0] ?? test.message)}`,
        )
  endedBadly(where, code, failures.length - before)
  count(result.numPassedTests, result.numPendingTests)
}

/** The error, and what the page showed. */
function whyOf(result) {
  const shown = result?.attachments?.find(({ name }) => name === 'page')?.body
  const page = shown ? Buffer.from(shown, 'base64').toString().split('\n').slice(0, 80) : []
  return [firstLines(result?.error?.message), ...page].join('\n    ')
}

async function playwright(project, env) {
  const file = `playwright-${project}.json`
  const code = await run(
    `tests: ${project}`,
    [
      bin('@playwright/test/cli.js'),
      'test',
      '-c',
      'test/playwright.config.ts',
      `--project=${project}`,
      '--reporter=list,json',
    ],
    {
      PLAYWRIGHT_JSON_OUTPUT_NAME: join(RESULTS, file),
      ...env,
    },
  )
  const result = read(file)
  if (!result?.stats) return failures.push(`${project}: ended without a result`)
  const { stats } = result
  const before = failures.length
  const walk = (suite) => {
    for (const spec of suite.specs ?? [])
      if (!spec.ok)
        failures.push(`${project}: ${suite.file}: ${spec.title}\n    ${whyOf(spec.tests.at(-1)?.results.at(-1))}`)
    for (const inner of suite.suites ?? []) walk(inner)
  }
  for (const suite of result.suites) walk(suite)
  endedBadly(project, code, failures.length - before)
  count(stats.expected + stats.flaky, stats.skipped)
}

/** The image, built and called; says itself what it needs, and in CI fails without it. Its last line is its count. */
async function image() {
  say('\n== the image')
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/docker/build-and-call.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
    process.stdout.write(data)
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [null, 0, code === 0 ? 0 : 1]
  const named = [...output.matchAll(/^ {2}FAIL {2}(.*\n.*)/gm)].map(([, why]) => why)
  for (let n = 0; n < Number(failed); n++) failures.push(`the image: ${named[n] ?? 'see above'}`)
  count(Number(passed), 0)
}

/** The bridge beside others, in its short form: losses and ratios. Counts as one. */
async function bench() {
  const relay = join(ROOT, 'out', 'node', 'relay', 'main.js')
  const code = await run('the bridge beside others', [
    '--import',
    'tsx',
    'test/bench/bridge.ts',
    '--short',
    '--relay',
    relay,
  ])
  countOne(code === 0, 'the bridge beside others: see above')
}

/** Types, lint and format: each counts as one. */
async function statics() {
  const jobs = [
    ['types', [bin('typescript/bin/tsc'), '-b', '--noEmit']],
    ['lint and format', [bin('@biomejs/biome/bin/biome'), 'check', '.']],
  ]
  for (const [what, args] of jobs) {
    say(`\n== ${what}`)
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
    const output = stdout + stderr
    process.stdout.write(output)
    countOne(status === 0, `${what}: ${firstLines(output.trim())}`)
  }
}

async function main(what) {
  await install()
  rmSync(RESULTS, { recursive: true, force: true })
  mkdirSync(RESULTS, { recursive: true })
  if (what === 'check') {
    await statics()
    await vitest(['fast'])
    return
  }
  await build()
  const services = await startServices()
  try {
    if (what === 'mongo') await onMongo(services)
    else await everything(services)
  } finally {
    await services.end()
  }
}

/** The suites and journeys that touch the store, on the MongoDB of MONGODB_TEST_URL. */
async function onMongo({ mongodb, redis }) {
  if (!mongodb) throw new Error('There is no MongoDB here: set MONGODB_TEST_URL to one that may be written to.')
  say(`\nOn ${mongodb.name}${redis ? ` and ${redis.name}` : ', shared state in-process'}`)
  await vitest(['fast'], { on: 'MongoDB', files: ['test/ports/mongo', 'test/relay/store/mongo'] })
  await vitest(['journeys'], { on: 'MongoDB', env: environmentOf({ mongodb, redis }) })
}

const environmentOf = ({ mongodb, redis }) => ({
  PHONY_TEST_MONGODB: mongodb.url,
  PHONY_TEST_WORKERS: '1',
  ...(redis ? { PHONY_TEST_REDIS: redis.url } : {}),
})

async function everything({ mongodb, redis }) {
  const { chromium, display } = findServices()
  const electron = display ? await findElectron() : null
  say('\nServices of this run')
  say(
    `  store            embedded (SQLite: ${existsSync(bin('@photostructure/sqlite')) && !process.versions.node.match(/^(2[2-9]|[3-9]\d)/) ? '@photostructure/sqlite' : 'node:sqlite'}), and ${mongodb ? mongodb.name : 'MongoDB is missing'}`,
  )
  say(`  shared state     in-process, and ${redis ? redis.name : 'Redis is missing'}`)
  say('  phone and model  simulated at their wire formats; official Twilio client')
  say(`  Chromium         ${chromium ?? 'missing'}`)
  say(`  display          ${display ?? 'missing'}`)
  say(`  Electron         ${electron ? `${electron.version} (${electron.source})` : 'missing'}`)
  for (const [name, service] of Object.entries({
    MongoDB: mongodb,
    Redis: redis,
    Chromium: chromium,
    Electron: electron,
  }))
    if (isCi && !service) failures.push(`In CI ${name} must be there.`)
  await statics()
  await vitest(['fast', 'console'])
  await vitest(['journeys'])
  if (mongodb && redis)
    await vitest(['journeys'], { on: 'MongoDB, Redis and a call worker', env: environmentOf({ mongodb, redis }) })
  else say('\nThe journeys on MongoDB and Redis were left out.')
  if (chromium) await playwright('flows', { CHROMIUM: chromium })
  else say('\nThe console flows were left out: no Chromium here.')
  if (electron) await playwright('shell', { CONSOLE_ELECTRON: electron.exe })
  else say('\nThe desktop shell was left out: no Electron or no display here.')
  await image()
  const canBench = process.platform === 'linux' && ['cc', 'taskset'].every(onPath)
  if (canBench || isCi) await bench()
  else say('\nThe bench of the bridge was left out: it takes Linux, taskset and a C compiler (cc).')
}

main(process.argv[2] ?? 'test').then(
  () => {
    if (failures.length > 0) say(`\nFailed:\n${failures.map((failure) => `  ${failure}`).join('\n')}`)
    say(`\n${total.passed} passed, ${failures.length} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
    process.exit(failures.length > 0 || total.passed === 0 ? 1 : 0)
  },
  (error) => {
    say(error.message)
    say('\n0 passed, 1 failed')
    process.exit(1)
  },
)
