// After a sudden end: calls that the store has as open belong to nobody any more. Each is closed with what is known.
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { tenants } from '../tenants/tenant-records.ts'
import type { CallFact, CallRecord, JournalRecord } from './call-facts.ts'
import { callSessions } from './call-records.ts'
import { decideOutcome } from './outcome.ts'

/** @param lay puts a fact on disk; the spool then brings it to the store like any other */
export async function closeOpenCalls(store: DocStore, lay: (record: JournalRecord) => Promise<void>): Promise<number> {
  let closed = 0
  for (const tenant of await tenants(store).find({})) {
    const open = await callSessions(store.forTenant(tenantScope(tenant.id, 'relay'))).find({ ended_at: null })
    for (const call of open) {
      await lay({ key: call._id, tenant_id: tenant.id, seq: call.facts_seq + 1, fact: endedFact(call) })
      closed++
    }
  }
  return closed
}

function endedFact(call: CallRecord): CallFact {
  const lastMoment = call.transcript.reduce(
    (latest, turn) => Math.max(latest, turn.at.getTime()),
    (call.answered_at ?? call.started_at).getTime(),
  )
  const ended_at = new Date(lastMoment)
  const duration_seconds = call.answered_at ? (lastMoment - call.answered_at.getTime()) / 1000 : 0
  const spoke = (speaker: string) => call.transcript.some((turn) => turn.kind === 'speech' && turn.speaker === speaker)
  const outcome = decideOutcome({
    said_by_agent: null,
    said_by_supervisor: null,
    escalated: false,
    failed: true,
    caller_spoke: spoke('caller'),
  })
  return {
    type: 'call_ended',
    ended_at,
    status: 'completed',
    outcome,
    end_reason: 'The relay stopped during the call.',
    summary: null,
    duration_seconds,
    usage: call.usage,
    cost: call.cost,
    cost_breakdown: call.cost_breakdown,
    quality: call.quality,
    voice: call.voice,
  }
}
