// The shared-state ports inside one process, against the suites that Redis must pass too.
import { afterAll, beforeAll, vi } from 'vitest'
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
