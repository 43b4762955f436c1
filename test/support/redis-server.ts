// A Redis server of its own for one test file: on a free port of this machine, without a disk unless it is asked for,
// and with the ways it can go away.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, test } from 'vitest'
import type { Logger } from '../../relay/platform/logger.ts'
import { openRedis, type RedisConnection } from '../../relay/redis/redis-connection.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface RedisServer {
  url: string
  port: number
  version: string
  readonly pid: number
  readonly isRunning: boolean
  /** Ends in order, and does not answer any more. */
  stop(): Promise<void>
  /** Ends without a last word, as in a power cut. */
  kill9(): Promise<void>
  /** Starts again at the same address; what it was not told to keep is gone. */
  restart(): Promise<void>
  /** Stands still: connections stay, nothing is answered, as behind a broken network. */
  pause(): void
  resume(): void
}
export interface RedisServerOptions {
  appendonly?: boolean
  password?: string
  /** More settings, as in redis.conf. */
  settings?: Record<string, string>
}

const version = /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1] ?? null
const MISSING = 'redis-server is not installed, so nothing was tried on Redis'
const TRIES = 5

/** Whether a server can be started here. */
export const redisIsAvailable = (): boolean => version !== null

/** The tests of a file. Without a server on the machine they are skipped, and in CI they fail. */
export function withRedisServer(tests: () => void): void {
  if (version !== null) return tests()
  if (!process.env.CI) return test.skip(MISSING, () => {})
  test(MISSING, () => {
    throw new Error('Install redis-server 6.2 or newer; in CI no test of Redis may be left out.')
  })
}

export interface RedisOfFile {
  server: RedisServer
  /** What the relays logged in this test. */
  said: string[]
  log: Logger
  open(url?: string): Promise<RedisConnection>
  /** Resolves when all that this relay has asked of Redis so far is done, so that others see it. */
  settled(redis: RedisConnection): Promise<void>
}

/** A server for a test file, and relays' connections to it that are closed after each test. */
export function redisOfFile(options?: RedisServerOptions): RedisOfFile {
  const opened: RedisConnection[] = []
  const said: string[] = []
  const write = (message: string): void => void said.push(message)
  const log: Logger = { debug: write, info: write, warn: write, error: write }
  const file: RedisOfFile = {
    server: undefined as unknown as RedisServer,
    said,
    log,
    async open(url = file.server.url) {
      const redis = await openRedis({ url, key_prefix: 'phony:tenant:', log })
      opened.push(redis)
      return redis
    },
    async settled(redis) {
      const hearing = redis.hear(redis.keys.sharedKey('settled'), () => {})
      await hearing.isOn
      hearing.stop()
      await redis.commands.ping()
    },
  }
  beforeAll(async () => {
    file.server = await startRedisServer(options)
  })
  afterEach(async () => {
    // A test that failed half-way may have left it standing still, or dead.
    file.server.resume()
    if (!file.server.isRunning) await file.server.restart()
    await Promise.all(opened.splice(0).map((redis) => redis.close()))
    said.length = 0
  })
  afterAll(() => file.server.stop())
  return file
}

/** @throws (rejects) with what the server said when it does not start */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = temporaryFolder()
  let { child, port } = await startSomewhere(options, folder.path)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    // A process that stands still hears no other signal.
    child.kill('SIGCONT')
    child.kill(signal)
    await ended(child)
  }
  return {
    url: `redis://${options.password ? `:${options.password}@` : ''}127.0.0.1:${port}`,
    port,
    version: version ?? '',
    get pid() {
      return child.pid ?? 0
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null
    },
    async stop() {
      await end('SIGTERM')
      folder.remove()
    },
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL')
      child = await start(options, folder.path, port)
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

/** A port that was free may be taken a moment later. */
async function startSomewhere(
  options: RedisServerOptions,
  dir: string,
): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { child: await start(options, dir, port), port }
    } catch (error) {
      if (attempt === TRIES || !String(error).includes('Address already in use')) throw error
    }
  }
}

function start({ appendonly, password, settings }: RedisServerOptions, dir: string, port: number) {
  const all: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: appendonly ? 'yes' : 'no',
    ...(password ? { requirepass: password } : {}),
    ...settings,
  }
  const words = Object.entries(all).flatMap(([name, value]) => [
    `--${name}`,
    ...(value === '' ? [''] : value.split(' ')),
  ])
  const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise<ChildProcess>((resolve, reject) => {
    let said = ''
    const read = (data: Buffer): void => {
      said += data.toString()
      if (/Ready to accept connections/.test(said)) resolve(child)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.on('error', reject)
    if (child.pid !== undefined) endWithUs(child, child.pid)
    child.on('exit', () => reject(new Error(`redis-server did not start: ${said}`)))
  })
}

/** A test process that is killed runs no hooks: a shell that then finds its input ended ends the server. */
function endWithUs(server: ChildProcess, pid: number): void {
  const guard = spawn('sh', ['-c', 'cat; kill -9 "$0"', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
  server.once('exit', () => guard.kill())
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
