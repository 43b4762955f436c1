// The embedded store as a whole: its folder, its thread, its disk.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../relay/platform/logger.ts'
import type { Doc, DocStore } from '../../../relay/store/doc-store.ts'
import { startStoreWorker, WorkerLink } from '../../../relay/store/embedded-link.ts'
import {
  type FromWorker,
  type Operation,
  type Reply,
  sharedClockMs,
  type ToWorker,
} from '../../../relay/store/embedded-protocol.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { tenantScope } from '../../../relay/store/tenant-scope.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'
import { FACTS } from './facts.ts'
import { killedChild } from './killed-child.ts'

// Threads and processes start from source here, which a loaded machine does slowly.
vi.setConfig({ testTimeout: 60_000 })

let folder: ReturnType<typeof temporaryFolder>
let opened: { close(): Promise<void> }[]
beforeEach(() => {
  folder = temporaryFolder()
  opened = []
})
afterEach(async () => {
  for (const one of opened) await one.close()
  folder.remove()
})

async function open(options: Partial<Parameters<typeof openEmbeddedStore>[0]> = {}): Promise<DocStore> {
  const store = await openEmbeddedStore({
    data_dir: folder.path,
    isolation_level: 'database',
    deadline_ms: 20_000,
    ...options,
  })
  opened.push(store)
  return store
}
const factsOf = (store: DocStore, tenant_id = 'tn_facts') =>
  store.forTenant(tenantScope(tenant_id, 'relay')).collection<Doc>(FACTS)
const fact = (n: number, fields: Record<string, unknown> = {}) => ({
  _id: `f${n}`,
  tenant_id: 'tn_facts',
  n,
  ...fields,
})

describe('the data folder', () => {
  test('is made when it is missing, for the relay’s user alone, as are its files', async () => {
    const data_dir = join(folder.path, 'made', 'here')
    const store = await open({ data_dir })
    await factsOf(store).insertOne(fact(1))
    expect(statSync(data_dir).mode & 0o777).toBe(0o700)
    expect(readdirSync(data_dir).length).toBeGreaterThan(2)
    for (const name of readdirSync(data_dir))
      expect([name, statSync(join(data_dir, name)).mode & 0o777]).toEqual([name, 0o600])
  })

  test('holds a file per tenant at level database, made by the first write only', async () => {
    const store = await open()
    expect(await factsOf(store, 'tn_one').find({})).toEqual([])
    expect(await factsOf(store, 'tn_one').count({})).toBe(0)
    await factsOf(store, 'tn_two').insertOne({ _id: 'a', tenant_id: 'tn_two' })
    const files = readdirSync(folder.path).filter((name) => name.endsWith('.sqlite'))
    expect(files).toEqual(['phony_t_tn_two.sqlite'])
  })

  test('holds one file at level schema, and a folder per tenant at level cluster', async () => {
    const levels: Record<string, 'cluster'> = { tn_two: 'cluster' }
    const store = await open({ isolation_level: 'schema', levelOf: (tenant_id) => levels[tenant_id] })
    await factsOf(store, 'tn_one').insertOne({ _id: 'a', tenant_id: 'tn_one' })
    await factsOf(store, 'tn_two').insertOne({ _id: 'a', tenant_id: 'tn_two' })
    expect(existsSync(join(folder.path, 'phony.sqlite'))).toBe(true)
    expect(existsSync(join(folder.path, 'phony_t_tn_two', 'phony.sqlite'))).toBe(true)
  })

  test('a hundred tenants share 64 open files and lose nothing', async () => {
    const store = await open()
    const tenants = Array.from({ length: 100 }, (_, n) => `tn_many${n}`)
    await Promise.all(tenants.map((tenant) => factsOf(store, tenant).insertOne({ _id: 'a', tenant_id: tenant, n: 1 })))
    await Promise.all(tenants.map((tenant) => factsOf(store, tenant).updateOne({ _id: 'a' }, { $inc: { n: 1 } })))
    for (const tenant of tenants) expect(await factsOf(store, tenant).findOne({ _id: 'a' })).toMatchObject({ n: 2 })
    if (process.platform === 'linux') {
      const files = readdirSync('/proc/self/fd').length
      expect(files).toBeLessThan(64 * 3 + 200)
    }
  })

  test('a file in its place is told in one sentence', async () => {
    writeFileSync(join(folder.path, 'file'), '')
    for (const data_dir of [join(folder.path, 'file'), join(folder.path, 'file', 'below')]) {
      await expect(open({ data_dir })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/^Phony cannot use its data folder .*: a file is in its place\. Set DATA_DIR/),
      })
    }
  })

  test.skipIf(process.getuid?.() !== 0)('a folder that may not be written is told in one sentence', async () => {
    const data_dir = join(folder.path, 'locked')
    mkdirSync(data_dir)
    chmodSync(data_dir, 0o555)
    chmodSync(folder.path, 0o755)
    const code = `import('${new URL('../../../relay/store/data-folder.ts', import.meta.url).href}').then((m) => m.prepareFolder('${data_dir}')).catch((error) => console.log(error.message))`
    // As a user that is not root: root may write anywhere.
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', code], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
      env: { ...process.env, HOME: '/tmp', TMPDIR: '/tmp' },
    })
    expect(stdout).toMatch(/this user may not read and write there\. Change its owner, or set DATA_DIR/)
  })

  test('a damaged file fails its own tenant, and is told', async () => {
    writeFileSync(
      join(folder.path, 'phony_t_tn_bad.sqlite'),
      'this is not a database, whatever its name says '.repeat(100),
    )
    const store = await open()
    const bad = store.forTenant(tenantScope('tn_bad', 'relay')).collection<Doc>(FACTS)
    await expect(bad.find({})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('damaged'),
    })
    await factsOf(store).insertOne(fact(1))
    expect(await factsOf(store).count({})).toBe(1)
  })
})

