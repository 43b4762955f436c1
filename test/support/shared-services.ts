// The MongoDB and the Redis of a whole run, as a process: says in one line where they are, and ends them with itself.

import { mongoIsAvailable, startMongo } from './mongo-server.ts'
import { redisIsAvailable, startRedisServer } from './redis-server.ts'

const mongo = (await mongoIsAvailable({})) ? await startMongo() : null
const redis = redisIsAvailable() ? await startRedisServer() : null
const names = {
  given: 'MongoDB of MONGODB_TEST_URL',
  mongod: 'mongod',
  secantus: 'SecantusDB (speaks its protocol), as',
}

process.stdout.write(
  `${JSON.stringify({
    mongodb: mongo && { url: mongo.url, name: `${names[mongo.kind]} ${mongo.version}` },
    redis: redis && { url: redis.url, name: `Redis ${redis.version}` },
  })}\n`,
)
process.stdin.resume()
process.stdin.on('end', async () => {
  await redis?.stop()
  await mongo?.stop()
  process.exit(0)
})
