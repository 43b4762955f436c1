import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { useConsoleState } from '../../lib/console-context.tsx'
import { may } from '../../store/selectors.ts'

/** The agent of a call: the way to it for who may read agents, while it is there. */
export function AgentLink({ call }: { call: Pick<CallSummary, 'agent_id' | 'agent_name'> }) {
  const is_there = useConsoleState((state) => call.agent_id !== null && call.agent_id in state.agents)
  const can_read = useConsoleState(may('agents.read'))
  const name = call.agent_name ?? 'No agent yet'
  if (!is_there || !can_read) return name
  return (
    <a className="agent-link" href={`#/agents/${call.agent_id}`}>
      {name}
    </a>
  )
}
