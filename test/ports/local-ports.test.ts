// The shared-state ports inside one process, against the suites that Redis must pass too.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { localCallBus } from '../../relay/local/local-call-bus.ts'
import { localCallLeases } from '../../relay/local/local-call-leases.ts'
import { localEventLog } from '../../relay/local/local-event-log.ts'
import { localIdempotency } from '../../relay/local/local-idempotency.ts'
import { localListenLines } from '../../relay/local/local-listen-lines.ts'
import { localLiveDirectory } from '../../relay/local/local-live-directory.ts'
import { localRateLimiter } from '../../relay/local/local-rate-limiter.ts'
import { localSessions } from '../../relay/local/local-sessions.ts'
import { localTickets } from '../../relay/local/local-tickets.ts'
import { openEmbeddedStore } from '../../relay/store/embedded-store.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { freshName } from '../support/fresh-name.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { callBusSuite } from './call-bus-suite.ts'
import { callLeasesSuite } from './call-leases-suite.ts'
import { eventLogSuite } from './event-log-suite.ts'
import { idempotencySuite } from './idempotency-suite.ts'
import { listenLinesSuite } from './listen-lines-suite.ts'
import { liveDirectorySuite } from './live-directory-suite.ts'
import { rateLimiterSuite } from './rate-limiter-suite.ts'
import { sessionsSuite } from './sessions-suite.ts'
import type { SharedStateBench } from './shared-state-bench.ts'
import { ticketsSuite } from './tickets-suite.ts'

const clock = fakeClock()
const close = async () => {}
const base = { wait: async (ms: number) => clock.advance(ms), fresh: freshName }
const bench = <Port>(open: () => Port): SharedStateBench<Port> => ({
  ...base,
  open: async () => ({ port: open(), close }),
})

ticketsSuite(
  'local',
  bench(() => localTickets({ clock })),
)
callBusSuite(
  'local',
  bench(() => localCallBus({ clock })),
)
liveDirectorySuite(
  'local',
  bench(() => localLiveDirectory()),
)
listenLinesSuite(
  'local',
  bench(() => localListenLines()),
)
callLeasesSuite(
  'local',
  bench(() => localCallLeases({ clock })),
)
idempotencySuite(
  'local',
  bench(() => localIdempotency({ clock })),
)
eventLogSuite('local', {
  ...base,
  open: async () => ({ port: localEventLog({ clock }), reopen: async () => localEventLog({ clock }), close }),
})

sessionsSuite('local, kept in the embedded store', {
  ...base,
  open: async () => {
    const folder = temporaryFolder()
    const open = () => openEmbeddedStore({ data_dir: folder.path, isolation_level: 'database', deadline_ms: 20_000 })
    let store = await open()
    return {
      port: localSessions({ store, clock }),
      reopen: async () => {
        await store.close()
        store = await open()
        return localSessions({ store, clock })
      },
      close: async () => {
        await store.close()
        folder.remove()
      },
    }
  },
})

// The library of the rate limiter reads Date by itself, so Date stands still in this file; timers do not.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())
rateLimiterSuite('local', {
  ...bench(() => localRateLimiter()),
  wait: async (ms) => void vi.setSystemTime(Date.now() + ms),
})

describe('local: answers to requests with an Idempotency-Key are bounded by what they weigh', () => {
  const megabyte = (sign: string) => sign.repeat(1024 * 1024)
  const answered = async (store: ReturnType<typeof localIdempotency>, key: string, body: string) => {
    await store.begin(key, 'hash', 60)
    await store.finish(key, 200, body)
  }
  const stateOf = async (store: ReturnType<typeof localIdempotency>, key: string) =>
    (await store.begin(key, 'hash', 60)).state

  test('over 32 MB the answers that finished first are forgotten, the newest stay', async () => {
    const store = localIdempotency({ clock })
    for (let n = 0; n < 40; n++) await answered(store, `k${n}`, megabyte('x'))
    expect(await stateOf(store, 'k39')).toBe('done')
    expect(await stateOf(store, 'k9')).toBe('done')
    expect(await stateOf(store, 'k8')).toBe('new')
  })

  test('empty answers are bounded too', async () => {
    const store = localIdempotency({ clock })
    for (let n = 0; n < 100_000; n++) await answered(store, `k${n}`, '')
    expect(await stateOf(store, 'k0')).toBe('new')
    expect(await stateOf(store, 'k99999')).toBe('done')
  })

  test('an answer above 1 MB is not kept, whatever its letters weigh, and pushes no other out', async () => {
    const store = localIdempotency({ clock })
    await answered(store, 'small', 'x')
    await answered(store, 'exact', megabyte('x'))
    await answered(store, 'over', `${megabyte('x')}x`)
    await answered(store, 'wide', 'ü'.repeat(600_000))
    const states = await Promise.all(['small', 'exact', 'over', 'wide'].map((key) => stateOf(store, key)))
    expect(states).toEqual(['done', 'done', 'new', 'new'])
  })

  test('a request that is still running is never forgotten', async () => {
    const store = localIdempotency({ clock })
    await store.begin('running', 'hash', 60)
    for (let n = 0; n < 40; n++) await answered(store, `k${n}`, megabyte('x'))
    expect(await stateOf(store, 'running')).toBe('running')
  })
})
