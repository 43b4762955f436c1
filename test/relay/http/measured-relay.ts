// Metrics of a relay whose state a test changes between two scrapes.
import type { HealthReport } from '../../../relay/http/health.ts'
import { createMetrics } from '../../../relay/http/metrics.ts'
import type { ProcessReport } from '../../../relay/http/metrics-process.ts'
import { AudioMeters } from '../../../relay/live/audio-meters.ts'
import { sampleOf } from './samples.ts'

export const ACME = 'tnt_acme0000'
export const NORTHWIND = 'tnt_north000'
export const SINCE = new Date('2030-01-01T00:00:00.000Z')

export const READY_PARTS: HealthReport['parts'] = {
  store: { status: 'ready', since: SINCE },
  disk: { status: 'ready', since: SINCE, free_bytes: 5e9 },
  calls: { status: 'ready', since: SINCE },
  spool: { status: 'ready', since: SINCE, records: 0, oldest_seconds: null },
}

/** Metrics of a relay of two processes, whose state a test may change between two scrapes. */
export function relay() {
  const is = {
    processes: [] as ProcessReport[],
    live_calls: new Map<string, number>(),
    spool: { records: 0, oldest_ms: null as number | null },
    parts: READY_PARTS,
  }
  const metrics = createMetrics({
    version: '1.2.3',
    processes: () => is.processes,
    live_calls: () => is.live_calls,
    spool: () => is.spool,
    health: async () => ({ status: 'ready', parts: is.parts, live_calls: 0 }),
  })
  return {
    is,
    metrics,
    value: (name: string, labels?: Record<string, string>) => sampleOf(metrics.registry, name, labels),
  }
}

export function report(
  process: ProcessReport['process'],
  bridge: Partial<ProcessReport['bridge']> | null,
): ProcessReport {
  return {
    process,
    started_at_seconds: 1_900_000_000,
    cpu_seconds: 12.5,
    resident_bytes: 90_000_000,
    heap_used_bytes: 40_000_000,
    delay_p50_ms: 0.5,
    delay_p99_ms: 8,
    delay_max_ms: 250,
    bridge: bridge && {
      calls: 3,
      frames_in: 1_000,
      frames_out: 400,
      frames_dropped: 2,
      letters_dropped: 5,
      added_delay: new AudioMeters().added_delay.totals,
      interruption: new AudioMeters().interruption.totals,
      is_overloaded: false,
      ...bridge,
    },
  }
}
