// Health as a load balancer asks for it.
import { describe, expect, test } from 'vitest'
import { type HealthDeps, healthRoutes, watchHealth } from '../../../relay/http/health.ts'
import { silentLogger } from '../../../relay/platform/logger.ts'
import { openEmbeddedStore } from '../../../relay/store/embedded-store.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { redisOfFile, withRedisServer } from '../../support/redis-server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { appsForTests } from './asked.ts'

const startApp = appsForTests()
const GIB = 1024 ** 3
const clock = fakeClock()

/** A relay of all parts, each of which a test may change while it is asked. */
async function relay(change: Partial<HealthDeps> = {}) {
  const said: { level: string; message: string; fields: unknown }[] = []
  const write = (level: string) => (message: string, fields?: unknown) => void said.push({ level, message, fields })
  const is = {
    store: async (): Promise<void> => {},
    redis: { up: true, since: new Date('2029-12-31T23:00:00.000Z') },
    disk: { free_bytes: 5 * GIB, is_full: false },
    workers: { wanted: 2, up: 2 },
    spool: { records: 3, oldest_ms: 400 as number | null },
    stopping: false,
    overloaded: false,
  }
  const app = await startApp([
    healthRoutes(
      watchHealth({
        pingStore: () => is.store(),
        isStopping: () => is.stopping,
        isOverloaded: () => is.overloaded,
        live_calls: () => 7,
        now: clock.now,
        log: { ...silentLogger, info: write('info'), warn: write('warn') },
        shared_state: () => is.redis,
        disk: async () => is.disk,
        workers: () => is.workers,
        spool: () => is.spool,
        ...change,
      }),
    ),
  ])
  return { is, said, ready: () => app.get('/health/ready'), live: () => app.get('/health/live') }
}
const away = async (): Promise<void> => {
  throw new Error('connect ECONNREFUSED 10.1.2.3:27017')
}
const never = () => new Promise<never>(() => {})

