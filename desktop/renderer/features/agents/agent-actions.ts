// Making and changing agents. What is shown changes when the relay says so.
import type { Reply } from '../../../../shared/bridge.ts'
import type { Agent, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { RouteInput } from '../../../../shared/route.ts'
import type { Routes } from '../../../../shared/routes.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { readAgents } from '../../store/follow-relay.ts'

type NewAgentInput = RouteInput<Routes['createAgent']>['body']
type AgentChangeInput = RouteInput<Routes['changeAgent']>['body']

export interface AgentActions {
  readAgain(): Promise<void>
  create(agent: NewAgentInput): Promise<Reply<Agent>>
  change(agent_id: string, change: AgentChangeInput): Promise<Reply<Agent>>
  remove(agent_id: string): Promise<Reply<undefined>>
  readVersions(agent_id: string): Promise<Reply<{ items: AgentVersion[] }>>
}

export function createAgentActions({ bridge, store }: Pick<ConsolePorts, 'bridge' | 'store'>): AgentActions {
  // The answer is as good as the event, and may be first; an older one never replaces a newer.
  const known = (reply: Reply<Agent>) => {
    if (reply.ok) {
      store.setState((state) =>
        (state.agents[reply.value.id]?.version ?? 0) > reply.value.version
          ? state
          : { ...state, agents: { ...state.agents, [reply.value.id]: reply.value } },
      )
    }
    return reply
  }
  return {
    readAgain: () => readAgents(bridge, store),
    create: async (agent) => known(await bridge.request('createAgent', { body: agent })),
    change: async (agent_id, change) =>
      known(await bridge.request('changeAgent', { params: { agent_id }, body: change })),
    remove: (agent_id) => bridge.request('deleteAgent', { params: { agent_id } }),
    readVersions: (agent_id) => bridge.request('listAgentVersions', { params: { agent_id }, query: { limit: 50 } }),
  }
}
