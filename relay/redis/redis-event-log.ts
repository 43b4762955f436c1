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
  /**
   * One page after another: of a hundred consoles that come back at once the last would not be answered in time. A tenant
   * asks for one at a time, so that one with many consoles does not keep the others waiting.
   */
  const inTurn = taker()
  const turns = new Map<string, Taker>()
  const inTurnOf = (tenant_id: string): Taker => {
    const turn = turns.get(tenant_id) ?? taker()
    turns.set(tenant_id, turn)
    return turn
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
      const tenant = of(tenant_id)
      if (!(await tenant.flushed(FLUSH_MS))) return null
      // Redis is away, or the number is none: in both cases the answer is that it cannot be had.
      return inTurnOf(tenant_id)(() => inTurn(() => readSince(tenant, seq))).catch(() => null)
    },
    async last_seq(tenant_id) {
      const tenant = of(tenant_id)
      const head = await tenant.head().catch(() => null)
      return tenant.newest(head?.last ?? null)
    },
    subscribe: (tenant_id, listener, onMissed) => of(tenant_id).subscribe(listener, onMissed),
  }
}

type Taker = <T>(work: () => Promise<T>) => Promise<T>
/** @returns does one piece of work after another, in the order in which they come */
function taker(): Taker {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}

/** Each kept event knows the one before it: what was trimmed away is noticed. */
async function readSince(tenant: TenantEvents, seq: number): Promise<RelayEvent[] | null> {
  const head = await tenant.head()
  if (!(seq <= head.last)) return null
  const page = await tenant.wire.after(seq)
  if (page.length === 0) return head.kept <= seq ? [] : null
  const isWhole = page.every(({ prev_kept }, nth) => (nth === 0 ? prev_kept <= seq : prev_kept === page[nth - 1]!.seq))
  return isWhole ? page.map(({ body, seq }) => numbered(body, seq)) : null
}
