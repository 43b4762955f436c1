// The board: a tray of numbers without an agent, and a column for each agent, with what is staged on top. Pure.
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { formatNumber } from '../../lib/format.ts'
import type { Move } from './number-actions.ts'

/** From which agent a number will go to which. Null: to be without one. */
export interface StagedMove {
  from: string | null
  to: string | null
}
/** What is staged, by number. */
export type Staged = ReadonlyMap<string, StagedMove>

export interface BoardRow {
  number: PhoneNumber
  /** The name of where it comes from, while it is staged. */
  from: string | null
}
export interface BoardColumn {
  /** Null: the tray. */
  agent: Agent | null
  rows: BoardRow[]
}

/** @source design.md sections 3 and 8, numbers */
export function boardOf(
  numbers: readonly PhoneNumber[],
  agents: readonly Agent[],
  staged: Staged,
  filter: string,
): BoardColumn[] {
  const names = new Map(agents.map((agent) => [agent.id, agent.name]))
  const rows = numbers
    .filter((number) => matches(number, filter))
    .map((number): BoardRow & { at: string | null } => {
      const move = staged.get(number.phone_number)
      const home = number.assigned_agent
      return {
        number,
        at: move ? move.to : home,
        from: move ? (home ? (names.get(home) ?? 'another agent') : 'Unassigned') : null,
      }
    })
  const column = (agent: Agent | null): BoardColumn => ({
    agent,
    rows: rows
      .filter((row) => row.at === (agent?.id ?? null))
      .sort(
        (a, b) =>
          Number(a.from !== null) - Number(b.from !== null) || (a.number.phone_number < b.number.phone_number ? -1 : 1),
      ),
  })
  return [column(null), ...agents.map(column)]
}

/** Stages a move; one that goes back to where the number is needs no change. @source design.md section 4, staged-changes bar */
export function stage(staged: Staged, numbers: readonly PhoneNumber[], agent_id: string | null): Staged {
  const next = new Map(staged)
  for (const number of numbers) {
    if (number.assigned_agent === agent_id) next.delete(number.phone_number)
    else next.set(number.phone_number, { from: number.assigned_agent, to: agent_id })
  }
  return next
}

/**
 * What is staged and can still be done: a number may have gone, or been moved by somebody else, and an agent deleted
 * since. A number that others gave to an agent meanwhile is not taken from it unseen.
 * @source ours
 */
export function stillStaged(
  staged: Staged,
  numbers: Readonly<Record<string, PhoneNumber>>,
  agents: Readonly<Record<string, Agent>>,
): Staged {
  const left = [...staged].filter(
    ([phone_number, { from, to }]) => numbers[phone_number]?.assigned_agent === from && (to === null || to in agents),
  )
  return left.length === staged.size ? staged : new Map(left)
}

/** The staged numbers that somebody else moved meanwhile, to elsewhere than staged. @source ours */
export function movedMeanwhile(staged: Staged, numbers: Readonly<Record<string, PhoneNumber>>): PhoneNumber[] {
  return [...staged].flatMap(([phone_number, { from, to }]) => {
    const number = numbers[phone_number]
    return number && ![from, to].includes(number.assigned_agent) ? [number] : []
  })
}

/** Where numbers may be dropped or sent: an outbound agent answers no calls, so none can lead to it. @source product text, agents */
export const isAnswering = (agent: Agent | null): boolean => agent === null || agent.type !== 'outbound'

export function movesOf(staged: Staged): Move[] {
  return [...staged].map(([phone_number, { to }]) => ({ phone_number, agent_id: to }))
}

/** `11 assigned, 1 unassigned`. @source design.md section 8, numbers */
export function stagedWords(staged: Staged): string {
  const away = [...staged.values()].filter(({ to }) => to === null).length
  const given = staged.size - away
  return [given > 0 && `${given} assigned`, away > 0 && `${away} unassigned`].filter(Boolean).join(', ')
}

function matches(number: PhoneNumber, filter: string): boolean {
  const text = `${number.phone_number} ${formatNumber(number.phone_number)} ${number.friendly_name}`
  return text.toLowerCase().includes(filter.trim().toLowerCase())
}
