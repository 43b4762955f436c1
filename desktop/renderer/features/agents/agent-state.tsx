import { CirclePause, Pencil } from 'lucide-react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { Icon } from '../../components/icon.tsx'

/** Whether an agent answers. */
export function AgentState({ agent, version }: { agent: Pick<Agent, 'is_active'>; version?: number }) {
  const which = version === undefined ? '' : `v${version} `
  return agent.is_active ? (
    <span className="st live">
      <i className="dot" />
      {which ? `${which}live` : 'Live'}
    </span>
  ) : (
    <span className="st paused">
      <Icon of={CirclePause} />
      {which ? `${which}paused` : 'Paused'}
    </span>
  )
}

/** That something is written and not saved. */
export function DraftWord() {
  return (
    <span className="row draft-word">
      <Icon of={Pencil} className="s" />
      unsaved draft
    </span>
  )
}
