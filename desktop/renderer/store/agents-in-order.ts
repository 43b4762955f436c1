// One order of agents for every screen: the oldest first, new ones at the end, so that each keeps its place. Pure.
import type { Agent } from '../../../shared/contract/agents.ts'

/**
 * Whatever way an agent came here (a reading, newest first, or an event), it stands at the same place.
 * @source design.md principle 5, "position is memory"; section 8, agents and numbers
 */
export function agentsInOrder(agents: Readonly<Record<string, Agent>>): Agent[] {
  return Object.values(agents).sort(
    (a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1),
  )
}
