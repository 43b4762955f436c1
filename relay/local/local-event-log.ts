// The events of each tenant inside one process: a ring of what may be asked for again, and those who listen now.
import type { NewEvent, RelayEvent } from '../../shared/events.ts'
import { EVENTS_KEPT, EVENTS_KEPT_BYTES, EVENTS_PAGE_BYTES, textOf } from '../platform/kept-events.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock, EventLog } from '../platform/ports.ts'

interface TenantLog {
  last_seq: number
  /** The kept event with this number, and those before it, are gone. */
  gone_seq: number
  kept: RelayEvent[]
  kept_bytes: number
  listeners: Set<(event: RelayEvent) => void>
}

/** @param log told of a listener that threw; neither the others nor the appender notice */
export function localEventLog({ clock, log }: { clock: Clock; log?: Pick<Logger, 'error'> }): EventLog {
  const tenants = new Map<string, TenantLog>()
  // Microseconds of the wall clock: after a restart the numbers go on above all earlier ones.
  const first_seq = clock.now().getTime() * 1000

  const logOf = (tenant_id: string): TenantLog => {
    let tenant = tenants.get(tenant_id)
    if (tenant === undefined) {
      tenant = { last_seq: first_seq, gone_seq: first_seq, kept: [], kept_bytes: 0, listeners: new Set() }
      tenants.set(tenant_id, tenant)
    }
    return tenant
  }

  const number = (tenant: TenantLog, event: NewEvent): RelayEvent =>
    ({ seq: ++tenant.last_seq, at: clock.now().toISOString(), ...event }) as RelayEvent

  const keep = (tenant: TenantLog, event: RelayEvent): void => {
    tenant.kept.push(event)
    tenant.kept_bytes += bytesOf(event)
    while (tenant.kept.length > EVENTS_KEPT || tenant.kept_bytes > EVENTS_KEPT_BYTES) {
      const oldest = tenant.kept.shift()!
      tenant.kept_bytes -= bytesOf(oldest)
      tenant.gone_seq = oldest.seq
    }
  }

  const tell = (tenant: TenantLog, event: RelayEvent): void => {
    for (const listener of [...tenant.listeners]) {
      try {
        listener(event)
      } catch (error) {
        log?.error('A listener of events failed', { tenant_id: event.tenant_id, error: String(error) })
      }
    }
  }

  return {
    append(event) {
      const tenant = logOf(event.tenant_id)
      const numbered = number(tenant, event)
      keep(tenant, numbered)
      tell(tenant, numbered)
    },
    announce(event) {
      const tenant = logOf(event.tenant_id)
      tell(tenant, number(tenant, event))
    },
    async since(tenant_id, seq) {
      const tenant = logOf(tenant_id)
      // A number that was never given here belongs to a run before this one whose clock was ahead.
      if (seq < tenant.gone_seq || seq > tenant.last_seq) return null
      const next = firstAfter(tenant.kept, seq)
      let end = next
      for (let bytes = 0; end < tenant.kept.length && bytes < EVENTS_PAGE_BYTES; end++)
        bytes += bytesOf(tenant.kept[end]!)
      return tenant.kept.slice(next, end)
    },
    last_seq: async (tenant_id) => logOf(tenant_id).last_seq,
    // Who listens here is told at once, so nobody misses anything.
    subscribe(tenant_id, listener) {
      const { listeners } = logOf(tenant_id)
      // Its own object, so that the same function may listen twice and end once.
      const own = (event: RelayEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}

const bytesOf = (event: RelayEvent): number => Buffer.byteLength(textOf(event))

/** Where the events after `seq` begin; events are in the order of their numbers. */
function firstAfter(events: RelayEvent[], seq: number): number {
  let [from, to] = [0, events.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (events[middle]!.seq > seq) to = middle
    else from = middle + 1
  }
  return from
}
