// How many agents the tenant may still make, and in words what one can do when that is none.
import { useConsoleState } from '../../lib/console-context.tsx'
import { countOf } from '../../lib/format.ts'

export interface AgentLimit {
  limit: number | null
  /** Null while it is not known. */
  left: number | null
  fact: string
  more: string
}

/** @source contract/tenants.ts, limits; errors.ts, AGENT_LIMIT_REACHED */
export function useAgentLimit(): AgentLimit {
  const limit = useConsoleState((state) => state.tenant?.limits.agents ?? null)
  const made = useConsoleState((state) =>
    state.agents_reading.state === 'ready' ? Object.keys(state.agents).length : null,
  )
  return {
    limit,
    left: limit === null || made === null ? null : Math.max(0, limit - made),
    fact: `This tenant has as many agents as it may: ${countOf(limit ?? 0, 'agent')}.`,
    more: 'Delete one to make another, or have whoever runs the relay raise the tenant’s limit.',
  }
}
