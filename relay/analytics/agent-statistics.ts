// The figures of some agents over all time. Every agent that is shown or told of carries them, so only the roll-ups of
// those agents are read.
import type { AgentStatistics } from '../agents/agent-records.ts'
import type { TenantStore } from '../store/doc-store.ts'
import { usageHourly } from './analytics-records.ts'
import { agentStatistics } from './summarize.ts'

/** @returns by agent; one without a call is missing. @throws StoreError */
export async function readStatistics(
  store: TenantStore,
  agent_ids: readonly string[],
): Promise<Map<string, AgentStatistics>> {
  if (agent_ids.length === 0) return new Map()
  const fields = ['agent_id', 'hour_at', 'last_call_at', 'q0', 'q1', 'q2', 'q3']
  return agentStatistics(await usageHourly(store).find({ agent_id: { $in: [...agent_ids] } }, { fields }))
}
