// The MongoDB and the Redis that are measured on, in a process that ends with this one.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'

const SERVERS = fileURLToPath(new URL('../../support/shared-services.ts', import.meta.url))

interface Server {
  url: string
  /** What it is, with its version. */
  name: string
}
export interface Servers {
  mongodb: Server
  redis: Server
  /** Settings of relays that share both, in a database and under keys that nobody used before. */
  env(): Record<string, string>
  close(): Promise<void>
}

/** @throws (rejects) when one of the two cannot be had here */
export async function startServers(): Promise<Servers> {
  const child = spawn(process.execPath, ['--import', 'tsx', SERVERS], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = (): Promise<void> => {
    child.stdin.end()
    return exited
  }
  const line = await firstLine(child.stdout)
  const { mongodb, redis } = JSON.parse(line || '{}') as { mongodb?: Server | null; redis?: Server | null }
  if (!mongodb || !redis) {
    await end()
    throw new Error(`There is no ${mongodb ? 'Redis' : 'MongoDB'} here, and one cannot be brought.`)
  }
  const databases: string[] = []
  return {
    mongodb,
    redis,
    env() {
      const own = `bench_${randomBytes(4).toString('hex')}`
      databases.push(own)
      return {
        MONGODB_URL: mongodb.url,
        MONGODB_DATABASE: own,
        REDIS_URL: redis.url,
        REDIS_KEY_PREFIX: `${own}:`,
        JWT_SECRET: own.repeat(4),
      }
    },
    async close() {
      // Of a server that was started here nothing stays anyway.
      if (process.env.MONGODB_TEST_URL) await dropAll(mongodb.url, databases)
      await end()
    },
  }
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  return new Promise((resolve) => {
    stream.on('data', (data: Buffer) => {
      text += data.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    stream.once('end', () => resolve(''))
  })
}

async function dropAll(url: string, begins: string[]): Promise<void> {
  const client = new MongoClient(url)
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true })
  for (const { name } of databases)
    if (begins.some((begin) => name.startsWith(begin))) await client.db(name).dropDatabase()
  await client.close()
}
