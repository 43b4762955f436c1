// The calls behind a figure, newest first, page by page. Each opens its call.
import { useEffect, useState } from 'react'
import type { CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { ShowMore } from '../../components/show-more.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatCost, formatCount, formatDate, MISSING, maskNumber, words } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
import { isLost } from '../../store/selectors.ts'
import type { AgentChosen } from './agents-table.tsx'
import { createAnalyticsActions } from './analytics-actions.ts'
import type { Period } from './period.ts'

export interface CallsFilter {
  agent?: AgentChosen
  outcome?: Outcome
}

export function CallsList({
  period,
  filter,
  total,
  onClear,
  onOpen,
}: {
  period: Period
  filter: CallsFilter
  /** How many there are, as the figures know it. */
  total: number
  onClear: () => void
  onOpen: (call_sid: string) => void
}) {
  const { calls, problem, has_more, is_reading, more, again } = useCalls(period, filter)
  const { outcome } = filter
  const about = filter.agent?.name ?? (outcome ? OUTCOME_WORDS[outcome] : null)
  return (
    <section aria-label="Calls">
      <div className="an-h">
        <h2>Calls</h2>
        <span className="xs dim trunc" title={about ?? undefined}>
          {about ? `of ${about}` : 'newest first'}
        </span>
        {calls && has_more && (
          <span className="xs dim num">
            {total > calls.length ? `${formatCount(calls.length)} of ${formatCount(total)}` : `first ${calls.length}`}
          </span>
        )}
        <span className="grow" />
        {about && (
          <button type="button" className="btn sm quiet an-toggle" onClick={onClear}>
            All calls
          </button>
        )}
      </div>
      {problem && !calls && <Failed what="Calls" problem={problem} onRetry={again} />}
      {!calls && !problem && <Loading what="calls" />}
      {calls?.length === 0 && (
        <p className="none">{about ? `No call of ${about} in this period.` : 'No call in this period.'}</p>
      )}
      {calls && calls.length > 0 && (
        <ul className="an-calls">
          {calls.map((call) => (
            <CallRow key={call.call_sid} call={call} onOpen={onOpen} />
          ))}
          {has_more && (
            <li>
              <ShowMore word="More calls" is_reading={is_reading} problem={problem} onMore={more} />
            </li>
          )}
        </ul>
      )}
    </section>
  )
}

function CallRow({ call, onOpen }: { call: CallSummary; onOpen: (call_sid: string) => void }) {
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const now = useNow(60_000)
  return (
    <li>
      <button type="button" className="an-call" onClick={() => onOpen(call.call_sid)}>
        <span className="num m">{maskNumber(call.direction === 'inbound' ? call.from_number : call.to_number)}</span>
        <span className="trunc ink2" title={call.agent_name ?? undefined}>
          {call.agent_name ?? 'No agent'}
        </span>
        <span className="ink2 trunc">{call.outcome ? OUTCOME_WORDS[call.outcome] : words(call.status)}</span>
        <span className="num dim">{formatDate(call.started_at, zone, now)}</span>
        <span className="num r least">
          {call.duration_seconds === null ? MISSING : formatCallTime(call.duration_seconds * 1000)}
        </span>
        <span className="num r least">{formatCost(call.cost)}</span>
      </button>
    </li>
  )
}

interface Read {
  calls: CallSummary[]
  next_cursor: string | null
}

/** The calls of a period and filter, and what reads on. Read again when the link is back. */
function useCalls(period: Period, filter: CallsFilter) {
  const actions = useActions(createAnalyticsActions)
  const is_lost = useConsoleState(isLost)
  const [read, setRead] = useState<Read | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [is_reading, setReading] = useState(false)
  const [tries, setTries] = useState(0)
  const agent_id = filter.agent?.id
  const { outcome } = filter
  const of = `${period.start} ${period.end} ${agent_id ?? ''} ${outcome ?? ''}`
  const page = (cursor: string | null) => {
    const wanted = { ...(agent_id ? { agent_id } : {}), ...(outcome ? { outcome } : {}) }
    return actions.readCalls(period, wanted, cursor)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: read for each period and filter, when asked, and when linked again
  useEffect(() => {
    if (is_lost) return
    let is_here = true
    setReading(false)
    void page(null).then((reply) => {
      if (!is_here) return
      setProblem(reply.ok ? null : reply.problem)
      setRead(reply.ok ? { calls: reply.value.items, next_cursor: reply.value.next_cursor } : null)
    })
    return () => {
      is_here = false
    }
  }, [of, is_lost, tries])
  const more = async () => {
    const cursor = read?.next_cursor
    if (!cursor || is_reading) return
    setReading(true)
    const reply = await page(cursor)
    setReading(false)
    setProblem(reply.ok ? null : reply.problem)
    if (!reply.ok) return
    const { items, next_cursor } = reply.value
    // An answer to another filter than the one shown by now goes nowhere.
    setRead((at) => (at && at.next_cursor === cursor ? { calls: [...at.calls, ...items], next_cursor } : at))
  }
  return {
    calls: read?.calls ?? null,
    problem,
    has_more: read?.next_cursor != null,
    is_reading,
    more: () => void more(),
    again: () => setTries(tries + 1),
  }
}
