// The numbers that lead to an agent, and what they mean for what was just saved. Pure.
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'

/** An assignment changes the number, not the agent: where numbers may be read, they are the truth. @source contract/numbers.ts */
export function numbersOf(agent: Agent, assigned: Readonly<Record<string, PhoneNumber>>): string[] {
  const all = Object.values(assigned)
  if (all.length === 0) return agent.phone_numbers
  return all.filter((number) => number.assigned_agent === agent.id).map((number) => number.phone_number)
}

/** Which call follows what was saved, or why none does. @source design.md section 6 */
export function followsWords(agent: Agent, numbers: readonly string[]): string {
  if (!agent.is_active) return 'The agent is paused: no call follows until it is resumed.'
  if (agent.type !== 'outbound' && numbers.length === 0) return 'No number leads to it yet, so no call reaches it.'
  return 'The next call follows.'
}