describe('/health/ready', () => {
  test('with all parts there: 200 ready, every part with its status, since when, and its figures', async () => {
    const { ready } = await relay()
    const answer = await ready()
    const since = clock.now().toISOString()
    expect(answer.status).toBe(200)
    expect(answer.json()).toEqual({
      status: 'ready',
      parts: {
        store: { status: 'ready', since },
        shared_state: { status: 'ready', since: '2029-12-31T23:00:00.000Z' },
        disk: { status: 'ready', since, free_bytes: 5 * GIB },
        workers: { status: 'ready', since, wanted: 2, up: 2 },
        calls: { status: 'ready', since },
        spool: { status: 'ready', since, records: 3, oldest_seconds: 0 },
      },
      live_calls: 7,
    })
  })

  test('parts this installation does not have are not shown', async () => {
    const { ready } = await relay({ shared_state: undefined, workers: undefined })
    expect(Object.keys((await ready()).json().parts)).toEqual(['store', 'disk', 'calls', 'spool'])
  })

  test.each([
    ['the store is away', { store: away }, 'store', 'away'],
    ['Redis is away', { redis: { up: false, since: new Date() } }, 'shared_state', 'away'],
    ['there are more calls than can be carried well', { overloaded: true }, 'calls', 'degraded'],
    ['a worker is missing', { workers: { wanted: 2, up: 1 } }, 'workers', 'degraded'],
    ['the disk has little space', { disk: { free_bytes: GIB / 5, is_full: false } }, 'disk', 'degraded'],
    ['facts wait for long', { spool: { records: 90, oldest_ms: 31_000 } }, 'spool', 'degraded'],
  ])('%s, and calls are still answered: 200 degraded', async (_name, change, part, status) => {
    const { is, ready } = await relay()
    Object.assign(is, change)
    const answer = await ready()
    expect(answer.status).toBe(200)
    expect(answer.json().status).toBe('degraded')
    expect(answer.json().parts[part].status).toBe(status)
  })

  test.each([
    ['the relay is draining', { stopping: true }, 'stopping'],
    ['the disk takes no facts', { disk: { free_bytes: 5 * GIB, is_full: true } }, 'full'],
    ['no worker is up', { workers: { wanted: 2, up: 0 } }, 'unready'],
    [
      'the relay is draining, and all else is away',
      { stopping: true, store: away, workers: { wanted: 2, up: 0 } },
      'stopping',
    ],
  ])('%s: 503', async (_name, change, status) => {
    const { is, ready } = await relay()
    Object.assign(is, change)
    const answer = await ready()
    expect([answer.status, answer.json().status]).toEqual([503, status])
  })

  test('a store that never answers and a disk that hangs: the answer comes within half a second', async () => {
    const { ready } = await relay({ pingStore: never, disk: never })
    const began = performance.now()
    const answer = await ready()
    expect(performance.now() - began).toBeLessThan(500)
    expect(answer.json()).toMatchObject({
      status: 'degraded',
      parts: { store: { status: 'away' }, disk: { status: 'away', free_bytes: null } },
    })
  })

  test('however many ask, a store that hangs is asked once; when it answers it is ready again', async () => {
    let asked = 0
    let answerNow = (): void => {}
    const { ready } = await relay({
      pingStore: () => {
        asked++
        return new Promise((resolve) => {
          answerNow = resolve
        })
      },
    })
    const answers = await Promise.all([ready(), ready(), ready(), ready()])
    await ready()
    expect(answers.map((answer) => answer.json().parts.store.status)).toEqual(Array(4).fill('away'))
    expect(asked).toBe(1)
    answerNow()
    const again = ready()
    await expect.poll(() => asked).toBe(2)
    answerNow()
    expect((await again).json().status).toBe('ready')
  })

  test('a part keeps the moment its status began, and gets a new one when it changes', async () => {
    const { is, ready } = await relay()
    await ready()
    clock.advance(60_000)
    is.store = away
    const left_at = clock.now().toISOString()
    expect((await ready()).json().parts.store).toEqual({ status: 'away', since: left_at })
    clock.advance(60_000)
    expect((await ready()).json().parts.store).toEqual({ status: 'away', since: left_at })
    is.store = async () => {}
    expect((await ready()).json().parts.store).toEqual({ status: 'ready', since: clock.now().toISOString() })
  })

  test('a change from ready to not is logged once, and the way back once', async () => {
    const { is, said, ready } = await relay()
    await ready()
    is.store = away
    for (let times = 0; times < 3; times++) await ready()
    clock.advance(90_000)
    is.store = async () => {}
    for (let times = 0; times < 3; times++) await ready()
    expect(said).toEqual([
      {
        level: 'warn',
        message: 'The relay is not wholly ready',
        fields: { status: 'degraded', parts: ['store'] },
      },
      { level: 'info', message: 'The relay is ready again', fields: { after_ms: 90_000 } },
    ])
  })

  test('stopping is not reported as a fault', async () => {
    const { is, said, ready } = await relay()
    is.stopping = true
    await ready()
    expect(said).toEqual([])
  })

  test('nothing of an error, an address or a path is shown', async () => {
    const { is, ready } = await relay()
    is.store = away
    expect((await ready()).text).not.toMatch(/ECONN|10\.1\.2\.3|\//)
  })
})

test('/health/live answers as long as the process does, whatever is away', async () => {
  const { is, live } = await relay({ pingStore: never, disk: never })
  is.stopping = true
  is.workers.up = 0
  const answer = await live()
  expect([answer.status, answer.json()]).toEqual([200, { status: 'live' }])
})

test('a real store: ready while it is open, away when it is gone', async () => {
  const folder = temporaryFolder()
  const store = await openEmbeddedStore({ data_dir: folder.path, isolation_level: 'schema', log: silentLogger })
  const { ready } = await relay({ pingStore: () => store.ping() })
  expect((await ready()).json().status).toBe('ready')
  await store.close()
  expect((await ready()).json().parts.store.status).toBe('away')
  folder.remove()
})

withRedisServer(() => {
  const file = redisOfFile()
  test('a real Redis: its end makes the relay degraded with Redis’s own moment, its return makes it ready', async () => {
    const redis = await file.open()
    const { ready } = await relay({ shared_state: () => redis.status })
    expect((await ready()).json().status).toBe('ready')
    await file.server.kill9()
    await expect.poll(async () => (await ready()).json().status).toBe('degraded')
    const { shared_state } = (await ready()).json().parts
    expect(shared_state).toEqual({ status: 'away', since: redis.status.since.toISOString() })
    await file.server.restart()
    await expect.poll(async () => (await ready()).json().status, { timeout: 10_000 }).toBe('ready')
  })
})
