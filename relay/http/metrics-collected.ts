// The part of the metrics that is read when someone scrapes: processes, calls in progress, spool, health. Nothing is kept
// here that its owner does not keep already.
import { Counter, Gauge, type Metric, type Registry } from 'prom-client'
import { ADDED_DELAY_BOUNDS_MS, INTERRUPTION_BOUNDS_MS } from '../../shared/contract/calls.ts'
import type { DelayCounts } from '../live/audio-meters.ts'
import type { HealthReport } from './health.ts'
import { amount, processLabel } from './metrics-labels.ts'
import type { BridgeTotals, ProcessReport, ProcessUsage } from './metrics-process.ts'

export interface MetricsSources {
  /** The newest report of each process that runs, this one among them. */
  processes: () => ProcessReport[]
  /** Calls in progress here, by tenant. */
  live_calls: () => ReadonlyMap<string, number>
  spool: () => { records: number; oldest_ms: number | null }
  health: () => Promise<HealthReport>
}

type Read<T> = (from: T) => number

export function collectProcesses(registry: Registry, processes: MetricsSources['processes']): void {
  const usage = (kind: typeof Counter | typeof Gauge, name: string, help: string, read: Read<ProcessUsage>): void =>
    byProcess(registry, kind, { name, help }, () => processes().map((report) => [report.process, read(report)]))
  usage(Counter, 'phony_process_cpu_seconds_total', 'Processor time used, in seconds.', (of) => of.cpu_seconds)
  usage(Gauge, 'phony_process_resident_memory_bytes', 'Resident memory.', (of) => of.resident_bytes)
  usage(Gauge, 'phony_process_heap_used_bytes', 'Memory used by JavaScript objects.', (of) => of.heap_used_bytes)
  usage(Gauge, 'phony_process_start_time_seconds', 'When it started, Unix time.', (of) => of.started_at_seconds)
  usage(Gauge, 'phony_event_loop_delay_p50_seconds', DELAY_HELP('median'), (of) => of.delay_p50_ms / 1_000)
  usage(Gauge, 'phony_event_loop_delay_p99_seconds', DELAY_HELP('99th percentile'), (of) => of.delay_p99_ms / 1_000)
  usage(Gauge, 'phony_event_loop_delay_max_seconds', DELAY_HELP('longest'), (of) => of.delay_max_ms / 1_000)
}
const DELAY_HELP = (of: string): string => `Lateness of the event loop, ${of} of the last 15 to 30 seconds.`

export function collectBridges(registry: Registry, processes: MetricsSources['processes']): void {
  const bridges = (): [string, BridgeTotals][] =>
    processes().flatMap(({ process, bridge }) => (bridge ? [[process, bridge] as [string, BridgeTotals]] : []))
  const totals = (kind: typeof Counter | typeof Gauge, name: string, help: string, read: Read<BridgeTotals>): void =>
    byProcess(registry, kind, { name, help }, () => bridges().map(([process, of]) => [process, read(of)]))
  totals(Gauge, 'phony_process_calls', 'Calls in progress in the process.', (of) => of.calls)
  totals(Counter, 'phony_frames_in_total', 'Audio frames of callers.', (of) => of.frames_in)
  totals(Counter, 'phony_frames_out_total', 'Audio pieces of agents sent to callers.', (of) => of.frames_out)
  totals(Counter, 'phony_frames_dropped_total', 'Audio frames of callers that were dropped.', (of) => of.frames_dropped)
  totals(
    Counter,
    'phony_link_letters_dropped_total',
    'Letters of the link that were dropped.',
    (of) => of.letters_dropped,
  )
  totals(
    Gauge,
    'phony_process_overloaded',
    'Whether the process takes no new calls because it cannot keep up: 1 or 0.',
    (of) => Number(of.is_overloaded),
  )
  registry.registerMetric(
    counted(
      'phony_bridge_added_delay_seconds',
      'From reading a piece of audio to having written it on the other side: of agents each, of frames of callers one in ten.',
      ADDED_DELAY_BOUNDS_MS,
      () => bridges().map(([process, { added_delay }]) => [process, added_delay]),
    ),
  )
  registry.registerMetric(
    counted(
      'phony_interruption_seconds',
      'From the voice of a caller over the agent to when the agent was told to be silent.',
      INTERRUPTION_BOUNDS_MS,
      () => bridges().map(([process, { interruption }]) => [process, interruption]),
    ),
  )
}