describe('one process per folder', () => {
  test('a second one is refused in one sentence that names the first', async () => {
    await open()
    await expect(open()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `Process ${process.pid} is already using the data folder ${folder.path}; stop it first, or give this one another DATA_DIR.`,
    })
  })

  test('another process is refused too', async () => {
    await open()
    const { stderr } = spawnSync(process.execPath, ['--import', 'tsx', STORE_WRITER, folder.path, '0'], {
      encoding: 'utf8',
    })
    expect(stderr).toContain(`Process ${process.pid} is already using the data folder`)
  })

  test('a closed folder may be opened again, without a warning', async () => {
    const warnings: string[] = []
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
    await (await open({ log })).close()
    await (await open({ log })).close()
    expect(warnings).toEqual([])
  })

  test('the lock of a process that died is taken over, and told', async () => {
    await killedChild(STORE_WRITER, [folder.path, '0'], 20)
    const warnings: string[] = []
    const store = await open({ log: { ...silentLogger, warn: (message) => void warnings.push(message) } })
    await store.ping()
    expect(warnings).toEqual(['The process that used the data folder before did not close it; taken over'])
  })
})

const STORE_WRITER = fileURLToPath(new URL('./store-writer.ts', import.meta.url))

describe('kill -9', () => {
  test('at random moments loses no acknowledged insert and no acknowledged update', { timeout: 90_000 }, async () => {
    const said: string[] = []
    // A slow machine says little in a round, so rounds go on until enough was said.
    for (let round = 0; round < 4 || (said.length <= 50 && round < 20); round++) {
      said.push(...(await killedChild(STORE_WRITER, [folder.path, String(round)], 10 + Math.random() * 150)))
    }
    const facts = factsOf(await open())
    const docs = new Map((await facts.find({})).map((doc) => [doc._id, doc]))
    expect(said.length).toBeGreaterThan(50)
    for (const line of said) {
      const [what, _id] = line.split(' ') as [string, string]
      expect(docs.has(_id)).toBe(true)
      if (what === 'updated') expect(docs.get(_id)).toMatchObject({ updated: true, turns: [1] })
    }
  })
})

