// A MongoDB server for tests: the one of MONGODB_TEST_URL, else a `mongod` of this machine, else SecantusDB, which
// speaks MongoDB's protocol and comes from PyPI. Servers started here listen on 127.0.0.1 and keep their data in a
// temporary folder. For tests only: an installation runs a real MongoDB.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Document, MongoClient, type MongoClientOptions } from 'mongodb'
import { describe, test } from 'vitest'
import { freePort } from './relay-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface MongoServerOptions {
  /** Not the one of MONGODB_TEST_URL: the test stops it. Implied by all that follows. */
  own?: boolean
  /** What was acknowledged is on disk, as a real MongoDB does for a journaled write. */
  durable?: boolean
  standalone?: boolean
  /** The one user it lets in. */
  user?: { name: string; password: string }
  tls?: { cert_file: string; key_file: string }
}

export interface MongoServer {
  /** Of the server, without a user. */
  url: string
  kind: 'given' | 'mongod' | 'secantus'
  /** Of MongoDB, as it says itself. */
  version: string
  /** Null of a given server, which cannot be stopped either. */
  readonly pid: number | null
  port: number
  stop(): Promise<void>
  /** Ends the process where it stands; its data stays. */
  kill9(): Promise<void>
  /** On the same port and data, once the old process is gone. */
  restart(): Promise<void>
}

const VENV = join(homedir(), '.cache', 'phony', 'secantus')
const SECANTUSD = join(VENV, 'bin', 'secantusd-py')
const PACKAGE = 'SecantusDB==0.7.0b3'
const MISSING = 'no MongoDB here: set MONGODB_TEST_URL, or install mongod, or python3-venv for SecantusDB'
const START_MS = 30_000
const INSTALL_MS = 180_000

export interface MongoNeeds {
  /** A server that the test may stop: not that of MONGODB_TEST_URL. */
  own?: boolean
}

/** `describe` where there is a server; else it is left out and its title says why, and in CI it fails. */
export async function describeWithMongo(title: string, needs: MongoNeeds, tests: () => void): Promise<void> {
  if (await mongoIsAvailable(needs)) describe(title, () => tests())
  else if (process.env.CI) test(title, () => Promise.reject(new Error(MISSING)))
  else describe.skip(`${title} (${MISSING})`, () => tests())
}

/** Installs SecantusDB where there is no other. */
export async function mongoIsAvailable({ own = false }: MongoNeeds): Promise<boolean> {
  return (!own && Boolean(process.env.MONGODB_TEST_URL)) || hasMongod() || (await bringSecantus())
}

const hasMongod = (): boolean => spawnSync('mongod', ['--version']).status === 0

/** Once for a user. Test files run side by side: one brings it, the others wait. */
async function bringSecantus(): Promise<boolean> {
  const lock = `${VENV}.lock`
  for (const end_ms = Date.now() + INSTALL_MS; existsSync(lock) && Date.now() < end_ms; ) await sleep(500)
  if (existsSync(SECANTUSD)) return true
  mkdirSync(dirname(VENV), { recursive: true })
  try {
    mkdirSync(lock)
  } catch {
    // Another was faster, or one that ended halfway left it behind.
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > INSTALL_MS) rmSync(lock, { recursive: true })
    return bringSecantus()
  }
  const run = promisify(execFile)
  try {
    await run('python3', ['-m', 'venv', VENV])
    await run(join(VENV, 'bin', 'pip'), ['install', '--quiet', PACKAGE])
  } catch (error) {
    process.stderr.write(`SecantusDB could not be installed: ${String(error)}\n`)
    rmSync(VENV, { recursive: true, force: true })
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
  return existsSync(SECANTUSD)
}

type Kind = 'mongod' | 'secantus'

export async function startMongo(options: MongoServerOptions = {}): Promise<MongoServer> {
  const given = process.env.MONGODB_TEST_URL
  if (given && Object.keys(options).length === 0) return givenServer(given)
  const kind = hasMongod() ? 'mongod' : 'secantus'
  const folder = temporaryFolder()
  const port = await freePort()
  const url = `mongodb://127.0.0.1:${port}/`
  const { user, tls } = options
  const asClient: MongoClientOptions = tls ? { tls: true, tlsCAFile: tls.cert_file } : {}
  const run = async (withUsers: boolean): Promise<ChildProcess> => {
    const child = startProcess(
      kind,
      ['--port', String(port), ...argsOf(kind, folder.path, options, withUsers)],
      folder.path,
    )
    await ready(child, url, asClient, join(folder.path, 'server.log'))
    return child
  }
  let child = await run(false)
  if (kind === 'mongod' && !options.standalone) await initiate(url, asClient)
  const version = await versionOf(url, asClient)
  if (user) {
    const { name, password } = user
    await ask(url, asClient, { createUser: name, pwd: password, roles: ['root'] })
    await end(child, 'SIGTERM')
    child = await run(true)
  }
  return {
    url,
    kind,
    version,
    port,
    get pid() {
      return child.pid ?? null
    },
    stop: async () => {
      // Its data goes too, so it need not be put in order first, which takes two seconds.
      await end(child, 'SIGKILL')
      folder.remove()
    },
    kill9: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGTERM')
      child = await run(Boolean(user))
    },
  }
}

