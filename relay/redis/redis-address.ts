// REDIS_URL, looked at before the driver sees it, and named in messages without its password.
import type { RedisOptions } from 'ioredis'

export interface RedisAddress {
  /** `host:port`, for messages. */
  name: string
  options: Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>
}

const DEFAULT_PORT = 6379

/** @throws Error with one sentence that shows nothing of a password */
export function redisAddress(url: string): RedisAddress {
  const address = /^rediss?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : null
  if (address === null || address.hostname === '') {
    throw new Error(
      'REDIS_URL is no address of Redis: write redis://:password@host:6379, rediss:// for TLS, ' +
        'and @ : / in a password as %40 %3A %2F.',
    )
  }
  // With a / in its password, half of the password would be read as a host and shown in errors.
  if (!/^\/?\d*$/.test(address.pathname) || address.search !== '' || address.hash !== '') {
    throw new Error(
      'REDIS_URL may have a number after its host and nothing more: redis://:password@host:6379/0. ' +
        'Write / ? # in a password as %2F %3F %23.',
    )
  }
  const host = address.hostname.replace(/^\[|\]$/g, '')
  const port = Number(address.port || DEFAULT_PORT)
  const { username, password } = credentialsOf(address)
  return {
    name: `${address.hostname}:${port}`,
    options: {
      host,
      port,
      db: Number(address.pathname.slice(1)),
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
      ...(address.protocol === 'rediss:' ? { tls: {} } : {}),
    },
  }
}

function credentialsOf({ username, password }: URL): { username: string; password: string } {
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    throw new Error('REDIS_URL has a % in its user or password that stands for nothing: write it as %25.')
  }
}
