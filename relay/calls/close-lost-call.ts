// A call in progress that nobody carries any more, closed for everybody: on disk, on the wall, and among those its tenant
// may have at once.
import { type CallSummaryRecord, summaryOfRecord } from '../live/live-calls.ts'
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallLeases, EventLog, LiveDirectory } from '../platform/ports.ts'
import type { CallRecord, JournalRecord } from './call-facts.ts'
import { endedFact } from './close-open-calls.ts'

/** @param record all that is known of it. Never rejects: what could not be done is in the log. */
export type CloseLostCall = (record: CallRecord, end_reason: string) => Promise<void>

export function createCloseLostCall({
  spool,
  directory,
  leases,
  events,
  log,
}: {
  spool: { append(record: JournalRecord): Promise<void> }
  directory: Pick<LiveDirectory<CallSummaryRecord>, 'remove'>
  leases: Pick<CallLeases, 'release'>
  events: Pick<EventLog, 'append'>
  log: Logger
}): CloseLostCall {
  return async (record, end_reason) => {
    const ref = { tenant_id: record.tenant_id, call_sid: record.call_sid }
    const fact = endedFact(record, end_reason)
    const end = { key: ref.call_sid, tenant_id: ref.tenant_id, seq: record.facts_seq + 1, fact }
    try {
      // A disk that is full refuses once, and then has room for the ends of calls.
      await spool.append(end).catch(() => spool.append(end))
    } catch (error) {
      log.error('A call that was lost could not be closed', { ...ref, error: messageOf(error) })
    }
    directory.remove(ref)
    await leases.release(ref.tenant_id, ref.call_sid)
    const { type: _type, ...ended } = fact
    events.append({
      event_type: 'call.ended',
      tenant_id: ref.tenant_id,
      call_session: summaryOfRecord({ ...record, ...ended }, null),
    })
  }
}