async function givenServer(url: string): Promise<MongoServer> {
  const refuse = () => Promise.reject(new Error('The server of MONGODB_TEST_URL is not ours to stop.'))
  const port = Number(/:(\d+)(?:[/,?]|$)/.exec(url.replace(/^.*@/, ''))?.[1] ?? 27_017)
  const version = await versionOf(url, {})
  return { url, kind: 'given', version, pid: null, port, stop: async () => {}, kill9: refuse, restart: refuse }
}

function argsOf(kind: Kind, folder: string, options: MongoServerOptions, withUsers: boolean): string[] {
  const { standalone, durable, tls } = options
  if (kind === 'secantus') {
    return [
      ...['--host', '127.0.0.1', '--storage-path', join(folder, 'data')],
      ...(standalone ? ['--standalone'] : []),
      ...(durable ? ['--sync-on-commit'] : []),
      ...(withUsers ? ['--auth'] : []),
      ...(tls ? ['--tls-cert-file', tls.cert_file, '--tls-key-file', tls.key_file] : []),
    ]
  }
  mkdirSync(join(folder, 'data'), { recursive: true })
  return [
    ...['--bind_ip', '127.0.0.1', '--dbpath', join(folder, 'data')],
    ...(standalone ? [] : ['--replSet', 'rs0']),
    ...(withUsers
      ? ['--auth', '--keyFile', secretFile(folder, 'members.key', randomBytes(32).toString('base64'))]
      : []),
    ...(tls ? ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', secretFile(folder, 'tls.pem', pairOf(tls))] : []),
  ]
}

function secretFile(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  if (!existsSync(path)) writeFileSync(path, text, { mode: 0o600 })
  return path
}

const pairOf = ({ cert_file, key_file }: { cert_file: string; key_file: string }): string =>
  `${readFileSync(key_file, 'utf8')}\n${readFileSync(cert_file, 'utf8')}`

function startProcess(kind: Kind, args: string[], folder: string): ChildProcess {
  const log = openSync(join(folder, 'server.log'), 'a')
  const child = spawn(kind === 'mongod' ? 'mongod' : SECANTUSD, args, { stdio: ['ignore', log, log] })
  closeSync(log)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

/** Waits until the process is gone: it holds the lock of its folder. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
}

async function ready(child: ChildProcess, url: string, asClient: MongoClientOptions, log: string): Promise<void> {
  for (const end_ms = Date.now() + START_MS; Date.now() < end_ms; await sleep(50)) {
    if (child.exitCode !== null) break
    try {
      await ask(url, asClient, { hello: 1 })
      return
    } catch {}
  }
  child.kill('SIGKILL')
  throw new Error(`The MongoDB server for tests did not start: ${readFileSync(log, 'utf8').slice(-2_000)}`)
}

async function initiate(url: string, asClient: MongoClientOptions): Promise<void> {
  const host = new URL(url).host
  await ask(url, asClient, { replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } })
  while (!(await ask(url, asClient, { hello: 1 })).isWritablePrimary) await sleep(50)
}

const versionOf = async (url: string, asClient: MongoClientOptions): Promise<string> =>
  String((await ask(url, asClient, { buildInfo: 1 })).version)

async function ask(url: string, asClient: MongoClientOptions, command: Document): Promise<Document> {
  const client = new MongoClient(url, { ...asClient, directConnection: true, serverSelectionTimeoutMS: 500 })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}

/** What a test leaves behind on a server that is not gone with it. */
export async function dropDatabases({ kind, url }: MongoServer, begin: string): Promise<void> {
  if (kind !== 'given') return
  const client = new MongoClient(url)
  try {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
    for (const { name } of databases) if (name.startsWith(begin)) await client.db(name).dropDatabase()
  } finally {
    await client.close()
  }
}
