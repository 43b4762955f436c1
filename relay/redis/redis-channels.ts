// The channels that this relay hears, at a connection of their own: what is published arrives apart from the answers to
// commands. After a break all of them are taken up again before the connection counts as up.
import type { Redis } from 'ioredis'
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'

export interface Hearing {
  /** Resolves once what is published is heard. Rejects when Redis is away: then it is heard when that is back. */
  isOn: Promise<void>
  stop(): void
}

export class RedisChannels {
  readonly #redis: Redis
  readonly #log: Pick<Logger, 'error'>
  readonly #onChange: () => void
  readonly #hearers = new Map<string, (data: Buffer) => void>()
  #isUp = true
  #breaks = 0

  constructor(redis: Redis, log: Pick<Logger, 'error'>, onChange: () => void) {
    this.#redis = redis
    this.#log = log
    this.#onChange = onChange
    redis.on('messageBuffer', (channel: Buffer, data: Buffer) => this.#give(channel.toString(), data))
    redis.on('ready', () => void this.#resume())
    redis.on('close', () => {
      this.#breaks++
      this.#become(false)
    })
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** One hearer a channel. */
  hear(channel: string, hearer: (data: Buffer) => void): Hearing {
    this.#hearers.set(channel, hearer)
    const isOn = this.#subscribe([channel])
    isOn.catch(() => {})
    return {
      isOn,
      stop: () => {
        if (this.#hearers.get(channel) !== hearer) return
        this.#hearers.delete(channel)
        // A connection that is lost hears nothing any more.
        this.#redis.unsubscribe(channel).catch(() => {})
      },
    }
  }

  async #resume(): Promise<void> {
    const channels = [...this.#hearers.keys()]
    try {
      if (channels.length > 0) await this.#subscribe(channels)
      this.#become(true)
    } catch {
      // The connection was given up in the meantime, and the next one begins again.
    }
  }

  async #subscribe(channels: string[]): Promise<void> {
    const breaks = this.#breaks
    try {
      await this.#redis.subscribe(...channels)
    } catch (error) {
      // Whether it was done is not known, so it is done again, with everything else. After a break it has been.
      if (this.#redis.status === 'ready' && breaks === this.#breaks) this.#redis.disconnect(true)
      throw error
    }
  }

  #become(isUp: boolean): void {
    if (this.#isUp === isUp) return
    this.#isUp = isUp
    this.#onChange()
  }

  #give(channel: string, data: Buffer): void {
    try {
      this.#hearers.get(channel)?.(data)
    } catch (error) {
      this.#log.error('A message from Redis could not be used', { channel, error: messageOf(error) })
    }
  }
}
