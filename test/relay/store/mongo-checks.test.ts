// The start on MongoDB: each thing that is wrong is said in one sentence that names the setting and shows no password.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DocStore } from '../../../relay/store/doc-store.ts'
import { openMongoStore } from '../../../relay/store/mongo-store.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { freshName } from '../../support/fresh-name.ts'
import { describeWithMongo, dropDatabases, type MongoServer, startMongo } from '../../support/mongo-server.ts'
import { freePort } from '../../support/relay-process.ts'
import { PRIMARY, startScriptedMongo } from '../../support/scripted-mongo.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

// Servers start here, which a loaded machine does slowly.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const PASSWORD = 'correct-horse/battery'
const WRITTEN = encodeURIComponent(PASSWORD)

function open(url: string, database = `t_${freshName()}`, patience_ms = 600): Promise<DocStore> {
  return openMongoStore({
    url,
    database,
    pool_size: 5,
    max_idle_ms: 30_000,
    isolation_level: 'database',
    deadline_ms: 5_000,
    patience_ms,
  })
}

/** The sentence with which it does not start. */
async function refusal(attempt: Promise<DocStore>): Promise<string> {
  const error = await attempt.then(
    async (store) => {
      await store.close()
      return expect.unreachable('it started')
    },
    (reason) => reason,
  )
  expect(error).toMatchObject({ name: 'StoreError', code: 'UNAVAILABLE' })
  expect(error.cause).toBeUndefined()
  expect(error.message.trim().split('\n')).toHaveLength(1)
  for (const secret of [PASSWORD, WRITTEN, 'battery', 'wrong-one']) expect(error.message).not.toContain(secret)
  return error.message
}

describe('an address', () => {
  test.each([
    ['http://me:battery@host', 'MONGODB_URL is no address of MongoDB: it begins with mongodb:// or mongodb+srv://.'],
    [
      'mongodb://me:p@battery@host',
      'MONGODB_URL has an @ or / inside its user or password: write them as %40 and %2F.',
    ],
    [
      'mongodb://me:p/battery@host',
      'MONGODB_URL has an @ or / inside its user or password: write them as %40 and %2F.',
    ],
    ['mongodb://me:battery@host:99999', 'MONGODB_URL is no address that MongoDB’s driver takes.'],
    [
      'mongodb://me:battery@host/?colour=red',
      'MONGODB_URL is no address that MongoDB’s driver takes: option colour is not supported.',
    ],
    ['mongodb://', 'MONGODB_URL is no address that MongoDB’s driver takes.'],
  ])('that is none is told without its password: %s', async (url, sentence) => {
    expect(await refusal(open(url))).toBe(sentence.replace('’', "'"))
  })

  test('where nobody listens', async () => {
    const port = await freePort()
    expect(await refusal(open(`mongodb://me:${WRITTEN}@127.0.0.1:${port}`))).toBe(
      `MongoDB at 127.0.0.1:${port} (MONGODB_URL) is not running there: the connection was refused.`,
    )
  })

  test('of a host that has no name', async () => {
    const sentence = await refusal(open(`mongodb://me:${WRITTEN}@nowhere.invalid`))
    expect(sentence).toBe('MongoDB at nowhere.invalid:27017 (MONGODB_URL) cannot be found: no such host name.')
    expect(await refusal(open(`mongodb+srv://me:${WRITTEN}@nowhere.invalid`))).toContain('no such host name')
  })

  test('that does not answer', async () => {
    const proxy = await startFaultProxy(await freePort())
    await proxy.set({ kind: 'blackhole' })
    expect(await refusal(open(`mongodb://127.0.0.1:${proxy.port}`))).toMatch(/does not answer\.$/)
    await proxy.close()
  })

  test('with a name of a database that leaves no room for tenants', async () => {
    for (const database of ['', 'a.b', 'a b', 'x'.repeat(32)]) {
      expect(await refusal(open('mongodb://127.0.0.1', database))).toContain('MONGODB_DATABASE cannot be')
    }
  })
})

// No server at hand can be brought into these states.
describe('a server that is not ready says so in its greeting:', () => {
  const member = { ...PRIMARY, isWritablePrimary: false, secondary: true }

  test.each<[string, (host: string) => object, string, string]>([
    [
      'not initiated',
      () => ({ ok: 1, isreplicaset: true, minWireVersion: 0, maxWireVersion: 25 }),
      '',
      'is a replica set that was not initiated: run rs.initiate().',
    ],
    ['no primary', (host) => ({ ...member, hosts: [host] }), '', 'is a replica set without a primary at this time.'],
    ['a secondary alone', (host) => ({ ...member, hosts: [host] }), '?directConnection=true', 'is not the primary'],
    [
      'another set',
      (host) => ({ ...PRIMARY, hosts: [host] }),
      '?replicaSet=me',
      'has no member of the replica set "me".',
    ],
    ['a MongoDB of long ago', (host) => ({ ...PRIMARY, hosts: [host], maxWireVersion: 3 }), '', 'is of a version that'],
  ])('%s', async (_, greeting, query, sentence) => {
    const server = await startScriptedMongo(greeting)
    const host = `127.0.0.1:${server.port}`
    expect(await refusal(open(`mongodb://${host}/${query}`))).toContain(`MongoDB at ${host} (MONGODB_URL) ${sentence}`)
    await server.close()
  })
})

