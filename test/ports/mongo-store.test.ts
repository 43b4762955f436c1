// The store on MongoDB, at two of its levels, against the suite of the port.
import { afterAll, beforeAll } from 'vitest'
import { openMongoStore } from '../../relay/store/mongo-store.ts'
import { freshName } from '../support/fresh-name.ts'
import { describeWithMongo, dropDatabases, type MongoServer, startMongo } from '../support/mongo-server.ts'
import { docStoreSuite } from './doc-store-suite.ts'

const LEVELS = [
  ['database', 40],
  ['schema', 40],
] as const

await describeWithMongo('MongoDB', {}, () => {
  let server: MongoServer
  beforeAll(async () => {
    server = await startMongo()
  }, 60_000)
  afterAll(() => server.stop())

  for (const [isolation_level, sequences] of LEVELS) {
    docStoreSuite(`MongoDB, level ${isolation_level}`, {
      open: async () => {
        const database = `t_${freshName()}`
        const store = await openMongoStore({
          url: server.url,
          database,
          pool_size: 20,
          max_idle_ms: 30_000,
          isolation_level,
          // A loaded test machine is not what the deadline is for.
          deadline_ms: 20_000,
        })
        return {
          store,
          close: async () => {
            await store.close()
            await dropDatabases(server, database)
          },
        }
      },
      fresh: freshName,
      sequences,
    })
  }
})
