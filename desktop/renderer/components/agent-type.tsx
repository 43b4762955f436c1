import { ArrowLeftRight, PhoneIncoming, PhoneOutgoing } from 'lucide-react'
import type { AgentType } from '../../../shared/contract/agents.ts'
import { Icon } from './icon.tsx'

const ICONS = { inbound: PhoneIncoming, outbound: PhoneOutgoing, hybrid: ArrowLeftRight } as const
export const TYPE_WORDS: Record<AgentType, string> = {
  inbound: 'Inbound',
  outbound: 'Outbound',
  hybrid: 'Hybrid',
}

export function AgentTypeWord({ type }: { type: AgentType }) {
  return (
    <>
      <Icon of={ICONS[type]} className="s" />
      {TYPE_WORDS[type]}
    </>
  )
}
