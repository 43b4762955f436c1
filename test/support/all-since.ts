// What a console that comes back reads of an event log, page by page.
import type { EventLog } from '../../relay/platform/ports.ts'
import type { RelayEvent } from '../../shared/events.ts'

/** All kept events after a number; null when some are gone. */
export async function allSince(log: EventLog, tenant_id: string, seq: number): Promise<RelayEvent[] | null> {
  const all: RelayEvent[] = []
  for (let last = seq; ; ) {
    const page = await log.since(tenant_id, last)
    if (page === null) return null
    if (page.length === 0) return all
    all.push(...page)
    last = page.at(-1)!.seq
  }
}
