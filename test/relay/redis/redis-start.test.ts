// What the relay says when it cannot use the Redis it was given: one sentence that names REDIS_URL, and no password.
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger as log } from '../../../relay/platform/logger.ts'
import { redisAddress } from '../../../relay/redis/redis-address.ts'
import { faultOfConnection, faultOfServer } from '../../../relay/redis/redis-checks.ts'
import { openRedis } from '../../../relay/redis/redis-connection.ts'
import {
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
  withRedisServer,
} from '../../support/redis-server.ts'

const sentenceOf = (url: string): Promise<string> =>
  openRedis({ url, key_prefix: 'p:', log }).then(
    async (redis) => {
      await redis.close()
      return 'It started.'
    },
    (error: Error) => error.message,
  )

describe('redis: an address that is none', () => {
  test.each([
    'localhost:6379',
    'http://localhost:6379',
    'redis://',
    'redis://:pass word@:6379',
    'redis://:hush/hush@127.0.0.1:6379',
    'redis://:12/hush@127.0.0.1:6379',
    'redis://user:12?hush@127.0.0.1:6379',
    'redis://user:12#hush@127.0.0.1:6379',
    'redis://:100%hush@127.0.0.1:6379',
  ])('%s', async (url) => {
    const sentence = await sentenceOf(url)
    expect(sentence).toMatch(/^REDIS_URL (is no|may have|has a) [^.]+\./)
    expect(sentence).not.toMatch(/hush|12/)
  })

  test('its parts are taken as they are meant', () => {
    expect(redisAddress('rediss://ana:a%40b%2F@redis.example.com/3')).toEqual({
      name: 'redis.example.com:6379',
      options: { host: 'redis.example.com', port: 6379, username: 'ana', password: 'a@b/', db: 3, tls: {} },
    })
    expect(redisAddress('redis://[::1]:7000').options).toMatchObject({ host: '::1', port: 7000, db: 0 })
  })
})

describe('redis: a server that is none', () => {
  const servers: Server[] = []
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const server of servers.splice(0)) server.close()
  })
  const listen = (answer: (socket: Socket) => void) =>
    new Promise<string>((resolve) => {
      const server = createServer((socket) => {
        sockets.push(socket)
        socket.on('error', () => {})
        answer(socket)
      }).listen(0, '127.0.0.1', () => {
        servers.push(server)
        resolve(`redis://:hush@127.0.0.1:${(server.address() as { port: number }).port}`)
      })
    })

  test('nobody listens', async () => {
    expect(await sentenceOf('redis://:hush@127.0.0.1:1')).toBe(
      'Redis at 127.0.0.1:1 (REDIS_URL) is not running there: the connection was refused.',
    )
  })
  test('a name that leads nowhere', () => {
    expect(faultOfConnection({ code: 'ENOTFOUND' }, false)).toBe('cannot be found: no such host name')
  })
  test('one that never answers is not waited for long', async () => {
    const start = performance.now()
    expect(await sentenceOf(await listen(() => {}))).toMatch(/\(REDIS_URL\) does not answer\.$/)
    expect(performance.now() - start).toBeLessThan(3_000)
  })
  test('one that speaks something else', async () => {
    const url = await listen((socket) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')))
    expect(await sentenceOf(url)).toMatch(/is some other server: it does not speak as Redis does\.$/)
  })
  test('one that hangs up, or has no TLS', async () => {
    const url = await listen((socket) => socket.end())
    expect(await sentenceOf(url)).toMatch(/hangs up: it may want TLS \(rediss:\/\/\)\.$/)
    expect(await sentenceOf(url.replace('redis:', 'rediss:'))).toMatch(/may not speak TLS/)
  })
})

describe('redis: what a server says of itself', () => {
  const info = (facts: Record<string, string>): string =>
    Object.entries({
      redis_version: '7.0.15',
      role: 'master',
      maxmemory: '0',
      maxmemory_policy: 'noeviction',
      ...facts,
    })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n')

  test.each(['6.2.0', '6.2.14', '7.0.15', '8.2.1'])('version %s is used', (redis_version) => {
    expect(faultOfServer(info({ redis_version }))).toBeNull()
  })
  test.each(['2.8.9', '5.0.14', '6.0.16'])('version %s is too old', (redis_version) => {
    expect(faultOfServer(info({ redis_version }))).toBe(`is version ${redis_version}: the relay needs 6.2 or newer`)
  })
  test('a policy of eviction matters only where memory has an end', () => {
    expect(faultOfServer(info({ maxmemory_policy: 'allkeys-lru' }))).toBeNull()
    expect(faultOfServer(info({ maxmemory_policy: 'allkeys-lru', maxmemory: '1000' }))).toMatch(/throws keys away/)
    expect(faultOfServer(info({ maxmemory: '1000' }))).toBeNull()
  })
})

withRedisServer(() => {
  describe('redis: a server that cannot be used', () => {
    const servers: RedisServer[] = []
    const start = async (options: RedisServerOptions): Promise<RedisServer> => {
      const server = await startRedisServer(options)
      servers.push(server)
      return server
    }
    afterEach(async () => {
      for (const server of servers.splice(0)) await server.stop()
    })

    test('the right password opens it, none or a wrong one does not', async () => {
      const { url, port } = await start({ password: 'hush-hush' })
      expect(await sentenceOf(url)).toBe('It started.')
      const name = `Redis at 127.0.0.1:${port} (REDIS_URL)`
      expect(await sentenceOf(`redis://127.0.0.1:${port}`)).toBe(
        `${name} wants a password: write it as in redis://:password@host:6379.`,
      )
      expect(await sentenceOf(`redis://:wrong-one@127.0.0.1:${port}`)).toBe(`${name} refuses the user or the password.`)
    })

    test('one that evicts', async () => {
      const { url } = await start({ settings: { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' } })
      expect(await sentenceOf(url)).toMatch(/throws keys away when its memory is full \(maxmemory-policy allkeys-lru\)/)
    })

    test('a replica', async () => {
      const primary = await start({})
      const { url } = await start({ settings: { replicaof: `127.0.0.1 ${primary.port}` } })
      expect(await sentenceOf(url)).toMatch(/is a read-only replica: name its primary\.$/)
    })

    test('a cluster', async () => {
      const { url } = await start({ settings: { 'cluster-enabled': 'yes' } })
      expect(await sentenceOf(url)).toMatch(/is a cluster/)
    })

    test('a user who may not run scripts or publish', async () => {
      const { port } = await start({ settings: { user: 'weak on >pass ~* resetchannels +@all' } })
      expect(await sentenceOf(`redis://weak:pass@127.0.0.1:${port}`)).toMatch(/does not let this user do what/)
    })
  })
})