await describeWithMongo('a MongoDB server', { own: true }, () => {
  let plain: MongoServer
  beforeAll(async () => {
    plain = await startMongo({ own: true })
  })
  afterAll(() => plain.stop())

  describe('with users', () => {
    let server: MongoServer
    let address: (user: string, password: string) => string
    beforeAll(async () => {
      server = await startMongo({ user: { name: 'relay', password: PASSWORD } })
      address = (user, password) => `mongodb://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/`
    })
    afterAll(() => server.stop())

    test('lets in who has the password, also with odd letters', async () => {
      const store = await open(address('relay', PASSWORD), undefined, 5_000)
      await store.ping()
      await store.close()
    })

    test('a wrong password or user', async () => {
      const sentence = `MongoDB at 127.0.0.1:${server.port} (MONGODB_URL) refuses the user or the password.`
      expect(await refusal(open(address('relay', 'wrong-one')))).toBe(sentence)
      expect(await refusal(open(address('nobody', PASSWORD)))).toBe(sentence)
    })

    test('no user at all', async () => {
      expect(await refusal(open(server.url))).toContain('(MONGODB_URL) wants a user and a password.')
    })
  })

  describe('and TLS', () => {
    const folder = temporaryFolder()
    const files = { cert_file: join(folder.path, 'cert.pem'), key_file: join(folder.path, 'key.pem') }
    const known = `tls=true&tlsCAFile=${encodeURIComponent(files.cert_file)}`
    let server: MongoServer
    beforeAll(async () => {
      const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=a test']
      const out = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', files.key_file, '-out', files.cert_file]
      execFileSync('openssl', [...args, ...out], { stdio: 'ignore' })
      server = await startMongo({ tls: files })
    })
    afterAll(async () => {
      await server.stop()
      folder.remove()
    })

    test('with a certificate that is known', async () => {
      const store = await open(`${server.url}?${known}`)
      await store.ping()
      await store.close()
    })

    test('with a certificate that nobody vouches for', async () => {
      expect(await refusal(open(`${server.url}?tls=true`))).toMatch(/fails at TLS \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.$/)
    })

    test('with a certificate of another host', async () => {
      const sentence = await refusal(open(`mongodb://localhost:${server.port}/?${known}`))
      expect(sentence).toMatch(/fails at TLS \(ERR_TLS_CERT_ALTNAME_INVALID\)\.$/)
    })

    test('wanted by the address and not spoken by the server', async () => {
      expect(await refusal(open(`${plain.url}?tls=true`))).toMatch(/does not speak TLS|fails at TLS/)
    })

    test('wanted by the server and not by the address', async () => {
      expect(await refusal(open(server.url))).toMatch(/it may want TLS \(tls=true in the address\)\.$/)
    })

    test('with a file that is not there', async () => {
      expect(await refusal(open(`${server.url}?tls=true&tlsCAFile=/no/such/file.pem`))).toContain('is missing')
    })
  })

  test('that stands alone is refused: it has no retryable writes', async () => {
    const server = await startMongo({ standalone: true })
    try {
      expect(await refusal(open(server.url))).toContain('is a standalone server: start it as a replica set')
      expect(await refusal(open(`${server.url}?replicaSet=rs0`))).toContain('has no member of the replica set "rs0"')
    } finally {
      await server.stop()
    }
  })

  test('that is still starting is waited for', async () => {
    const server = await startMongo({ own: true })
    try {
      await server.kill9()
      const store = open(server.url, undefined, 20_000)
      await server.restart()
      await (await store).close()
    } finally {
      await server.stop()
    }
  })

  describe('and the schema of the store', () => {
    let client: MongoClient
    let database: string
    beforeAll(() => {
      client = new MongoClient(plain.url)
    })
    afterAll(() => client.close())
    beforeEach(() => {
      database = `t_${freshName()}`
    })
    afterEach(() => dropDatabases(plain, database))
    const meta = () => client.db(database).collection<{ _id: string; version: number }>('meta')

    test('is written into an empty store, once, by however many relays', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => open(plain.url, database, 5_000)))
      await Promise.all(stores.map((store) => store.close()))
      expect(await meta().find().toArray()).toEqual([{ _id: 'schema', version: 1 }])
      await (await open(plain.url, database)).close()
    })

    test.each([
      [0, 'is of an older relay: it has schema 0, and this relay reads schema 1; start a relay of schema 0.'],
      [2, 'is of a newer relay: it has schema 2, and this relay reads schema 1; start a relay of schema 2.'],
    ])('%i is refused, saying which relay is needed, and stays as it is', async (version, sentence) => {
      await meta().insertOne({ _id: 'schema', version })
      expect(await refusal(open(plain.url, database))).toBe(`The database "${database}" (MONGODB_DATABASE) ${sentence}`)
      expect(await meta().find().toArray()).toEqual([{ _id: 'schema', version }])
    })

    test('that is missing among collections of others is not written: the database is theirs', async () => {
      await client.db(database).collection('orders').insertOne({ n: 1 })
      expect(await refusal(open(plain.url, database))).toContain('holds "orders" and no schema of Phony')
      expect(await meta().countDocuments()).toBe(0)
    })
  })
})
