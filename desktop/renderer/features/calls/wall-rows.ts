// The wall as rows: heads of groups and rows of cells. Pure, so that moving with the arrows can be tested.
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { maskNumber } from '../../lib/format.ts'
import type { Density } from '../../store/state.ts'
import type { Cell, Wall } from '../../store/wall.ts'

export interface GroupHead {
  kind: 'head'
  id: string
  agent_id: string | null
  agent_name: string | null
  version: number | null
  count: number
  in_incident: number
}
export interface CellRow {
  kind: 'cells'
  id: string
  cells: Cell[]
  /** How many cells stand beside each other; the last row may have fewer. */
  columns: number
}
export type WallRow = GroupHead | CellRow

export interface WallInput {
  wall: Wall
  calls: Record<string, CallSummary>
  group: 'agent' | 'none'
  filter: string
  narrowed: readonly string[] | null
  columns: number
  incident_of: ReadonlyMap<string, string>
}

/** @source design.md sections 3 and 4, wall */
export function wallRows(input: WallInput): WallRow[] {
  if (input.group === 'none') return rowsOf('all', shownCells(input.wall.all, input), input.columns)
  return Object.entries(input.wall.by_agent).flatMap(([agent_id, cells]) => {
    const shown = shownCells(cells, input)
    const calls = shown.flatMap((cell) => (cell && input.calls[cell] ? [input.calls[cell]] : []))
    if (calls.length === 0) return []
    return [headOf(agent_id, calls, input), ...rowsOf(agent_id, shown, input.columns)]
  })
}

function headOf(agent_id: string, calls: readonly CallSummary[], input: WallInput): GroupHead {
  return {
    kind: 'head',
    id: agent_id,
    agent_id: calls[0]?.agent_id ?? null,
    agent_name: calls.find((call) => call.agent_name)?.agent_name ?? null,
    version: calls.reduce<number | null>(
      (newest, call) => Math.max(newest ?? 0, call.agent_version ?? 0) || null,
      null,
    ),
    count: calls.filter((call) => call.ended_at === null).length,
    in_incident: calls.filter((call) => input.incident_of.has(call.call_sid)).length,
  }
}

// While the wall is narrowed its cells close up: places are kept only where everything is seen.
function shownCells(cells: readonly Cell[], input: WallInput): Cell[] {
  const { calls, filter, narrowed } = input
  if (filter.trim() === '' && narrowed === null) return [...cells]
  return cells.filter((cell): cell is string => {
    const call = cell ? calls[cell] : undefined
    if (!call || (narrowed && !narrowed.includes(call.call_sid))) return false
    return matches(call, filter)
  })
}

/** Whether a call has every word of the filter. @source design.md section 4, empty after a filter */
export function matches(call: CallSummary, filter: string): boolean {
  const text = [
    maskNumber(call.direction === 'inbound' ? call.from_number : call.to_number),
    call.direction === 'inbound' ? call.from_number : call.to_number,
    call.agent_name,
    call.live?.last_line?.text,
    ...(call.live?.attention ?? []).map(
      (attention) => `${attention.reason.replaceAll('_', ' ')} ${attention.evidence}`,
    ),
  ]
    .join(' ')
    .toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function rowsOf(id: string, cells: readonly Cell[], columns: number): CellRow[] {
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) => ({
    kind: 'cells' as const,
    id: `${id}-${row}`,
    cells: cells.slice(row * columns, (row + 1) * columns),
    columns,
  }))
}

export type Move = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

type Test = (call_sid: string) => boolean

/** Every call on the wall, in the order of its cells. @source ours */
export function orderOf(rows: readonly WallRow[]): string[] {
  return rows.flatMap((row) => (row.kind === 'cells' ? row.cells : [])).filter((cell) => cell !== null)
}

/**
 * The call reached by one step on the wall; the same one at an edge, the first one when none is selected.
 * @param isOver calls that only fade: a step passes them by
 * @source design.md section 7, "Wall is one grid with roving focus"
 */
export function moveOnWall(
  rows: readonly WallRow[],
  from: string | null,
  move: Move,
  isOver: Test = () => false,
): string | null {
  const order = orderOf(rows)
  const isOn = (call_sid: string) => !isOver(call_sid)
  const at = order.indexOf(from ?? '')
  if (at === -1 || move === 'first') return order.find(isOn) ?? order[0] ?? null
  if (move === 'last') return order.findLast(isOn) ?? order.at(-1) ?? null
  if (move === 'left') return order.slice(0, at).findLast(isOn) ?? from
  if (move === 'right') return order.slice(at + 1).find(isOn) ?? from
  return verticalMove(rows, from ?? '', move === 'down' ? 1 : -1, isOver)
}

/**
 * Where the focus goes when a call leaves the wall: to the next one after it that is on, else to the last before it.
 * @param order the calls as they stood while it was there
 * @source ours
 */
export function neighbourOf(order: readonly string[], gone: string, isOn: Test): string | null {
  const at = order.indexOf(gone)
  return order.slice(at + 1).find(isOn) ?? order.slice(0, Math.max(0, at)).findLast(isOn) ?? null
}

function verticalMove(rows: readonly WallRow[], from: string, step: 1 | -1, isOver: Test): string {
  const lines = rows.filter((row): row is CellRow => row.kind === 'cells')
  const line = lines.findIndex((row) => row.cells.includes(from))
  const column = lines[line]?.cells.indexOf(from) ?? 0
  for (let next = line + step; lines[next]; next += step) {
    const filled = (lines[next]?.cells ?? [])
      .map((cell, index) => ({ cell, index }))
      .filter(({ cell }) => cell !== null && !isOver(cell))
    const nearest = filled.sort((a, b) => Math.abs(a.index - column) - Math.abs(b.index - column))[0]
    if (nearest?.cell) return nearest.cell
  }
  return from
}

/** Pixels a card needs at least, and has in height. Source: tokens.css, density. */
export const CARD_SIZES: Record<Density, { min: number; height: number }> = {
  large: { min: 300, height: 186 },
  medium: { min: 188, height: 94 },
  compact: { min: 150, height: 52 },
  row: { min: 480, height: 28 },
}
export const HEAD_HEIGHT = 27

/** Cells beside each other in so many pixels. Rows stand in two columns from 1600. @source design.md section 3 */
export function columnsIn(width: number, density: Density): number {
  if (density === 'row') return width >= 1_000 ? 2 : 1
  return Math.max(1, Math.floor(width / CARD_SIZES[density].min))
}
