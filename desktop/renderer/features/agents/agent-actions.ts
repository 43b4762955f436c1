// Making and changing agents. What is shown changes when the relay says so.
import type { Reply } from '../../../../shared/bridge.ts'
import type { Agent, AgentVersion } from '../../../../shared/contract/agents.ts'
import type { RouteInput, RouteOutput } from '../../../../shared/route.ts'
import type { Routes } from '../../../../shared/routes.ts'
import type { ConsolePorts } from '../../lib/console-context.tsx'
import { readAgents } from '../../store/follow-relay.ts'

type NewAgentInput = RouteInput<Routes['createAgent']>['body']
type AgentChangeInput = RouteInput<Routes['changeAgent']>['body']

export interface AgentActions {
  readAgain(): Promise<void>
  /** Reads the figures anew. What cannot be read stays as it was: they are no reason to take the agents away. */
  readFigures(): Promise<void>
  create(agent: NewAgentInput): Promise<Reply<Agent>>
  change(agent_id: string, change: AgentChangeInput): Promise<Reply<Agent>>
  remove(agent_id: string): Promise<Reply<undefined>>
  /** One page, the newest first. @param cursor where the page before ended; null for the first */
  readVersions(
    agent_id: string,
    cursor: string | null,
  ): Promise<Reply<{ items: AgentVersion[]; next_cursor: string | null }>>
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
    async readFigures() {
      const { session } = store.getState()
      let cursor: string | undefined
      do {
        const reply: Reply<RouteOutput<Routes['listAgents']>> = await bridge.request('listAgents', {
          query: { limit: 200, ...(cursor ? { cursor } : {}) },
        })
        if (!reply.ok || store.getState().session !== session) return
        const read = reply.value
        store.setState((state) => ({ agents: withFigures(state.agents, read.items) }))
        cursor = read.next_cursor ?? undefined
      } while (cursor)
    },
    create: async (agent) => known(await bridge.request('createAgent', { body: agent })),
    change: async (agent_id, change) =>
      known(await bridge.request('changeAgent', { params: { agent_id }, body: change })),
    remove: (agent_id) => bridge.request('deleteAgent', { params: { agent_id } }),
    readVersions: (agent_id, cursor) =>
      bridge.request('listAgentVersions', {
        params: { agent_id },
        query: { limit: 50, ...(cursor ? { cursor } : {}) },
      }),
  }
}

// Everything else of an agent comes with its events, which may be ahead of this reading.
function withFigures(known: Record<string, Agent>, read: readonly Agent[]): Record<string, Agent> {
  const next = { ...known }
  for (const { id, statistics } of read) {
    const agent = known[id]
    if (agent) next[id] = { ...agent, statistics }
  }
  return next
}
