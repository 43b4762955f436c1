// What operators watch, as Prometheus reads it: what is counted as it happens, here; what is read at a scrape, in
// `metrics-collected.ts`. Every input is total: a metric never fails the thing it counts. List and meanings: docs/metrics.md.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome } from '../../shared/contract/calls.ts'
import type { EventType } from '../../shared/events.ts'
import type { RefusalReason } from '../calls/answer-call.ts'
import type { JournalRecord } from '../calls/call-facts.ts'
import {
  collectBridges,
  collectCalls,
  collectProcesses,
  collectState,
  type MetricsSources,
  readOnce,
} from './metrics-collected.ts'
import { amount, tenantLabels, wordLabel } from './metrics-labels.ts'
import type { RequestName } from './metrics-requests.ts'

export interface EndedCall {
  tenant_id: string
  outcome: Outcome
  duration_seconds: number
  /** USD */
  cost: number
  interruptions: number
}
export type SocketKind = 'events' | 'listen'

export interface Metrics {
  readonly registry: Registry
  /** A fact of a call is on disk: the one place where the calls of all processes come by. */
  factLaid(record: Pick<JournalRecord, 'tenant_id' | 'fact'>): void
  callEnded(call: EndedCall): void
  /** @param tenant_id null when the number belongs to no one */
  callRefused(tenant_id: string | null, reason: RefusalReason): void
  /** From the caller's last word to the agent's first sound. */
  replied(tenant_id: string, gap_ms: number): void
  /** @param status `gone` when whoever asked left before the answer */
  requestDone(route: RequestName, status: number | 'gone', ms: number): void
  eventTold(event_type: EventType): void
  /** Counts the socket until it closes. */
  socketOpened(kind: SocketKind, socket: { once(event: 'close', listener: () => void): unknown }): void
}

/** Source: performance, goal 11: p50 at most 1.0 s, p95 at most 1.5 s. */
const GAP_BUCKETS_SECONDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10]
/** The carrier gives up on a webhook after 15 s; most answers take milliseconds. */
const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]

/** Shown with 0 from the start: `increase` does not see a series that begins with its first failure. */
const CALLS_NOT_ANSWERED = ['500', '503', '507', 'gone']

export function createMetrics({ version, ...sources }: MetricsSources & { version: string }): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const tenant = tenantLabels()
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })

  new Gauge({ name: 'phony_build', help: 'Always 1; says the version.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  collectCalls(registry, sources.live_calls, tenant)
  const ended = counter('phony_calls_ended_total', 'Calls that ended.', 'tenant_id', 'outcome')
  const refused = counter('phony_calls_refused_total', 'Calls that reached no agent.', 'tenant_id', 'reason')
  const seconds = counter('phony_call_seconds_total', 'Duration of the calls that ended, in seconds.', 'tenant_id')
  const cost = counter('phony_call_cost_usd_total', 'Cost of the calls that ended, in US dollars.', 'tenant_id')
  const interruptions = counter('phony_interruptions_total', 'Times a caller interrupted the agent.', 'tenant_id')
  const gaps = new Histogram({
    name: 'phony_reply_gap_seconds',
    help: 'From the last word of the caller to the first sound of the agent.',
    labelNames: ['tenant_id'],
    buckets: GAP_BUCKETS_SECONDS,
    registers,
  })
  const requests = new Histogram({
    name: 'phony_http_request_seconds',
    help: 'Time to answer a request, by the name of its route.',
    labelNames: ['route', 'status'],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers,
  })
  for (const status of CALLS_NOT_ANSWERED) requests.zero({ route: 'receive_call', status })
  const events = counter('phony_events_told_total', 'Events told to consoles.', 'event_type')
  const sockets = new Gauge({
    name: 'phony_sockets_open',
    help: 'Sockets of consoles that are open: for events, and for listening in.',
    labelNames: ['kind'],
    registers,
  })
  for (const kind of ['events', 'listen']) sockets.set({ kind }, 0)
  collectState(registry, sources)
  const processes = readOnce(sources.processes)
  collectProcesses(registry, processes)
  collectBridges(registry, processes)

  const metrics: Metrics = {
    registry,
    factLaid({ tenant_id, fact }) {
      if (fact.type === 'call_ended')
        metrics.callEnded({ tenant_id, ...fact, interruptions: fact.quality.interruptions })
      if (fact.type === 'turn_final' && fact.turn.kind === 'speech' && fact.turn.reply_gap_ms !== null)
        metrics.replied(tenant_id, fact.turn.reply_gap_ms)
    },
    callEnded(call) {
      const labels = { tenant_id: tenant(call.tenant_id) }
      ended.inc({ ...labels, outcome: wordLabel(call.outcome) })
      seconds.inc(labels, amount(call.duration_seconds))
      cost.inc(labels, amount(call.cost))
      interruptions.inc(labels, amount(call.interruptions))
    },
    callRefused: (tenant_id, reason) => refused.inc({ tenant_id: tenant(tenant_id), reason: wordLabel(reason) }),
    replied: (tenant_id, gap_ms) => gaps.observe({ tenant_id: tenant(tenant_id) }, amount(gap_ms) / 1_000),
    requestDone: (route, status, ms) =>
      requests.observe({ route: wordLabel(route), status: statusLabel(status) }, amount(ms) / 1_000),
    eventTold: (event_type) => events.inc({ event_type: wordLabel(event_type) }),
    socketOpened(kind, socket) {
      const labels = { kind: wordLabel(kind) }
      sockets.inc(labels)
      socket.once('close', () => sockets.dec(labels))
    },
  }
  return metrics
}

function statusLabel(status: number | 'gone'): string {
  return status === 'gone' || (Number.isInteger(status) && status >= 100 && status < 600) ? String(status) : 'other'
}
