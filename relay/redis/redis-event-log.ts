// The events of each tenant over all relays. See event-wire.ts for how they lie in Redis, tenant-events.ts for what
// happens while it is away.

import type { RelayEvent } from '../../shared/events.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock, EventLog } from '../platform/ports.ts'
import { numbered } from './event-wire.ts'
import type { RedisConnection } from './redis-connection.ts'
import { TenantEvents } from './tenant-events.ts'

/** Who asks for what was missed right after an outage waits so long for it; everything is read anew after that. */
const FLUSH_MS = 5_000
/** A relay that stops waits so long for its last events to be taken. */
const LAST_EVENTS_MS = 1_000

export function redisEventLog(deps: {
  redis: RedisConnection
  clock: Clock
  log: Pick<Logger, 'warn' | 'error'>
}): EventLog {
  const { redis } = deps
  const tenants = new Map<string, TenantEvents>()
  const of = (tenant_id: string): TenantEvents => {
    const tenant = tenants.get(tenant_id) ?? new TenantEvents(deps, tenant_id)
    tenants.set(tenant_id, tenant)
    return tenant
  }
  redis.onChange((isUp) => {
    for (const tenant of tenants.values()) tenant.onChange(isUp)
  })
  redis.beforeClose(async () => {
    await Promise.all([...tenants.values()].map((tenant) => tenant.flushed(LAST_EVENTS_MS)))
    for (const tenant of tenants.values()) tenant.close()
  })

  return {
    append: (event) => of(event.tenant_id).take(event, true),
    announce: (event) => of(event.tenant_id).take(event, false),
    async since(tenant_id, seq) {
      // Redis is away, or the number is none: in both cases the answer is that it cannot be had.
      return readSince(of(tenant_id), seq).catch(() => null)
    },
    async last_seq(tenant_id) {
      const tenant = of(tenant_id)
      const head = await tenant.head().catch(() => null)
      return tenant.newest(head?.last ?? null)
    },
    subscribe: (tenant_id, listener, onMissed) => of(tenant_id).subscribe(listener, onMissed),
  }
}

/** Each kept event knows the one before it: what was trimmed away is noticed. */
async function readSince(tenant: TenantEvents, seq: number): Promise<RelayEvent[] | null> {
  if (!(await tenant.flushed(FLUSH_MS))) return null
  const head = await tenant.head()
  if (!(seq <= head.last)) return null
  const events: RelayEvent[] = []
  let before = seq
  for await (const page of tenant.wire.after(seq)) {
    for (const event of page) {
      if (events.length === 0 ? event.prev_kept > seq : event.prev_kept !== before) return null
      events.push(numbered(event.body, event.seq))
      before = event.seq
    }
  }
  return events.length > 0 || head.kept <= seq ? events : null
}