export function collectCalls(
  registry: Registry,
  live_calls: MetricsSources['live_calls'],
  tenant: (id: string) => string,
): void {
  /** A tenant whose last call ended is shown with 0, not left out. */
  const seen = new Set<string>()
  new Gauge({
    name: 'phony_live_calls',
    help: 'Calls in progress on this relay.',
    labelNames: ['tenant_id'],
    registers: [registry],
    collect() {
      for (const tenant_id of seen) this.set({ tenant_id }, 0)
      for (const [id, calls] of live_calls()) {
        const tenant_id = tenant(id)
        // Tenants that share a label are added up.
        if (!seen.has(tenant_id)) this.set({ tenant_id }, 0)
        seen.add(tenant_id)
        this.inc({ tenant_id }, amount(calls))
      }
    },
  })
}

export function collectState(registry: Registry, { spool, health }: Pick<MetricsSources, 'spool' | 'health'>): void {
  const registers = [registry]
  new Gauge({
    name: 'phony_spool_records',
    help: 'Facts of calls on disk that the store has not taken yet.',
    registers,
    collect() {
      this.set(amount(spool().records))
    },
  })
  new Gauge({
    name: 'phony_spool_oldest_seconds',
    help: 'Age of the oldest of them; 0 when there is none.',
    registers,
    collect() {
      this.set(amount(spool().oldest_ms) / 1_000)
    },
  })
  new Gauge({
    name: 'phony_part_ready',
    help: 'Whether a part of the relay is ready: 1 or 0.',
    labelNames: ['part'],
    registers,
    async collect() {
      const { parts } = await health()
      this.reset()
      for (const [part, { status }] of Object.entries(parts)) this.set({ part }, status === 'ready' ? 1 : 0)
    },
  })
}

/** All collectors of one scrape run in one turn of the loop: what they share is read once, and is the same for all. */
export function readOnce<T>(read: () => T): () => T {
  let kept: { value: T } | null = null
  return () => {
    if (kept === null) {
      kept = { value: read() }
      queueMicrotask(() => {
        kept = null
      })
    }
    return kept.value
  }
}

/** What was counted elsewhere is set, not added; a process that is gone is gone from here. */
function byProcess(
  registry: Registry,
  Kind: typeof Counter | typeof Gauge,
  what: { name: string; help: string },
  read: () => [string, number][],
): void {
  new Kind({
    ...what,
    labelNames: ['process'],
    registers: [registry],
    collect(this: Counter<'process'> | Gauge<'process'>) {
      this.reset()
      for (const [process, value] of read()) this.inc({ process: processLabel(process) }, amount(value))
    },
  })
}

/** A histogram whose buckets are full already. The library only counts one by one, which is too dear for frames. */
function counted(
  name: string,
  help: string,
  bounds_ms: readonly number[],
  read: () => [string, DelayCounts][],
): Metric {
  const metric = {
    name,
    help,
    get: async () => ({ name, help, type: 'histogram', values: read().flatMap(bucketsOf) }),
    reset: () => {},
  }
  // Of a metric the registry uses these four.
  return metric as unknown as Metric

  function bucketsOf([process_name, { counts, sum_ms }]: [string, DelayCounts]) {
    const process = processLabel(process_name)
    let count = 0
    const buckets = counts.map((more, index) => {
      count += amount(more)
      const bound = bounds_ms[index]
      const le = bound === undefined ? '+Inf' : bound / 1_000
      return { metricName: `${name}_bucket`, labels: { process, le }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { process }, value: amount(sum_ms) / 1_000 },
      { metricName: `${name}_count`, labels: { process }, value: count },
    ]
  }
}
