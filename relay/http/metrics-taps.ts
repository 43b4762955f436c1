// Where the counted things come by: every fact of every call on its way to the disk, and every event on its way to the
// consoles, from whichever process they come.
import type { FactSpool } from '../live/call-journal.ts'
import type { EventLog } from '../platform/ports.ts'
import { StoreError } from '../store/doc-store.ts'
import type { Metrics } from './metrics.ts'
import type { DiskWatch } from './metrics-disk.ts'

/** A fact counts when it is on disk. A disk that took none is told to who watches it. */
export function tapSpool(
  spool: FactSpool,
  { metrics, disk }: { metrics: Pick<Metrics, 'factLaid'>; disk: Pick<DiskWatch, 'refused'> },
): FactSpool {
  return {
    async append(record) {
      try {
        await spool.append(record)
      } catch (error) {
        if (error instanceof StoreError && error.code === 'NO_SPACE') disk.refused()
        throw error
      }
      metrics.factLaid(record)
    },
  }
}

export function tapEvents(events: EventLog, metrics: Pick<Metrics, 'eventTold'>): EventLog {
  return {
    append(event) {
      events.append(event)
      metrics.eventTold(event.event_type)
    },
    announce(event) {
      events.announce(event)
      metrics.eventTold(event.event_type)
    },
    since: (tenant_id, seq) => events.since(tenant_id, seq),
    last_seq: (tenant_id) => events.last_seq(tenant_id),
    subscribe: (...listening) => events.subscribe(...listening),
  }
}
