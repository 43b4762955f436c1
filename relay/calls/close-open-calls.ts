// After a sudden end: calls that the store has as open belong to nobody any more. Each is closed with what is known.
import type { Clock } from '../platform/ports.ts'
import type { DocStore, Filter } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { tenants } from '../tenants/tenant-records.ts'
import type { CallFact, CallRecord, JournalRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { isEscalated } from './escalation.ts'
import { decideOutcome } from './outcome.ts'

/** No call lasts so long: whoever carried it is gone, and its disk with it. */
const FORGOTTEN_MS = 2 * 3_600_000

/**
 * @param lay puts a fact on disk; the spool then brings it to the store like any other
 * @param whose `own`: of this relay, before it takes calls; `forgotten`: of any, long after they must have ended
 */
export async function closeOpenCalls(options: {
  store: DocStore
  lay: (record: JournalRecord) => Promise<void>
  relay_id: string
  clock: Clock
  whose: 'own' | 'forgotten'
}): Promise<number> {
  const { store, lay, relay_id, clock, whose } = options
  const long_ago = new Date(clock.now().getTime() - FORGOTTEN_MS)
  const which: Filter = whose === 'own' ? { relay_id } : { started_at: { $lt: long_ago } }
  let closed = 0
  for (const tenant of await tenants(store).find({})) {
    const sessions = callSessions(store.forTenant(tenantScope(tenant.id, 'relay')))
    for (const call of await sessions.find({ ended_at: null, ...which })) {
      const fact = endedFact(call, 'The relay stopped during the call.')
      await lay({ key: call._id, tenant_id: tenant.id, seq: call.facts_seq + 1, fact })
      closed++
    }
  }
  return closed
}

/** The end of a call that nobody carries any more, with what is known of it. */
export function endedFact(call: CallRecord, end_reason: string): CallFact {
  const lastMoment = call.transcript.reduce(
    (latest, turn) => Math.max(latest, turn.at.getTime()),
    (call.answered_at ?? call.started_at).getTime(),
  )
  const ended_at = new Date(lastMoment)
  const duration_seconds = call.answered_at ? (lastMoment - call.answered_at.getTime()) / 1000 : 0
  const spoke = (speaker: string) => call.transcript.some((turn) => turn.kind === 'speech' && turn.speaker === speaker)
  const escalated = isEscalated(call.transcript)
  const outcome = decideOutcome({
    said_by_agent: null,
    said_by_supervisor: null,
    escalated,
    failed: true,
    caller_spoke: spoke('caller'),
  })
  return {
    type: 'call_ended',
    ended_at,
    status: 'completed',
    outcome,
    escalated,
    end_reason,
    summary: null,
    duration_seconds,
    usage: call.usage,
    cost: call.cost,
    cost_breakdown: call.cost_breakdown,
    quality: call.quality,
    voice: call.voice,
  }
}
