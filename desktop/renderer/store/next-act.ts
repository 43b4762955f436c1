// What a tenant still lacks before a call can reach an agent, and the act that makes good for it. Pure.
import type { Agent } from '../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { Permission } from '../../../shared/permissions.ts'

export interface NextAct {
  fact: string
  /** What it leads to. */
  says: string
  word: string
  href: string
  permission: Permission
}

/**
 * The first of them: an agent, a number, a number that leads to an agent. An agent that is paused was paused by somebody.
 * @returns null when calls can come
 * @source design.md section 4, empty: one fact, one act
 */
export function nextActOf(agents: readonly Agent[], numbers: readonly PhoneNumber[]): NextAct | null {
  if (agents.length === 0) {
    return {
      fact: 'No agents yet',
      says: 'An agent answers a number with its prompt and its voice: then its calls appear here.',
      word: 'Make the first agent',
      href: '#/agents/new',
      permission: 'agents.create',
    }
  }
  if (numbers.length === 0) {
    return {
      fact: 'No numbers yet',
      says: 'Calls come in on numbers you have at the carrier.',
      word: 'Go to numbers',
      href: '#/numbers',
      permission: 'numbers.sync',
    }
  }
  if (numbers.every((number) => number.assigned_agent === null)) {
    return {
      fact: 'No number leads to an agent yet',
      says: 'Callers are refused until one does.',
      word: 'Assign numbers',
      href: '#/numbers',
      permission: 'numbers.assign',
    }
  }
  return null
}
