// The events of each tenant inside one process: a ring of what may be asked for again, and those who listen now.
import type { RelayEvent } from '../../shared/events.ts'
import type { Clock, EventLog } from '../platform/ports.ts'

const KEPT = 10_000

interface TenantLog {
  first_seq: number
  seq: number
  /** Numbers at and below this are gone. */
  gone_seq: number
  kept: RelayEvent[]
  listeners: Set<(event: RelayEvent) => void>
}

export function localEventLog({ clock, kept = KEPT }: { clock: Clock; kept?: number }): EventLog {
  const logs = new Map<string, TenantLog>()
  // Microseconds of the wall clock: after a restart the numbers go on above all earlier ones.
  const first_seq = clock.now().getTime() * 1000

  function logOf(tenant_id: string): TenantLog {
    const known = logs.get(tenant_id)
    if (known) return known
    const fresh: TenantLog = { first_seq, seq: first_seq, gone_seq: first_seq, kept: [], listeners: new Set() }
    logs.set(tenant_id, fresh)
    return fresh
  }

  function tell(log: TenantLog, event: RelayEvent): RelayEvent {
    for (const listener of [...log.listeners]) {
      try {
        listener(event)
      } catch {
        // One listener's trouble is not another's.
        log.listeners.delete(listener)
      }
    }
    return event
  }

  const number = (log: TenantLog, event: object): RelayEvent => ({ ...event, seq: ++log.seq, at: clock.now() }) as unknown as RelayEvent

  return {
    append(event) {
      const log = logOf(event.tenant_id)
      const numbered = number(log, event)
      log.kept.push(numbered)
      if (log.kept.length > kept) log.gone_seq = log.kept.shift()?.seq ?? log.gone_seq
      return tell(log, numbered)
    },
    announce(event) {
      const log = logOf(event.tenant_id)
      return tell(log, number(log, event))
    },
    since(tenant_id, seq) {
      const log = logOf(tenant_id)
      if (seq < log.gone_seq || seq > log.seq) return null
      return log.kept.filter((event) => event.seq > seq)
    },
    last_seq: (tenant_id) => logOf(tenant_id).seq,
    subscribe(tenant_id, listener) {
      const { listeners } = logOf(tenant_id)
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
