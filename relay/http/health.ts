// Is it alive, and is it ready to take calls? Every part has a status and since when, found within half a second whatever
// is away. While calls are still answered (store away: routing from memory and the spool carry on) it is degraded, not out.
import { Router } from 'express'
import type { Logger } from '../platform/logger.ts'

export interface HealthDeps {
  /** Settles by itself. @throws when the store does not answer */
  pingStore: () => Promise<void>
  isStopping: () => boolean
  live_calls: () => number
  now: () => Date
  log: Pick<Logger, 'info' | 'warn'>
  /** Left out where one process keeps the state itself. */
  shared_state?: (() => { up: boolean; since: Date }) | undefined
  /** Left out where calls are carried by the process that answers. */
  workers?: (() => { wanted: number; up: number }) | undefined
  /** The disk of the spool; see `metrics-disk.ts`. */
  disk: () => Promise<DiskFacts>
  spool: () => { records: number; oldest_ms: number | null }
  /** Whatever carries calls here cannot keep up: new calls are refused. */
  isOverloaded: () => boolean
}

export interface DiskFacts {
  free_bytes: number
  /** It takes no new facts, so new calls are refused. */
  is_full: boolean
}

export interface Part {
  status: 'ready' | 'away' | 'degraded' | 'full'
  since: Date
}
export interface HealthParts {
  store: Part
  shared_state?: Part
  disk: Part & { free_bytes: number | null }
  workers?: Part & { wanted: number; up: number }
  calls: Part
  spool: Part & { records: number; oldest_seconds: number | null }
}
export type HealthStatus = 'ready' | 'degraded' | 'stopping' | 'full' | 'unready'
export interface HealthReport {
  status: HealthStatus
  parts: HealthParts
  live_calls: number
}
export interface HealthWatch {
  /** Never rejects, and answers within half a second. */
  look(): Promise<HealthReport>
}

/** A part before it is dated; who knows better since when it is so says it. */
type Found = Pick<Part, 'status'> & { since?: Date }

/** Less than the half second within which health answers. */
const ASKED_FOR_MS = 300
/** So little space is worth a word before it is none. */
const LOW_SPACE_BYTES = 256 * 1024 * 1024
/** Facts reach a store that answers within a second; older ones say that something is in their way. */
const LATE_FACTS_MS = 30_000

export function healthRoutes(watch: HealthWatch): Router {
  const router = Router()
  router.get('/health/live', (_req, res) => void res.json({ status: 'live' }))
  router.get('/health/ready', async (_req, res) => {
    const report = await watch.look()
    const isAnswering = report.status === 'ready' || report.status === 'degraded'
    res
      .status(isAnswering ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(report)
  })
  return router
}

/** One for the process: it remembers since when each part is as it is, and says so once when that changes. */
export function watchHealth(deps: HealthDeps): HealthWatch {
  const before = new Map<string, Part>()
  const askStore = bounded(async () => {
    await deps.pingStore()
    return true
  })
  const askDisk = bounded(deps.disk)
  const tell = changesTold(deps)
  let looking: Promise<HealthReport> | null = null

  /** A status that lasts keeps the moment it began. */
  function dated<F extends Found>(name: keyof HealthParts, found: F): F & Part {
    const last = before.get(name)
    const since = found.since ?? (last?.status === found.status ? last.since : deps.now())
    const part = { ...found, since }
    before.set(name, part)
    return part
  }

  async function look(): Promise<HealthReport> {
    const [isStoreThere, disk] = await Promise.all([askStore(), askDisk()])
    const parts: HealthParts = {
      store: dated('store', { status: isStoreThere ? 'ready' : 'away' }),
      ...(deps.shared_state && { shared_state: dated('shared_state', stateOf(deps.shared_state())) }),
      disk: dated('disk', diskOf(disk)),
      ...(deps.workers && { workers: dated('workers', workersOf(deps.workers())) }),
      calls: dated('calls', { status: deps.isOverloaded() ? 'degraded' : 'ready' }),
      spool: dated('spool', spoolOf(deps.spool())),
    }
    const status = overall(parts, deps.isStopping())
    tell(status, parts)
    return { status, parts, live_calls: deps.live_calls() }
  }

  return {
    look() {
      // Anyone may ask: however many do at once, the store is asked once.
      looking ??= look().finally(() => {
        looking = null
      })
      return looking
    },
  }
}

function stateOf({ up, since }: { up: boolean; since: Date }): Found {
  return { status: up ? 'ready' : 'away', since }
}

function diskOf(disk: DiskFacts | null): Found & { free_bytes: number | null } {
  if (disk === null) return { status: 'away', free_bytes: null }
  const { is_full, free_bytes } = disk
  return { status: is_full ? 'full' : free_bytes < LOW_SPACE_BYTES ? 'degraded' : 'ready', free_bytes }
}

function workersOf({ wanted, up }: { wanted: number; up: number }): Found & { wanted: number; up: number } {
  return { status: up === 0 ? 'away' : up < wanted ? 'degraded' : 'ready', wanted, up }
}

function spoolOf({ records, oldest_ms }: { records: number; oldest_ms: number | null }) {
  const oldest_seconds = oldest_ms === null ? null : Math.round(oldest_ms / 1_000)
  const status: Part['status'] = (oldest_ms ?? 0) > LATE_FACTS_MS ? 'degraded' : 'ready'
  return { status, records, oldest_seconds }
}

function overall(parts: HealthParts, isStopping: boolean): HealthStatus {
  if (isStopping) return 'stopping'
  if (parts.workers?.status === 'away') return 'unready'
  if (parts.disk.status === 'full') return 'full'
  return namesNotReady(parts).length === 0 ? 'ready' : 'degraded'
}

const namesNotReady = (parts: HealthParts): string[] =>
  Object.entries(parts).flatMap(([name, part]: [string, Part]) => (part.status === 'ready' ? [] : [name]))

/** Each change is logged once, not each look. Of stopping the log knows from whoever stops. */
function changesTold({ log, now }: Pick<HealthDeps, 'log' | 'now'>) {
  let told: HealthStatus = 'ready'
  let left_at = now()
  return (status: HealthStatus, parts: HealthParts): void => {
    if (status === told || status === 'stopping') return
    if (told === 'ready') left_at = now()
    told = status
    if (status === 'ready') log.info('The relay is ready again', { after_ms: now().getTime() - left_at.getTime() })
    else log.warn('The relay is not wholly ready', { status, parts: namesNotReady(parts) })
  }
}

/**
 * Null when the answer is late or none. A question that is still out is not asked once more on top of itself.
 * The time is the system's: whoever asks for health waits in real time.
 */
function bounded<T>(ask: () => Promise<T>): () => Promise<T | null> {
  let asked: Promise<T> | null = null
  return () => {
    asked ??= ask().finally(() => {
      asked = null
    })
    const answer = asked
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), ASKED_FOR_MS)
      answer
        .then(
          (value) => resolve(value),
          () => resolve(null),
        )
        .finally(() => clearTimeout(timer))
    })
  }
}
