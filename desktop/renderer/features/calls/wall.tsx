// biome-ignore-all lint/a11y/useSemanticElements: a table cannot be virtualised this way
// biome-ignore-all lint/a11y/useFocusableInteractive: focus roves over the cells, not over rows and heads
// biome-ignore-all lint/suspicious/noArrayIndexKey: an empty cell is its place
// The wall: a grid with roving focus whose cells keep their place. Only the rows in sight are in the page.
import { observeElementRect, useVirtualizer } from '@tanstack/react-virtual'
import { Link2, ListFilter } from 'lucide-react'
import { memo, useEffect, useMemo, useState } from 'react'
import { Icon } from '../../components/icon.tsx'
import { Empty } from '../../components/standing.tsx'
import { useConsole, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { countOf } from '../../lib/format.ts'
import type { Lane } from '../../store/attention.ts'
import { isLost } from '../../store/selectors.ts'
import { fadesSince } from '../../store/snapshot.ts'
import type { Density } from '../../store/state.ts'
import { AgentLink } from './agent-link.tsx'
import { Card, cellClasses, fadeOf } from './card.tsx'
import { useIsStale } from './use-call-now.ts'
import { useWallFocus } from './use-wall-focus.ts'
import type { Move, WallRow } from './wall-rows.ts'
import { CARD_SIZES, columnsIn, HEAD_HEIGHT, moveOnWall, wallRows } from './wall-rows.ts'

const MOVES: Record<string, Move> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
}
const HOUR_MS = 3_600_000
/** Where there is no layout (a test, a window being opened) rows are made for this size. */
const FALLBACK = { width: 608, height: 700 }

