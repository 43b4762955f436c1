// Figures of a period beside those of the period before; every row opens the calls behind it.
import { ArrowDownRight, ArrowRight, ArrowUpRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { Analytics } from '../../../../shared/contract/analytics.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Segmented } from '../../components/seg.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsole, useConsoleState } from '../../lib/console-context.tsx'
import {
  countOf,
  formatAverage,
  formatCostRate,
  formatCount,
  formatDays,
  formatRate,
  formatReportCost,
  MISSING,
} from '../../lib/format.ts'
import { isLost } from '../../store/selectors.ts'
import { AgentsTable } from './agents-table.tsx'
import { createAnalyticsActions } from './analytics-actions.ts'
import type { CallsFilter } from './calls-list.tsx'
import { CallsList } from './calls-list.tsx'
import { HoursChart } from './hours-chart.tsx'
import { Outcomes } from './outcomes.tsx'
import type { Change, Period, PeriodName } from './period.ts'
import { changeOf, changeOfRate, changeOfSeconds, PERIOD_WORDS, PERIODS, periodOf } from './period.ts'

interface Figures {
  now: Analytics
  before: Analytics | null
  period: Period
}

export function AnalyticsPage({
  agent_id,
  lostBar,
  onOpenCall,
}: {
  /** The agent whose calls are shown at first; null for all. */
  agent_id: string | null
  lostBar: ReactNode
  onOpenCall: (call_sid: string) => void
}) {
  const actions = useActions(createAnalyticsActions)
  const { ticker } = useConsole()
  const zone = useConsoleState((state) => state.tenant?.time_zone) ?? 'UTC'
  const is_lost = useConsoleState(isLost)
  const [name, setName] = useState<PeriodName>('7d')
  const [figures, setFigures] = useState<Figures | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const agent_name = useConsoleState((state) => (agent_id ? state.agents[agent_id]?.name : undefined))
  const [filter, setFilter] = useState<CallsFilter>(
    agent_id ? { agent: { id: agent_id, name: agent_name ?? 'this agent' } } : {},
  )
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read for each period, and again when asked or linked again
  useEffect(() => {
    if (is_lost) return
    let is_here = true
    const { period, before } = periodOf(name, ticker.real(), zone)
    void actions.read(period, before, zone).then((reply) => {
      if (!is_here) return
      setProblem(reply.ok ? null : reply.problem)
      if (reply.ok) setFigures({ now: reply.value.now, before: withCalls(reply.value.before), period })
    })
    return () => {
      is_here = false
    }
  }, [name, zone, tries, is_lost])
  return (
    <Page
      title="Analytics"
      about={
        figures && `${countOf(figures.now.summary.total_agents, 'agent')}, ${figures.now.summary.active_agents} active`
      }
      lostBar={lostBar}
      tools={
        <>
          <span className="dim xs num">{zone}</span>
          <Segmented
            label="Period"
            value={name}
            onChoose={setName}
            choices={PERIODS.map((value) => ({ value, word: PERIOD_WORDS[value] }))}
          />
        </>
      }
    >
      {problem ? (
        <Failed what="Figures" problem={problem} onRetry={() => setTries(tries + 1)} />
      ) : !figures ? (
        <Loading what="figures" shape="panels" rows={5} />
      ) : (
        <>
          <Summary now={figures.now} before={figures.before} />
          <div className="an an-scroll">
            <HoursChart
              now={figures.now}
              before={figures.before}
              says={{
                now: daysOf(figures.now, zone),
                before: figures.before ? daysOf(figures.before, zone) : '',
              }}
            />
            <CallsList period={figures.period} filter={filter} onClear={() => setFilter({})} onOpen={onOpenCall} />
            <AgentsTable
              now={figures.now}
              before={figures.before}
              chosen={filter.agent?.id ?? null}
              onChoose={(agent) => setFilter(agent ? { agent } : {})}
            />
            <Outcomes
              now={figures.now}
              before={figures.before}
              chosen={filter.outcome ?? null}
              onChoose={(outcome) => setFilter(outcome ? { outcome } : {})}
            />
          </div>
        </>
      )}
    </Page>
  )
}

function Summary({ now, before }: { now: Analytics; before: Analytics | null }) {
  const current = now.summary
  const was = before?.summary
  const ended = current.total_calls > 0
  const rate_change = was && ended && was.total_calls > 0 ? changeOfRate(current.success_rate, was.success_rate) : null
  return (
    <div className="sum">
      <Figure
        word="Calls"
        value={formatCount(current.total_calls)}
        change={was ? changeOf(current.total_calls, was.total_calls) : null}
        from={was && `from ${formatCount(was.total_calls)}`}
      />
      <Figure
        word="Success rate"
        value={ended ? formatRate(current.success_rate).replace('%', '') : MISSING}
        unit={ended ? '%' : undefined}
        change={rate_change}
        from={was && was.total_calls > 0 ? `from ${formatRate(was.success_rate)}` : undefined}
        is_worse={
          rate_change?.direction === 'down' && was !== undefined && was.success_rate - current.success_rate >= 0.01
        }
      />
      <Figure
        word="Minutes"
        value={formatCount(current.total_minutes)}
        change={was ? changeOf(current.total_minutes, was.total_minutes) : null}
        from={was && `from ${formatCount(was.total_minutes)}`}
      />
      <Figure
        word="Average duration"
        value={ended ? formatAverage(current.average_call_duration) : MISSING}
        change={was && ended ? changeOfSeconds(current.average_call_duration, was.average_call_duration) : null}
        from={was && `from ${formatAverage(was.average_call_duration)}`}
      />
      <Figure
        word="Escalations"
        value={formatCount(current.escalated)}
        change={was ? changeOf(current.escalated, was.escalated) : null}
        from={was && `from ${formatCount(was.escalated)}`}
      />
      <Figure
        word="Cost"
        value={formatReportCost(current.cost)}
        change={was ? changeOf(current.cost, was.cost) : null}
        from={
          current.total_minutes > 0 ? `${formatCostRate(current.cost / current.total_minutes)} a minute` : undefined
        }
      />
    </div>
  )
}

const ARROWS = { up: ArrowUpRight, down: ArrowDownRight, same: ArrowRight } as const

function Figure({
  word,
  value,
  unit,
  change,
  from,
  is_worse = false,
}: {
  word: string
  value: string
  unit?: string | undefined
  change: Change | null
  from?: string | undefined
  is_worse?: boolean
}) {
  return (
    <div>
      <h3>{word}</h3>
      <b>
        {value}
        {unit && <small>{unit}</small>}
      </b>
      <p className={`delta num ${is_worse ? 'bad' : ''}`}>
        {change && (
          <>
            <Icon of={ARROWS[change.direction]} />
            {change.words}
          </>
        )}
        {from && <span>{from}</span>}
      </p>
    </div>
  )
}

// A period without a call is nothing to compare with.
const withCalls = (before: Analytics | null) => (before && before.summary.total_calls > 0 ? before : null)

const daysOf = ({ period }: Analytics, zone: string) =>
  formatDays(period.start, new Date(Date.parse(period.end) - 1).toISOString(), zone)
