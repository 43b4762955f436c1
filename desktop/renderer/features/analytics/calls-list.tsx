// The calls behind a figure, newest first. Each opens its call, live or over.
import { useEffect, useState } from 'react'
import type { CallSummary, Outcome } from '../../../../shared/contract/calls.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatCost, formatDate, MISSING, maskNumber, words } from '../../lib/format.ts'
import { OUTCOME_WORDS } from '../../lib/wording.ts'
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
  onClear,
  onOpen,
}: {
  period: Period
  filter: CallsFilter
  onClear: () => void
  onOpen: (call_sid: string) => void
}) {
  const actions = useActions(createAnalyticsActions)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const now = useNow(60_000)
  const [calls, setCalls] = useState<CallSummary[] | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const agent_id = filter.agent?.id
  const { outcome } = filter
  // biome-ignore lint/correctness/useExhaustiveDependencies: read for each period and filter
  useEffect(() => {
    let is_here = true
    const wanted = { ...(agent_id ? { agent_id } : {}), ...(outcome ? { outcome } : {}) }
    void actions.readCalls(period, wanted).then((reply) => {
      if (!is_here) return
      setProblem(reply.ok ? null : reply.problem)
      setCalls(reply.ok ? reply.value.items : null)
    })
    return () => {
      is_here = false
    }
  }, [period.start, period.end, agent_id, outcome])
  const about = filter.agent?.name ?? (outcome ? OUTCOME_WORDS[outcome] : null)
  return (
    <section aria-label="Calls">
      <div className="an-h">
        <h2>Calls</h2>
        <span className="xs dim">{about ? `of ${about}` : 'newest first'}</span>
        <span className="grow" />
        {about && (
          <button type="button" className="btn sm quiet an-toggle" onClick={onClear}>
            All calls
          </button>
        )}
      </div>
      {problem && <Failed what="Calls" problem={problem} />}
      {!calls && !problem && <Loading what="calls" />}
      {calls?.length === 0 && <p className="none">No call in this period.</p>}
      {calls && calls.length > 0 && (
        <ul className="an-calls">
          {calls.map((call) => (
            <li key={call.call_sid}>
              <button type="button" onClick={() => onOpen(call.call_sid)}>
                <span className="num m">
                  {maskNumber(call.direction === 'inbound' ? call.from_number : call.to_number)}
                </span>
                <span className="trunc ink2">{call.agent_name ?? 'No agent'}</span>
                <span className="ink2">{call.outcome ? OUTCOME_WORDS[call.outcome] : words(call.status)}</span>
                <span className="num dim">{formatDate(call.started_at, zone, now)}</span>
                <span className="num r">
                  {call.duration_seconds === null ? MISSING : formatCallTime(call.duration_seconds * 1000)}
                </span>
                <span className="num r">{formatCost(call.cost)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
