// The relay's way to Redis: one connection for commands and one for what is published, whether they are up, and how its
// failures are told. The adapters of the shared-state ports stand on it.
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Redis } from 'ioredis'
import { messageOf, RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { redisAddress } from './redis-address.ts'
import { type Hearing, RedisChannels } from './redis-channels.ts'
import { faultOfConnection, faultOfServer } from './redis-checks.ts'
import { closeClient, connectRedis, type RedisClient, refusal } from './redis-client.ts'
import { type RedisKeys, redisKeys } from './redis-keys.ts'

export interface RedisConnection {
  readonly keys: RedisKeys
  /** Names this process at this connection; no other has or had it. */
  readonly run_id: string
  /** For health: whether both connections are up, and since when it is so. */
  readonly status: { up: boolean; since: Date }
  readonly isUp: boolean
  /** For libraries that want the driver's own object. */
  readonly commands: Redis
  /** Redis's own clock, as last seen, in milliseconds. */
  now_ms(): number
  /** @throws (rejects) RelayError STORE_UNAVAILABLE within about 0.3 s when Redis is away or refuses */
  ask<T>(work: (commands: Redis) => Promise<T>): Promise<T>
  /** Runs a script as one step that nobody sees half done. Fails as `ask` does. */
  run(script: string, keys: string[], args: (string | number | Buffer)[]): Promise<unknown>
  hear(channel: string, hearer: (data: Buffer) => void): Hearing
  /** Told of every change; after a return all channels are heard again. */
  onChange(listener: (isUp: boolean) => void): () => void
  /** Done first thing when the connection is closed, the newest first, while Redis can still be asked. */
  beforeClose(finish: () => void | Promise<void>): void
  close(): Promise<void>
}

interface OpenRedisOptions {
  url: string
  key_prefix: string
  log: Logger
}

const TRIAL = `
redis.call('SET', KEYS[1], '1', 'PX', 1000)
redis.call('PUBLISH', ARGV[1], '')
return redis.call('DEL', KEYS[1])`
/** How often a connection nobody uses is asked whether it is there, and how late a silent one is noticed. */
const PULSE_MS = 1_000
/** A Redis that refuses (out of memory, no rights) or is slow does so for many commands. */
const FAILURES_LOGGED_EVERY_MS = 10_000

/**
 * Connects and looks at the server.
 * @param key_prefix before every key and channel: installations may share a Redis
 * @throws (rejects) Error with one sentence that names REDIS_URL and shows nothing of a password
 */
export async function openRedis({ url, key_prefix, log }: OpenRedisOptions): Promise<RedisConnection> {
  const address = redisAddress(url)
  const keys = redisKeys(key_prefix)
  const clients: RedisClient[] = []
  try {
    for (let n = 0; n < 2; n++) clients.push(await connectRedis(address))
    const [commands, subscriber] = clients.map(({ redis }) => redis) as [Redis, Redis]
    const fault = await faultOf(commands, subscriber, keys).catch((error: unknown) =>
      faultOfConnection(error, address.options.tls !== undefined),
    )
    if (fault !== null) throw refusal(address, fault)
    for (const client of clients) client.keep()
    return new OpenRedis(commands, subscriber, keys, log)
  } catch (error) {
    for (const { redis } of clients) await closeClient(redis)
    throw error
  }
}

/** Looks at the server, and tries what the relay is going to do: a user of Redis may be allowed only some of it. */
async function faultOf(commands: Redis, subscriber: Redis, keys: RedisKeys): Promise<string | null> {
  const fault = faultOfServer(await commands.info())
  if (fault !== null) return fault
  const name = keys.sharedKey('check', randomBytes(9).toString('base64url'))
  await subscriber.subscribe(name)
  await commands.eval(TRIAL, 1, name, name)
  await subscriber.unsubscribe(name)
  return null
}

class OpenRedis implements RedisConnection {
  readonly run_id = randomBytes(9).toString('base64url')
  readonly commands: Redis
  readonly keys: RedisKeys
  readonly #subscriber: Redis
  readonly #channels: RedisChannels
  readonly #log: Logger
  readonly #pulse: NodeJS.Timeout
  readonly #listeners = new Set<(isUp: boolean) => void>()
  readonly #finishers: (() => void | Promise<void>)[] = []
  #isUp = true
  #since = new Date()
  #lastError = ''
  #failureLoggedAt_ms = Number.NEGATIVE_INFINITY
  #ahead_ms = Date.now() - performance.now()
  #isClosing = false

  constructor(commands: Redis, subscriber: Redis, keys: RedisKeys, log: Logger) {
    this.commands = commands
    this.#subscriber = subscriber
    this.#log = log
    this.keys = keys
    this.#channels = new RedisChannels(subscriber, log, () => this.#look())
    for (const client of [commands, subscriber]) {
      client.on('error', (error) => {
        this.#lastError = messageOf(error)
      })
    }
    commands.on('ready', () => this.#look())
    commands.on('close', () => this.#look())
    this.#pulse = setInterval(() => this.#ping(), PULSE_MS)
    this.#ping()
  }

  get isUp(): boolean {
    return this.#isUp
  }
  get status(): { up: boolean; since: Date } {
    return { up: this.#isUp, since: this.#since }
  }

  now_ms(): number {
    return performance.now() + this.#ahead_ms
  }

  async ask<T>(work: (commands: Redis) => Promise<T>): Promise<T> {
    try {
      return await work(this.commands)
    } catch (error) {
      throw this.#unavailable(error)
    }
  }

  /** With its text each time: a server that was restarted knows none, and asking twice would change the order. */
  run(script: string, keys: string[], args: (string | number | Buffer)[]): Promise<unknown> {
    return this.ask((commands) => commands.eval(script, keys.length, ...keys, ...args))
  }

  hear(channel: string, hearer: (data: Buffer) => void): Hearing {
    return this.#channels.hear(channel, hearer)
  }

  onChange(listener: (isUp: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  beforeClose(finish: () => void | Promise<void>): void {
    this.#finishers.unshift(finish)
  }

  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    for (const finish of this.#finishers) await this.#finish(finish)
    this.#isUp = false
    clearInterval(this.#pulse)
    this.#listeners.clear()
    await Promise.all([closeClient(this.commands), closeClient(this.#subscriber)])
  }

  async #finish(finish: () => void | Promise<void>): Promise<void> {
    try {
      await finish()
    } catch (error) {
      this.#log.error('A part of the shared state could not end in order', { error: messageOf(error) })
    }
  }

  /** Both connections together: what is written and not heard is half a service. */
  #look(): void {
    const isUp = this.commands.status === 'ready' && this.#channels.isUp
    if (isUp === this.#isUp || this.#isClosing) return
    const lasted_ms = Date.now() - this.#since.getTime()
    this.#isUp = isUp
    this.#since = new Date()
    const error = this.#lastError || 'the connection was lost'
    this.#lastError = ''
    if (isUp) this.#log.info('Redis is back', { away_ms: lasted_ms })
    else this.#log.warn('Redis is away', { error })
    for (const listener of [...this.#listeners]) listener(isUp)
  }

  /** Its answers say little; that none comes makes the driver give the connection up. */
  #ping(): void {
    const asked_ms = performance.now()
    this.commands.time().then(
      ([seconds, microseconds]) => {
        const answered_ms = performance.now()
        this.#ahead_ms = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (asked_ms + answered_ms) / 2
      },
      () => {},
    )
    this.#subscriber.ping().catch(() => {})
  }

  /** Only the message goes on: the driver's errors carry the arguments of the command. */
  #unavailable(error: unknown): RelayError {
    const message = messageOf(error)
    this.#logFailure(message, (error as Error).name === 'ReplyError')
    const detail = 'The shared state (Redis) does not answer. Try again in a moment.'
    return new RelayError('STORE_UNAVAILABLE', { detail, retry_after_seconds: 1 }, { cause: new Error(message) })
  }

  /** That it is away was said already; that it refuses or is slow would not be known. */
  #logFailure(error: string, isRefusal: boolean): void {
    const now_ms = performance.now()
    if (!this.#isUp || now_ms - this.#failureLoggedAt_ms < FAILURES_LOGGED_EVERY_MS) return
    this.#failureLoggedAt_ms = now_ms
    if (isRefusal) this.#log.error('Redis refused a command', { error })
    else this.#log.warn('A command to Redis failed', { error })
  }
}