export function CallWall({
  density,
  group,
  lane,
  live,
  onSelect,
  onOpen,
  onClearFilter,
}: {
  density: Density
  group: 'agent' | 'none'
  lane: Lane
  /** How many calls are on. */
  live: number
  onSelect: (call_sid: string) => void
  onOpen: (call_sid: string) => void
  onClearFilter: () => void
}) {
  const { store } = useConsole()
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const width = useWidth(scroller)
  const columns = columnsIn(width, density)
  const rows = useWallRows(lane, columns, group)
  const selected = useConsoleState((state) => state.selected)
  const filter = useConsoleState((state) => state.filter)
  const kinds = rows.map((row) => row.kind[0]).join('')
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (rows[index]?.kind === 'head' ? HEAD_HEIGHT : CARD_SIZES[density].height),
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    observeElementRect: (instance, tell) =>
      observeElementRect(instance, (rect) => tell(rect.height > 0 ? rect : FALLBACK)),
    initialRect: FALLBACK,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights depend on the density and on what a row is
  useEffect(() => virtual.measure(), [density, kinds])

  const reveal = (call_sid: string) => {
    const at = rows.findIndex((row) => row.kind === 'cells' && row.cells.includes(call_sid))
    if (at !== -1) virtual.scrollToIndex(at)
    requestAnimationFrame(() =>
      scroller?.querySelector<HTMLElement>(`[data-call="${call_sid}"]`)?.focus({ preventScroll: true }),
    )
  }
  const focus = useWallFocus(rows, reveal, onSelect)
  const isHere = (call_sid: string | null) =>
    call_sid !== null && rows.some((row) => row.kind === 'cells' && row.cells.includes(call_sid))
  const move = (event: React.KeyboardEvent) => {
    const to = MOVES[event.key]
    if (!to) return
    event.preventDefault()
    const from = isHere(selected) ? selected : focus.at
    const call_sid = moveOnWall(rows, from, to, (each) => store.getState().calls[each]?.ended_at !== null)
    if (!call_sid) return
    onSelect(call_sid)
    reveal(call_sid)
  }

  if (rows.length === 0) {
    return (
      <div className="allquiet">
        <Empty
          icon={ListFilter}
          fact={filter ? `No call matches “${filter}”` : 'No call of the incident is on'}
          act={
            <button type="button" className="btn" onClick={onClearFilter}>
              Clear filter <kbd>Esc</kbd>
            </button>
          }
        >
          {countOf(live, 'call is', 'calls are')} hidden by the filter.
        </Empty>
      </div>
    )
  }
  const first = moveOnWall(rows, null, 'first')
  const tab_stop = [selected, focus.at].find(isHere) ?? first
  return (
    <div
      className="wall"
      role="grid"
      aria-label="Calls"
      aria-rowcount={rows.length}
      ref={setScroller}
      onKeyDown={move}
      onFocus={focus.onFocus}
      onBlur={focus.onBlur}
      data-density={density}
    >
      <div role="rowgroup" className="wall-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 1}
              className="wall-row"
              style={{ transform: `translateY(${item.start}px)`, height: item.size }}
            >
              {row.kind === 'head' ? (
                <Head row={row} />
              ) : (
                <Cells
                  row={row}
                  density={density}
                  lane={lane}
                  tab_stop={tab_stop}
                  onSelect={onSelect}
                  onOpen={onOpen}
                />
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function Head({ row }: { row: Extract<WallRow, { kind: 'head' }> }) {
  return (
    <div className="group-head" role="gridcell">
      <b>
        <AgentLink call={row} />
      </b>
      <span className="dim">
        {row.version !== null && `v${row.version} · `}
        {row.count}
      </span>
      {row.in_incident > 0 && (
        <span className="row tight text-att-2">
          <Icon of={Link2} className="s" />
          {row.in_incident} in one incident
        </span>
      )}
    </div>
  )
}

const Cells = memo(CellsOfRow, (before, after) => {
  const { cells } = after.row
  return (
    before.density === after.density &&
    before.tab_stop === after.tab_stop &&
    before.onSelect === after.onSelect &&
    before.row.columns === after.row.columns &&
    before.row.cells.length === cells.length &&
    cells.every(
      (cell, index) =>
        cell === before.row.cells[index] &&
        (cell === null || before.lane.incident_of.has(cell) === after.lane.incident_of.has(cell)),
    )
  )
})

// Rows are made anew at every write of the store, ten times a second; what is in them changes seldom.
function CellsOfRow({
  row,
  density,
  lane,
  tab_stop,
  onSelect,
  onOpen,
}: {
  row: Extract<WallRow, { kind: 'cells' }>
  density: Density
  lane: Lane
  tab_stop: string | null
  onSelect: (call_sid: string) => void
  onOpen: (call_sid: string) => void
}) {
  return (
    <div
      className="cells"
      role="presentation"
      style={{ gridTemplateColumns: `repeat(${row.columns}, minmax(0, 1fr))` }}
    >
      {row.cells.map((cell, index) =>
        cell === null ? (
          <div
            key={`empty-${index}`}
            className={`${shape(density)} empty`}
            role="gridcell"
            aria-label="Empty"
            tabIndex={-1}
          />
        ) : (
          <Cell
            key={cell}
            call_sid={cell}
            density={density}
            in_incident={lane.incident_of.has(cell)}
            is_tab_stop={cell === tab_stop}
            onSelect={onSelect}
            onOpen={onOpen}
          />
        ),
      )}
    </div>
  )
}

function Cell({
  call_sid,
  density,
  in_incident,
  is_tab_stop,
  onSelect,
  onOpen,
}: {
  call_sid: string
  density: Density
  in_incident: boolean
  is_tab_stop: boolean
  onSelect: (call_sid: string) => void
  onOpen: (call_sid: string) => void
}) {
  const call = useConsoleState((state) => state.calls[call_sid])
  const is_selected = useConsoleState((state) => state.selected === call_sid)
  const is_lost = useConsoleState(isLost)
  const is_stale = useIsStale(call_sid)
  const faded_since = useConsoleState((state) => (call ? fadesSince(call, state.missed) : null))
  const now = useNow(faded_since === null ? HOUR_MS : 1_000)
  if (!call) return null
  return (
    <div
      style={faded_since === null ? undefined : ({ '--fade': fadeOf(faded_since, now) } as React.CSSProperties)}
      className={`${shape(density)} ${cellClasses(call, in_incident, is_lost || is_stale)} ${is_selected ? 'sel' : ''} ${is_stale ? 'apart' : ''}`}
      role="gridcell"
      aria-selected={is_selected}
      tabIndex={is_tab_stop ? 0 : -1}
      data-call={call_sid}
      onClick={() => onSelect(call_sid)}
      onDoubleClick={() => onOpen(call_sid)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return
        event.preventDefault()
        onOpen(call_sid)
      }}
    >
      <Card call_sid={call_sid} density={density} in_incident={in_incident} />
    </div>
  )
}

const shape = (density: Density) => (density === 'row' ? 'cr' : density === 'medium' ? 'card' : `card ${density}`)

function useWallRows(lane: Lane, columns: number, group: 'agent' | 'none'): WallRow[] {
  const wall = useConsoleState((state) => state.wall)
  const calls = useConsoleState((state) => state.calls)
  const filter = useConsoleState((state) => state.filter)
  const narrowed = useConsoleState((state) => state.narrowed)
  return useMemo(
    () =>
      wallRows({
        wall,
        calls,
        group,
        filter,
        narrowed: narrowed?.call_sids ?? null,
        columns,
        incident_of: lane.incident_of,
      }),
    [wall, calls, group, filter, narrowed, columns, lane],
  )
}

function useWidth(element: HTMLElement | null): number {
  const [width, setWidth] = useState(FALLBACK.width)
  useEffect(() => {
    if (!element) return
    const measure = () => setWidth(element.clientWidth || FALLBACK.width)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [element])
  return width
}
