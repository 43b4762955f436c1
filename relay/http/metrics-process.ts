// How a process of the relay fares: measured inside it, front and call workers alike, and shown by the front. Imports no
// metrics library, because a worker carries calls and nothing else. Source: performance, "Export per worker".
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { LiveTotals } from '../live/live-calls.ts'
import type { ProcessName } from './metrics-labels.ts'

/** Of the process itself. Totals count from its start. */
export interface ProcessUsage {
  started_at_seconds: number
  cpu_seconds: number
  resident_bytes: number
  heap_used_bytes: number
  /** How late the event loop was, over the last 15 to 30 seconds: of the looks at it, of which a stall is one. */
  delay_p50_ms: number
  delay_p99_ms: number
  delay_max_ms: number
}

export interface BridgeTotals extends LiveTotals {
  /** Letters to the other side of the link that were dropped because it was slow. */
  letters_dropped: number
}

export interface ProcessReport extends ProcessUsage {
  process: ProcessName
  /** Null for a process that carries no calls. */
  bridge: BridgeTotals | null
}

/** How often the event loop is looked at. What is measured contains this wait, so it is taken off. */
const LOOK_EVERY_MS = 10
/** Longer than the usual 15 s between two scrapes, so that none misses a stall. */
const WINDOW_MS = 30_000

export class ProcessMeter {
  /** Two windows, half a window apart: the older one is read, the other takes its place. */
  readonly #windows: [IntervalHistogram, IntervalHistogram]
  readonly #turn: NodeJS.Timeout
  readonly #started_at_seconds = Date.now() / 1_000 - process.uptime()

  /** @param window_ms the delays of half of it to all of it are shown */
  constructor(window_ms = WINDOW_MS) {
    this.#windows = [openWindow(), openWindow()]
    this.#turn = setInterval(() => {
      const [older, newer] = this.#windows
      older.reset()
      this.#windows.splice(0, 2, newer, older)
    }, window_ms / 2)
    this.#turn.unref()
  }

  usage(): ProcessUsage {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    return {
      started_at_seconds: this.#started_at_seconds,
      cpu_seconds: (user + system) / 1e6,
      resident_bytes: rss,
      heap_used_bytes: heapUsed,
      ...delaysOf(this.#windows[0]),
    }
  }

  close(): void {
    clearInterval(this.#turn)
    for (const window of this.#windows) window.disable()
  }
}

function openWindow(): IntervalHistogram {
  const window = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  window.enable()
  return window
}

function delaysOf(window: IntervalHistogram): Pick<ProcessUsage, 'delay_p50_ms' | 'delay_p99_ms' | 'delay_max_ms'> {
  // An empty window has percentiles too, of no meaning.
  const late_ms = (ns: number): number => (window.count === 0 ? 0 : Math.max(0, ns / 1e6 - LOOK_EVERY_MS))
  return {
    delay_p50_ms: late_ms(window.percentile(50)),
    delay_p99_ms: late_ms(window.percentile(99)),
    delay_max_ms: late_ms(window.max),
  }
}
