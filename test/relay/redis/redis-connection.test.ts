// The connection itself: how soon an absence is noticed, how soon a return, and that nothing is left behind.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { RelayError } from '../../../relay/platform/errors.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { until } from '../../support/until.ts'

withRedisServer(() => {
  describe('redis: connection', () => {
    const file = redisOfFile()
    const timed = async (work: () => Promise<unknown>): Promise<{ ms: number; error: unknown }> => {
      const start = performance.now()
      const error = await work().then(
        () => null,
        (failure: unknown) => failure,
      )
      return { ms: performance.now() - start, error }
    }

    test("it is up from the start, and its clock is Redis's", async () => {
      const redis = await file.open()
      expect(redis.status.up).toBe(true)
      await sleep(20)
      const [seconds] = await redis.commands.time()
      expect(Math.abs(redis.now_ms() - Number(seconds) * 1_000)).toBeLessThan(1_100)
    })

    test('when the server stands still commands fail soon, and at once when it is known', async () => {
      const redis = await file.open()
      file.server.pause()
      const first = await timed(() => redis.ask((commands) => commands.get('a')))
      // 0.3 s and what a busy machine adds; without a timeout of commands it is a second and more.
      expect(first.ms).toBeLessThan(800)
      expect(first.error).toBeInstanceOf(RelayError)
      expect(first.error).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { retry_after_seconds: 1 } })
      await until(() => !redis.isUp)
      const later = await timed(() => redis.ask((commands) => commands.get('a')))
      expect(later).toMatchObject({ error: { code: 'STORE_UNAVAILABLE' } })
      expect(later.ms).toBeLessThan(50)
      file.server.resume()
      expect((await timed(() => until(() => redis.isUp))).ms).toBeLessThan(2_000)
      await redis.ask((commands) => commands.get('a'))
    })

    test('a server that stands still is noticed although nobody asks it anything', async () => {
      const redis = await file.open()
      file.server.pause()
      expect((await timed(() => until(() => !redis.isUp))).ms).toBeLessThan(2_500)
      file.server.resume()
    })

    test('an absence and a return are told, logged and dated', async () => {
      const redis = await file.open()
      const told: boolean[] = []
      redis.onChange((isUp) => void told.push(isUp))
      const before = redis.status.since
      await file.server.kill9()
      await until(() => !redis.isUp)
      expect(redis.status.up).toBe(false)
      expect(redis.status.since.getTime()).toBeGreaterThan(before.getTime())
      await file.server.restart()
      expect((await timed(() => until(() => redis.isUp))).ms).toBeLessThan(2_000)
      expect(told).toEqual([false, true])
      expect(file.said).toEqual(['Redis is away', 'Redis is back'])
    })

    test('what was heard before a break is heard after it', async () => {
      const redis = await file.open()
      const heard: string[] = []
      await redis.hear('channel', (data) => void heard.push(data.toString())).isOn
      redis.hear('other', () => {}).stop()
      await file.server.restart()
      await until(() => redis.isUp && file.said.includes('Redis is back'))
      await redis.ask((commands) => commands.publish('channel', 'after'))
      await until(() => heard.length > 0)
      expect(heard).toEqual(['after'])
      expect(await redis.commands.pubsub('CHANNELS')).toEqual(['channel'])
    })

    test('a message that cannot be used is logged and disturbs nobody', async () => {
      const redis = await file.open()
      const heard: string[] = []
      await redis.hear('channel', () => {
        throw new Error('no such thing')
      }).isOn
      await redis.hear('other', (data) => void heard.push(data.toString())).isOn
      await redis.commands.publish('channel', 'bad')
      await redis.commands.publish('other', 'good')
      await until(() => heard.length > 0)
      expect(file.said).toEqual(['A message from Redis could not be used'])
    })

    test('a refusal of Redis itself is logged, for it stays until someone acts', async () => {
      const redis = await file.open()
      await redis.commands.set('text', 'a')
      const { error } = await timed(() => redis.ask((commands) => commands.hget('text', 'field')))
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
      expect(String((error as Error).cause)).toMatch(/WRONGTYPE/)
      expect(file.said).toEqual(['Redis refused a command'])
    })

    test('after the close there is no connection, no timer, and nothing can be asked', async () => {
      const watcher = await file.open()
      const count = async () =>
        String(await watcher.commands.client('LIST'))
          .trim()
          .split('\n').length
      const [connections, timers] = [await count(), process.getActiveResourcesInfo().length]
      const redis = await file.open()
      expect(await count()).toBe(connections + 2)
      const ended: string[] = []
      redis.beforeClose(() => void ended.push('opened first'))
      redis.beforeClose(async () => void ended.push(String(await redis.commands.ping())))
      await redis.close()
      await redis.close()
      expect(ended).toEqual(['PONG', 'opened first'])
      await until(async () => (await count()) === connections)
      await until(() => process.getActiveResourcesInfo().length <= timers)
      await expect(redis.ask((commands) => commands.ping())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      expect(redis.status.up).toBe(false)
    })

    test('it closes also while the server is gone', async () => {
      const redis = await file.open()
      await file.server.kill9()
      await until(() => !redis.isUp)
      expect((await timed(() => redis.close())).ms).toBeLessThan(1_500)
      await file.server.restart()
    })
  })
})
