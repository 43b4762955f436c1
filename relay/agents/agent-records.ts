// Agents and their versions in the store. Statistics are not stored: they are read from the roll-ups.
import type { Agent, AgentVersion } from '../../shared/contract/agents.ts'
import type { Stored } from '../../shared/primitives.ts'
import type { CollectionSpec, DocCollection, TenantStore } from '../store/doc-store.ts'

export type AgentStatistics = Stored<Agent['statistics']>
export type AgentRecord = Omit<Stored<Agent>, 'statistics'> & { _id: string; [field: string]: unknown }
export type AgentVersionRecord = Stored<AgentVersion> & { _id: string; [field: string]: unknown }

const AGENTS = {
  name: 'agents',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, is_active: 1 } }, { keys: { tenant_id: 1, created_at: -1 } }],
} as const satisfies CollectionSpec
const AGENT_VERSIONS = {
  name: 'agent_versions',
  scope: 'tenant',
  indexes: [{ keys: { tenant_id: 1, agent_id: 1, version: -1 } }],
} as const satisfies CollectionSpec

export const agents = (store: TenantStore): DocCollection<AgentRecord> => store.collection<AgentRecord>(AGENTS)
export const agentVersions = (store: TenantStore): DocCollection<AgentVersionRecord> =>
  store.collection<AgentVersionRecord>(AGENT_VERSIONS)

export const NO_STATISTICS: AgentStatistics = {
  total_calls: 0,
  total_minutes: 0,
  average_duration: 0,
  success_rate: 0,
  last_call: null,
}
