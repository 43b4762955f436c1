import type { Analytics } from '../../../../shared/contract/analytics.ts'
import type { Outcome } from '../../../../shared/contract/calls.ts'
import { OUTCOMES } from '../../../../shared/contract/calls.ts'
import { formatCount } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { changeOf, shareWords } from './period.ts'

const COLOURS: Record<Outcome, string> = {
  resolved: 'var(--chart-1)',
  transferred: 'var(--chart-2)',
  unresolved: 'var(--chart-3)',
  escalated: 'var(--heat-5)',
  voicemail: 'var(--chart-6)',
  abandoned: 'var(--chart-5)',
  refused: 'var(--n-5)',
  failed: 'var(--chart-4)',
}
/** Outcomes of which more is worse. */
const WORSE: readonly Outcome[] = ['unresolved', 'failed', 'abandoned']

export function Outcomes({
  now,
  before,
  chosen,
  onChoose,
}: {
  now: Analytics
  before: Analytics | null
  chosen: Outcome | null
  onChoose: (outcome: Outcome | null) => void
}) {
  const rows = OUTCOMES.map((outcome) => ({
    outcome,
    count: now.outcomes[outcome] ?? 0,
    change: before ? changeOf(now.outcomes[outcome] ?? 0, before.outcomes[outcome] ?? 0) : null,
  }))
    .filter((row) => row.count > 0)
    .sort((a, b) => b.count - a.count)
  const total = rows.reduce((sum, row) => sum + row.count, 0)
  return (
    <section aria-label="Outcomes">
      <div className="an-h">
        <h2>Outcomes</h2>
        <span className="xs dim">a row opens its calls</span>
        <span className="grow" />
        {before && <span className="xxs dim">change</span>}
      </div>
      <div className="parts" aria-hidden="true">
        {rows.map((row) => (
          <i key={row.outcome} style={{ flex: row.count, background: COLOURS[row.outcome] }} />
        ))}
      </div>
      {rows.length === 0 && <p className="none">No call ended in this period.</p>}
      <table className="plist">
        <thead className="sr-only">
          <tr>
            <th>Colour</th>
            <th>Outcome</th>
            <th>Calls</th>
            <th>Share</th>
            <th>Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.outcome} className={row.outcome === chosen ? 'on' : ''}>
              <td>
                <i style={{ background: COLOURS[row.outcome] }} />
              </td>
              <td>
                <button
                  type="button"
                  className="row-link"
                  aria-pressed={row.outcome === chosen}
                  onClick={() => onChoose(row.outcome === chosen ? null : row.outcome)}
                >
                  {OUTCOME_WORDS[row.outcome]}
                </button>
              </td>
              <td className="r m">{formatCount(row.count)}</td>
              <td className="r dim">{shareWords(row.count, total)}</td>
              <td className={`r ${isWorse(row) ? 'text-att-2' : 'dim'}`}>
                {row.change &&
                  (row.change.direction === 'same'
                    ? row.change.words
                    : `${row.change.direction === 'up' ? '+' : '−'}${row.change.words}`)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function isWorse(row: { outcome: Outcome; change: ReturnType<typeof changeOf> }): boolean {
  return row.change?.direction === 'up' && WORSE.includes(row.outcome) && Number.parseFloat(row.change.words) >= 20
}
