// A call drawn as two voices on two lines: the caller above, whoever answers below, now at the right.
import type { Segment } from '../../../shared/contract/calls.ts'

/** How much of a call is seen at once. Milliseconds. */
const WINDOW_MS = 90_000
/** Units across the drawing; it is stretched to the width it has. */
const WIDTH = 180
const UNITS_PER_MS = WIDTH / WINDOW_MS
/** A voice that goes on reaches beyond the right edge, so that sliding never shows a gap. */
const OPEN_MS = 2_000

const SIZES = {
  compact: { height: 11, bar: 4, below: 7 },
  medium: { height: 13, bar: 5, below: 8 },
  large: { height: 17, bar: 7, below: 10 },
} as const

export function Score({
  segments,
  stream_started_at,
  now,
  size = 'medium',
}: {
  segments: readonly Segment[]
  stream_started_at: string | null
  /** Epoch milliseconds of the right edge. */
  now: number
  size?: keyof typeof SIZES
}) {
  const { height } = SIZES[size]
  if (stream_started_at === null) return <span className="score" aria-hidden="true" style={{ height }} />
  const end_ms = now - Date.parse(stream_started_at)
  const from_ms = end_ms - WINDOW_MS
  const seen = segments.filter((segment) => (segment.to_ms ?? end_ms) > from_ms)
  return (
    <svg
      className="score"
      viewBox={`0 0 ${WIDTH} ${height}`}
      preserveAspectRatio="none"
      style={{ height }}
      aria-hidden="true"
    >
      <g className="score-slide" style={{ transform: `translateX(${-from_ms * UNITS_PER_MS}px)` }}>
        {seen.map((segment) => (
          <Voice key={`${segment.speaker}${segment.from_ms}`} segment={segment} end_ms={end_ms} size={size} />
        ))}
      </g>
    </svg>
  )
}

const FILLS = { caller: 'sc', agent: 'sa', supervisor: 'ss' } as const

function Voice({ segment, end_ms, size }: { segment: Segment; end_ms: number; size: keyof typeof SIZES }) {
  const { bar, below } = SIZES[size]
  const to_ms = segment.to_ms ?? end_ms + OPEN_MS
  const heard_to_ms = Math.min(segment.unheard_from_ms ?? to_ms, to_ms)
  const y = segment.speaker === 'caller' ? 0 : below
  const place = (from: number, to: number) => ({
    x: round(from * UNITS_PER_MS),
    width: round(Math.max(0.6, (to - from) * UNITS_PER_MS)),
    y,
    height: bar,
    rx: 1,
  })
  return (
    <>
      {heard_to_ms > segment.from_ms && (
        <rect className={FILLS[segment.speaker]} {...place(segment.from_ms, heard_to_ms)} />
      )}
      {heard_to_ms < to_ms && <rect className="su" {...place(heard_to_ms, to_ms)} />}
    </>
  )
}

const round = (value: number) => Math.round(value * 100) / 100
