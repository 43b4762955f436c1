// One connection of the driver, with the patience that live calls have: a command is answered or has failed after
// 0.3 s, nothing waits for a connection to come back, and a silent connection is given up and made anew.
import { Redis } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'
import { faultOfConnection } from './redis-checks.ts'

/** A black-holed Redis hung a command past 5 s with the driver's own settings. */
const COMMAND_TIMEOUT_MS = 300
/** So much silence while something is asked means that the other side is gone. */
const SILENCE_MS = 1_000
const CONNECT_TIMEOUT_MS = 1_000
/** Together with the time to connect well within the two seconds in which a return must be noticed. */
const LONGEST_RETRY_DELAY_MS = 300
const FIRST_TRIES = 3

export interface RedisClient {
  redis: Redis
  /** From now on it comes back by itself. */
  keep(): void
}

/**
 * @returns a client that is connected
 * @throws (rejects) Error with one sentence that shows nothing of a password
 */
export async function connectRedis(address: RedisAddress): Promise<RedisClient> {
  for (let attempt = 1; ; attempt++) {
    let isKept = false
    let failure: unknown = null
    const redis = new Redis({
      ...address.options,
      lazyConnect: true,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      disconnectTimeout: 100,
      maxRetriesPerRequest: 1,
      maxLoadingRetryTime: 200,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      retryStrategy: (times) => (isKept ? Math.min(times * 50, LONGEST_RETRY_DELAY_MS) : null),
      // A primary that became a replica refuses writes; its name may lead to the new one by now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    })
    redis.on('error', (error) => {
      failure = error
    })
    try {
      await redis.connect()
      return {
        redis,
        keep: () => {
          isKept = true
        },
      }
    } catch (error) {
      await closeClient(redis)
      const fault = faultOfConnection(failure ?? error, address.options.tls !== undefined)
      if (attempt < FIRST_TRIES && fault === 'does not answer') continue
      throw refusal(address, fault)
    }
  }
}

export const refusal = (address: RedisAddress, fault: string): Error =>
  new Error(`Redis at ${address.name} (REDIS_URL) ${fault}.`)

/** Without waiting for what is on the way. */
export async function closeClient(redis: Redis): Promise<void> {
  const isOpen = ['connecting', 'connect', 'ready'].includes(redis.status)
  const ended = isOpen ? new Promise<void>((resolve) => redis.once('end', () => resolve())) : null
  redis.disconnect()
  await ended
}