describe('the thread', () => {
  test('a large query does not hold the event loop', async () => {
    const facts = factsOf(await open())
    await facts.insertMany(Array.from({ length: 20_000 }, (_, n) => fact(n, { group: n % 7, text: 'x'.repeat(200) })))
    let [longest_ms, last] = [0, performance.now()]
    const beat = setInterval(() => {
      longest_ms = Math.max(longest_ms, performance.now() - last)
      last = performance.now()
    }, 2)
    const start = performance.now()
    await facts.aggregate([{ $group: { _id: '$group', n: { $sum: 1 } } }])
    const took_ms = performance.now() - start
    clearInterval(beat)
    // As a share of the query, which would be all of it in this thread: a loaded machine slows both.
    expect(longest_ms).toBeLessThan(took_ms / 2)
  })

  test('a call that is not answered in time is over, and later ones are answered', async () => {
    const patient = await open()
    await factsOf(patient).insertMany(Array.from({ length: 20_000 }, (_, n) => fact(n)))
    await patient.close()
    const facts = factsOf(await open({ deadline_ms: 40 }))
    await expect(facts.aggregate([{ $group: { _id: '$n', n: { $sum: 1 } } }])).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'The store did not answer within 40 ms.',
    })
    let answer: unknown = null
    for (let attempt = 0; attempt < 100 && answer === null; attempt++) {
      answer = await facts.findOne({ _id: 'f5' }).catch(() => null)
    }
    expect(answer).toMatchObject({ n: 5 })
  })

  test('a call that nobody waits for any more is not performed', async () => {
    const worker = startStoreWorker({ data_dir: folder.path })
    const replies: Reply[] = []
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'replies') replies.push(...message.replies)
    })
    const place = { file: 'x.sqlite', table: 'x', indexes: [] }
    const insert = (_id: string): Operation => ({ kind: 'insert', docs: [{ _id }], isMany: false })
    const send = (message: ToWorker) => worker.postMessage(message)
    const now_ms = sharedClockMs()
    send({ type: 'place', number: 0, place })
    send({ type: 'call', call: { id: 1, place: 0, operation: insert('late'), expires_at_ms: now_ms - 1 } })
    send({
      type: 'call',
      call: { id: 2, place: 0, operation: insert('soon'), expires_at_ms: now_ms + 60_000 },
    })
    const all: Operation = { kind: 'find', filter: {}, options: {} }
    send({ type: 'call', call: { id: 3, place: 0, operation: all, expires_at_ms: now_ms + 60_000 } })
    await until(() => replies.length === 2)
    expect(replies[1]).toEqual({ id: 3, value: [{ _id: 'soon' }] })
    await worker.terminate()
  })

  test('when it dies, what waited is told, and the next call starts it again', async () => {
    const workers: Worker[] = []
    const start = (): Worker => {
      workers.push(startStoreWorker({ data_dir: folder.path }))
      return workers.at(-1)!
    }
    const errors: string[] = []
    const link = new WorkerLink(start, 20_000, {
      ...silentLogger,
      error: (message) => void errors.push(message),
    })
    opened.push(link)
    const at = { file: 'x.sqlite', table: 'x', indexes: [] }
    await link.call(at, { kind: 'insert', docs: [{ _id: 'a' }], isMany: false })
    const waiting = link.call(at, {
      kind: 'insert',
      docs: Array.from({ length: 30_000 }, (_, n) => ({ _id: `m${n}` })),
      isMany: true,
    })
    await workers[0]!.terminate()
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await link.call(at, { kind: 'find', filter: { _id: 'a' }, options: {} })).toEqual([{ _id: 'a' }])
    expect(workers).toHaveLength(2)
  })

  test('a closed store says so, and closing twice is closing once', async () => {
    const store = await open()
    const facts = factsOf(store)
    const pending = facts.insertOne(fact(1))
    await store.close()
    await pending
    await store.close()
    await expect(facts.find({})).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The store is closed.',
    })
  })

  test('what cannot leave the thread is refused', async () => {
    const facts = factsOf(await open())
    await expect(facts.insertOne(fact(1, { run: () => {} }))).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await facts.insertOne(fact(1))
  })
})

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0

