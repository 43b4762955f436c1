// A MongoDB and a Redis of its own for one test file, that it may stop, cut off and start again.
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { type MongoServer, mongoIsAvailable, startMongo } from './mongo-server.ts'
import { type RedisServer, redisIsAvailable, startRedisServer } from './redis-server.ts'

export interface Services {
  mongo: MongoServer
  redis: RedisServer
  /** Between the relays and the servers. */
  mongoLine: FaultProxy
  redisLine: FaultProxy
  /** Settings of relays that share them. */
  env(): Record<string, string>
  close(): Promise<void>
}

export async function startServices(): Promise<Services> {
  const mongo = await startMongo({ own: true, durable: true })
  const redis = await startRedisServer({ appendonly: true })
  const mongoLine = await startFaultProxy(mongo.port)
  const redisLine = await startFaultProxy(redis.port)
  const own = randomBytes(6).toString('hex')
  return {
    mongo,
    redis,
    mongoLine,
    redisLine,
    env: () => ({
      // Straight through the line: a client that looks for members would go around it.
      MONGODB_URL: `mongodb://127.0.0.1:${mongoLine.port}/?directConnection=true`,
      MONGODB_DATABASE: `phony_${own}`,
      REDIS_URL: `redis://127.0.0.1:${redisLine.port}`,
      REDIS_KEY_PREFIX: `phony_${own}:`,
      JWT_SECRET: own.repeat(4),
    }),
    async close() {
      await mongoLine.close()
      await redisLine.close()
      await mongo.stop()
      await redis.stop()
    },
  }
}

/** `describe` where both servers can be had; in CI it fails where they cannot. */
export async function describeWithServices(title: string, tests: () => void): Promise<void> {
  const missing = [
    ...((await mongoIsAvailable({ own: true })) ? [] : ['MongoDB']),
    ...(redisIsAvailable() ? [] : ['Redis']),
  ]
  if (missing.length === 0) return void describe(title, () => tests())
  const why = `there is no ${missing.join(' and no ')} here`
  if (process.env.CI) test(title, () => Promise.reject(new Error(why)))
  else describe.skip(`${title} (${why})`, () => tests())
}
