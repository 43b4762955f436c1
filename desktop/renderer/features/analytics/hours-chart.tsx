// Calls by the hour in which they started: bars from zero, the period before as a tick, the peak labelled.
import { useState } from 'react'
import type { Analytics } from '../../../../shared/contract/analytics.ts'
import { formatCount } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { scaleTop } from './period.ts'

const HOURS = Array.from({ length: 24 }, (_, hour) => hour)

export function HoursChart({
  now,
  before,
  says,
}: {
  now: Analytics
  before: Analytics | null
  says: { now: string; before: string }
}) {
  const [is_table, setTable] = useState(false)
  useKeys({ t: () => setTable(!is_table) })
  const counts = HOURS.map((hour) => now.hourly_distribution[String(hour)] ?? 0)
  const earlier = before ? HOURS.map((hour) => before.hourly_distribution[String(hour)] ?? 0) : null
  return (
    <section aria-label="Calls by hour of day">
      <div className="an-h">
        <h2>Calls by hour of day</h2>
        <span className="grow" />
        <span className="legend">
          <span>
            <i style={{ background: 'var(--chart-1)' }} />
            {says.now}
          </span>
          {earlier && (
            <span>
              <i className="tick" style={{ background: 'var(--ink-3)' }} />
              {says.before}
            </span>
          )}
        </span>
        <button type="button" className="btn sm quiet an-toggle" onClick={() => setTable(!is_table)}>
          {is_table ? 'Chart' : 'Table'} <kbd>T</kbd>
        </button>
      </div>
      {is_table ? (
        <HoursTable counts={counts} earlier={earlier} says={says} />
      ) : (
        <Bars counts={counts} earlier={earlier} />
      )}
    </section>
  )
}

function Bars({ counts, earlier }: { counts: readonly number[]; earlier: readonly number[] | null }) {
  const top = scaleTop(Math.max(...counts, ...(earlier ?? [])))
  const highest = Math.max(...counts)
  const peak = highest > 0 ? counts.indexOf(highest) : -1
  const share = (count: number) => `${((count / top) * 100).toFixed(2)}%`
  return (
    <div
      className="hours"
      role="img"
      aria-label={peak === -1 ? 'No calls' : `Most calls at ${peak}:00: ${formatCount(highest)}`}
    >
      <div className="hours-y">
        {[0, 1, 2, 3].map((line) => (
          <span key={line} style={{ bottom: `${line * 33}%` }}>
            {formatCount((top / 3) * line)}
          </span>
        ))}
      </div>
      <div className="hours-plot">
        {HOURS.map((hour) => (
          <div key={hour} className="hb" title={`${hour}:00, ${formatCount(counts[hour] ?? 0)} calls`}>
            {(counts[hour] ?? 0) > 0 && <i style={{ height: share(counts[hour] ?? 0) }} />}
            {earlier && <u style={{ bottom: `calc(${share(earlier[hour] ?? 0)} - 1px)` }} />}
            {hour === peak && (
              <b className="num" style={{ bottom: `calc(${share(Math.max(highest, earlier?.[hour] ?? 0))} + 3px)` }}>
                {formatCount(highest)}
              </b>
            )}
          </div>
        ))}
      </div>
      <div className="hours-x">
        {HOURS.map((hour) => (
          <span key={hour}>{hour % 3 === 0 ? hour : ''}</span>
        ))}
      </div>
    </div>
  )
}

function HoursTable({
  counts,
  earlier,
  says,
}: {
  counts: readonly number[]
  earlier: readonly number[] | null
  says: { now: string; before: string }
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="an-table" tabIndex={0} aria-label="Calls by hour, table">
      <table className="tbl">
        <thead>
          <tr>
            <th>Hour</th>
            <th className="r">{says.now}</th>
            {earlier && <th className="r">{says.before}</th>}
          </tr>
        </thead>
        <tbody>
          {HOURS.map((hour) => (
            <tr key={hour}>
              <td>{hour}:00</td>
              <td className="r">{formatCount(counts[hour] ?? 0)}</td>
              {earlier && <td className="r ink2">{formatCount(earlier[hour] ?? 0)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
