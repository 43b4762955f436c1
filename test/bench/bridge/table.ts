// Figures as markdown, and the picture of the ladder.
import { type Cell, type Failure, median } from './series.ts'
import type { SystemName } from './systems.ts'

export function markdown(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export const ms = (value: number | null, digits = 1): string => (value === null ? '-' : value.toFixed(digits))

/** `1.25 (1.20 to 1.31)`: the middle, and the least and most. */
export const withEdges = (values: number[]): string =>
  `${ms(median(values), 2)} (${ms(Math.min(...values), 2)} to ${ms(Math.max(...values), 2)})`

/** Everything measured of each system at each number of calls. */
export function cellTable(cells: Cell[]): string {
  const head = ['calls', 'system', 'ms CPU per call-s', 'of the core', 'beside', 'up p50 / p99 / max ms']
  const rest = ['down p50 / p99 / max ms', 'clear p99 (of)', 'wrong', 'KB per call', 'runs']
  const rows = cells.map((cell) => [
    String(cell.calls),
    cell.system,
    cell.cpu_ms_per_call_s.toFixed(2),
    `${Math.round(cell.core_share * 100)} %`,
    cell.helper_cpu_ms_per_call_s > 0 ? cell.helper_cpu_ms_per_call_s.toFixed(2) : '-',
    `${ms(cell.up_p50_ms, 2)} / ${ms(cell.up_p99_ms)} / ${ms(cell.up_max_ms, 0)}`,
    `${ms(cell.down_p50_ms, 2)} / ${ms(cell.down_p99_ms)} / ${ms(cell.down_max_ms, 0)}`,
    `${ms(cell.clear_p99_ms)} (${cell.clears})`,
    cell.faults,
    cell.rss_kb_per_call.toFixed(0),
    `${cell.runs}${cell.is_clean ? '' : ' (disturbed)'}`,
  ])
  return markdown([...head, ...rest], rows)
}

/** p99 upstream and share of the core, calls down and systems across. */
export function ladderTable(cells: Cell[], failures: Failure[]): string {
  const systems = [...new Set(cells.map(({ system }) => system))]
  const rows = callsOf(cells).map((calls) => [
    String(calls),
    ...systems.map((system) => {
      const cell = cells.find((one) => one.system === system && one.calls === calls)
      if (!cell) return failures.some((one) => one.system === system && one.calls <= calls) ? '(no more)' : ''
      return `${ms(cell.up_p99_ms)} / ${Math.round(cell.core_share * 100)} %${cell.is_clean ? '' : ' ~'}`
    }),
  ])
  return markdown(['calls', ...systems], rows)
}

const callsOf = (cells: Cell[]): number[] => [...new Set(cells.map(({ calls }) => calls))].sort((a, b) => a - b)

/** The most calls at which a system, and at all fewer, kept below a limit. */
export function callsBelow(cells: Cell[], system: SystemName, limit_ms: number): number {
  const own = cells.filter((cell) => cell.system === system).sort((a, b) => a.calls - b.calls)
  const cliff = own.findIndex(({ up_p99_ms }) => (up_p99_ms ?? Number.POSITIVE_INFINITY) >= limit_ms)
  return own[(cliff < 0 ? own.length : cliff) - 1]?.calls ?? 0
}

// ---- the picture

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [760, 420, 60, 48, 24, 110]
const COLOURS: Record<SystemName, string> = {
  'tcp-node': '#8a8f98',
  own: '#7a6bb0',
  'ws-raw': '#5b7fb5',
  naive: '#b58a3c',
  phony: '#0b7a5c',
  'agents-sdk': '#b5475b',
  faulty: '#000',
}
/** Milliseconds on a logarithmic scale. */
const [LOWEST, HIGHEST] = [0.1, 1_000]

/** Lines of text so far apart can be read. */
const LINE = 15

/** Moves what stands too near to what is above it. @param places from the top */
function apart(places: number[]): number[] {
  const order = places.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at)
  const moved = [...places]
  let free = 0
  for (const { at, index } of order) {
    moved[index] = Math.max(at, free)
    free = moved[index]! + LINE
  }
  return moved
}

/** p99 against calls; a hollow point had no run that was undisturbed. It stands on any ground: its own is white. */
export function plot(cells: Cell[]): string {
  const most = Math.max(...callsOf(cells))
  const x = (calls: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * calls) / most
  const y = (value: number): number => {
    const share = Math.log(Math.min(HIGHEST, Math.max(LOWEST, value)) / LOWEST) / Math.log(HIGHEST / LOWEST)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share
  }
  const text = (at_x: number, at_y: number, words: string, more = ''): string =>
    `<text x="${at_x.toFixed(1)}" y="${at_y.toFixed(1)}" ${more}>${words}</text>`
  const grid = [0.1, 1, 5, 10, 100, 1_000].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="${value === 5 ? '#888' : '#ddd'}"/>` +
      text(LEFT - 8, y(value) + 4, `${value} ms`, 'text-anchor="end"'),
  )
  const ticks = callsOf(cells).map((calls) =>
    text(x(calls), HEIGHT - BOTTOM + 18, String(calls), 'text-anchor="middle"'),
  )
  const systems = [...new Set(cells.map(({ system }) => system))]
  const drawn = systems.map((system) =>
    cells
      .filter((cell) => cell.system === system && cell.up_p99_ms !== null)
      .sort((a, b) => a.calls - b.calls)
      .map((cell) => ({ at_x: x(cell.calls), at_y: y(cell.up_p99_ms ?? 0), is_clean: cell.is_clean })),
  )
  const names = apart(drawn.map((points) => (points.at(-1)?.at_y ?? TOP) + 4))
  const lines = systems.map((system, index) => {
    const colour = COLOURS[system]
    const points = drawn[index]!
    const path = points.map(({ at_x, at_y }) => `${at_x.toFixed(1)},${at_y.toFixed(1)}`).join(' ')
    const width = system === 'phony' ? 3 : 1.5
    const dots = points.map(
      ({ at_x, at_y, is_clean }) =>
        `<circle cx="${at_x.toFixed(1)}" cy="${at_y.toFixed(1)}" r="3" fill="${is_clean ? colour : '#fff'}" stroke="${colour}"/>`,
    )
    return (
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>${dots.join('')}` +
      text((points.at(-1)?.at_x ?? LEFT) + 8, names[index]!, system, `fill="${colour}"`)
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>Latency that a bridge adds to the caller's voice, p99, against calls on one core</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...ticks,
    ...lines,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'calls on one core', 'text-anchor="middle"'),
    text(LEFT, TOP - 9, "added to the caller's voice, p99; hollow: disturbed"),
    '</svg>',
    '',
  ].join('\n')
}