describe.skipIf(!canMount)('a full disk', () => {
  let disk: string
  beforeEach(() => {
    disk = join(folder.path, 'disk')
    mkdirSync(disk)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    spawnSync('umount', ['-l', disk])
  })

  test('is NO_SPACE, nothing is half-written, and it works again when there is space', async () => {
    const data_dir = join(disk, 'store')
    const store = await open({ data_dir })
    const facts = factsOf(store)
    const kept = new Set<string>()
    const codes = new Set<string>()
    // Single and together, small and large: a transaction that fails must not take acknowledged neighbours with it.
    for (let n = 0; n < 600; n += 6) {
      const attempts = Array.from({ length: 6 }, (_, at) =>
        fact(n + at, { text: 'x'.repeat(at === 0 ? 60_000 : 3_000) }),
      )
      await Promise.all(
        attempts.map((doc) =>
          facts.insertOne(doc).then(
            () => kept.add(doc._id),
            (error: { code: string }) => codes.add(error.code),
          ),
        ),
      )
    }
    expect([...codes]).toEqual(['NO_SPACE'])
    expect(kept.size).toBeGreaterThan(50)
    const before = await facts.find({})
    expect(new Set(before.map((doc) => doc._id))).toEqual(kept)
    const many = Array.from({ length: 100 }, (_, n) => fact(10_000 + n, { text: 'x'.repeat(60_000) }))
    await expect(facts.insertMany(many)).rejects.toMatchObject({ code: 'NO_SPACE' })
    await expect(facts.updateMany({}, { $set: { more: 'x'.repeat(50_000) } })).rejects.toMatchObject({
      code: 'NO_SPACE',
    })
    expect(await facts.count({ more: { $exists: true } })).toBe(0)
    expect(await facts.count({})).toBe(kept.size)

    spawnSync('mount', ['-o', 'remount,size=60m', disk])
    await facts.insertOne(fact(20_000))
    await store.close()
    const again = factsOf(await open({ data_dir }))
    expect(new Set((await again.find({})).map((doc) => doc._id))).toEqual(new Set([...kept, 'f20000']))
  })
})

describe('emitted JavaScript', () => {
  test('opens its worker as JavaScript', async () => {
    const out = join(folder.path, 'out')
    const root = fileURLToPath(new URL('../../../', import.meta.url))
    const entry = join(root, 'relay/store/embedded-store.ts')
    const options = [
      '--outDir',
      out,
      '--rootDir',
      root,
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--rewriteRelativeImportExtensions',
      '--skipLibCheck',
      '--noCheck',
      '--ignoreConfig',
    ]
    const tsc = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, entry, join(root, 'relay/store/embedded-worker.ts')],
      { cwd: root, encoding: 'utf8' },
    )
    expect(tsc.stdout + tsc.stderr).toBe('')
    writeFileSync(join(out, 'package.json'), '{"type":"module"}')
    spawnSync('ln', ['-s', join(root, 'node_modules'), join(out, 'node_modules')])
    const code = `import { openEmbeddedStore } from './relay/store/embedded-store.js'
      const store = await openEmbeddedStore({ data_dir: ${JSON.stringify(join(folder.path, 'data'))}, isolation_level: 'database' })
      const things = store.platform.collection({ name: 'things', scope: 'platform', indexes: [] })
      await things.insertOne({ _id: 'a' })
      console.log(JSON.stringify(await things.find({})))
      await store.close()`
    writeFileSync(join(out, 'main.js'), code)
    const child = spawn(process.execPath, ['main.js'], { cwd: out, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(text).toBe('[{"_id":"a"}]\n')
  })
})
