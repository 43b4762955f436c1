// The screen of one agent, once it is read: one that is there, a copy of one, or a new one.
import { CircleX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { WhenRead } from '../../components/page.tsx'
import { Empty } from '../../components/standing.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { createAgentActions } from './agent-actions.ts'
import { AgentForm, placeOfForm } from './agent-form.tsx'

export function AgentEditorPage({
  agent_id,
  copy_of,
  lostBar,
}: {
  /** Null for a new agent. */
  agent_id: string | null
  copy_of: string | null
  lostBar: ReactNode
}) {
  const [, navigate] = useLocation()
  const actions = useActions(createAgentActions)
  const agent = useConsoleState((state) => (agent_id ? state.agents[agent_id] : undefined))
  const source = useConsoleState((state) => (copy_of ? state.agents[copy_of] : undefined))
  const reading = useConsoleState((state) => state.agents_reading)
  const is_there = agent !== undefined || agent_id === null
  return (
    <main className="page">
      {lostBar}
      <WhenRead reading={reading} what="the agent" shape="columns" onRetry={actions.readAgain}>
        {is_there ? (
          <AgentForm key={placeOfForm(agent_id, copy_of)} agent={agent ?? null} source={source ?? null} />
        ) : (
          <Empty
            icon={CircleX}
            fact="There is no such agent"
            act={
              <button type="button" className="btn" onClick={() => navigate('/agents')}>
                Show all agents
              </button>
            }
          >
            It may have been deleted.
          </Empty>
        )}
      </WhenRead>
    </main>
  )
}
