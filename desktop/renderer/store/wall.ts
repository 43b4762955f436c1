// Where a call stands on the wall. Position is memory: a cell keeps its place while the call lives, the ended call
// leaves its cell empty, and the next call takes the first empty one. Pure.
import type { CallSummary } from '../../../shared/contract/calls.ts'

/** A call_sid, or null for a cell waiting for the next call. */
export type Cell = string | null
export interface Wall {
  readonly all: readonly Cell[]
  readonly by_agent: Readonly<Record<string, readonly Cell[]>>
}

/** Calls that no agent has taken yet stand together. */
export const NO_AGENT = 'none'

/**
 * Gives a call its cell, in both groupings. A call that has one keeps it.
 * @source design.md principle 5
 */
export function placeCall(wall: Wall, call: Pick<CallSummary, 'call_sid' | 'agent_id'>): Wall {
  const agent_id = call.agent_id ?? NO_AGENT
  const moved = Object.entries(wall.by_agent).find(([id, cells]) => id !== agent_id && cells.includes(call.call_sid))
  const groups = moved ? { ...wall.by_agent, [moved[0]]: empty(moved[1], call.call_sid) } : wall.by_agent
  return {
    all: place(wall.all, call.call_sid),
    by_agent: { ...groups, [agent_id]: place(groups[agent_id] ?? [], call.call_sid) },
  }
}

/**
 * Empties the cells of a call. Empty cells at the end of a group go, as nothing stands behind them.
 * @source design.md principle 5
 */
export function clearCall(wall: Wall, call_sid: string): Wall {
  const by_agent = Object.entries(wall.by_agent).map(([id, cells]) => [id, empty(cells, call_sid)] as const)
  return {
    all: empty(wall.all, call_sid),
    by_agent: Object.fromEntries(by_agent.filter(([, cells]) => cells.length > 0)),
  }
}

/** Every call that has a cell. @source ours */
export function placedCalls(wall: Wall): string[] {
  return wall.all.filter((cell): cell is string => cell !== null)
}

function place(cells: readonly Cell[], call_sid: string): readonly Cell[] {
  if (cells.includes(call_sid)) return cells
  const free = cells.indexOf(null)
  return free === -1 ? [...cells, call_sid] : cells.with(free, call_sid)
}

function empty(cells: readonly Cell[], call_sid: string): readonly Cell[] {
  if (!cells.includes(call_sid)) return cells
  const next = cells.map((cell) => (cell === call_sid ? null : cell))
  while (next.length > 0 && next.at(-1) === null) next.pop()
  return next
}
