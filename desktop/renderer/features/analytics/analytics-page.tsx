// Figures of a period beside those of the period before; every row opens the calls behind it.
import { ArrowDownRight, ArrowRight, ArrowUpRight, ChartColumn, CircleX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import type { Analytics } from '../../../../shared/contract/analytics.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { BeforeCalls, useNextAct } from '../../components/before-calls.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Segmented } from '../../components/seg.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsole, useConsoleState, useNow } from '../../lib/console-context.tsx'
import {
  countOf,
  formatAverage,
  formatCostRate,
  formatCount,
  formatDate,
  formatDays,
  formatRate,
  formatReportCost,
  MISSING,
} from '../../lib/format.ts'
import { isLost, may } from '../../store/selectors.ts'
import type { View } from './address.ts'
import { addressOf } from './address.ts'
import type { AgentChosen } from './agents-table.tsx'
import { AgentsTable } from './agents-table.tsx'
import { createAnalyticsActions } from './analytics-actions.ts'
import type { CallsFilter } from './calls-list.tsx'
import { CallsList } from './calls-list.tsx'
import { HoursChart } from './hours-chart.tsx'
import { Outcomes } from './outcomes.tsx'
import type { Change, Period } from './period.ts'
import { changeOf, changeOfRate, changeOfSeconds, PERIOD_WORDS, PERIODS, periodOf } from './period.ts'

interface Figures {
  now: Analytics
  before: Analytics | null
  period: Period
}

export function AnalyticsPage({
  view,
  lostBar,
  onOpenCall,
}: {
  /** As the address says it. */
  view: View
  lostBar: ReactNode
  onOpenCall: (call_sid: string) => void
}) {
  const actions = useActions(createAnalyticsActions)
  const { ticker } = useConsole()
  const [, navigate] = useLocation()
  const zone = useConsoleState((state) => state.tenant?.time_zone) ?? 'UTC'
  // Days begin at the tenant's midnight: before that is known, no figure is right.
  const is_zone_known = useConsoleState(
    ({ tenant, live_reading, agents_reading }) =>
      tenant !== null || live_reading.state !== 'waiting' || agents_reading.state !== 'waiting',
  )
  const is_lost = useConsoleState(isLost)
  const next = useNextAct()
  const [figures, setFigures] = useState<Figures | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const name = view.period
  const show = (change: Partial<View>) => navigate(addressOf({ ...view, ...change }), { replace: true })
  const chosen = useChosen(view.agent_id, figures?.now ?? null)
  const filter: CallsFilter = {
    ...(chosen && chosen !== 'unknown' && { agent: chosen }),
    ...(view.outcome && { outcome: view.outcome }),
  }
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read for each period, and again when asked or linked again
  useEffect(() => {
    if (is_lost || !is_zone_known) return
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
  }, [name, zone, is_zone_known, tries, is_lost])
  return (
    <Page
      title="Analytics"
      about={
        figures && `${countOf(figures.now.summary.total_agents, 'agent')}, ${figures.now.summary.active_agents} active`
      }
      lostBar={lostBar}
      tools={
        <>
          {figures && (
            <ReadAt at={figures.period.end} zone={zone} is_off={is_lost} onAgain={() => setTries(tries + 1)} />
          )}
          <span className="dim xs num">{zone}</span>
          <Segmented
            label="Period"
            value={name}
            onChoose={(period) => show({ period })}
            choices={PERIODS.map((value) => ({ value, word: PERIOD_WORDS[value] }))}
          />
        </>
      }
    >
      {problem ? (
        <Failed what="Figures" problem={problem} onRetry={() => setTries(tries + 1)} />
      ) : !figures ? (
        <Loading what="figures" shape="panels" rows={5} />
      ) : next && figures.now.summary.total_calls === 0 && !figures.before ? (
        <BeforeCalls next={next} icon={ChartColumn} />
      ) : (
        <>
          {chosen === 'unknown' && (
            <p className="an-note" role="status">
              <Icon of={CircleX} className="s" /> <b className="m">There is no such agent in this tenant.</b> The whole
              tenant is shown.
            </p>
          )}
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
            <CallsList
              period={figures.period}
              filter={filter}
              total={totalOf(figures.now, filter)}
              onClear={() => show({ agent_id: null, outcome: null })}
              onOpen={onOpenCall}
            />
            <AgentsTable
              now={figures.now}
              before={figures.before}
              chosen={filter.agent?.id ?? null}
              onChoose={(agent) => show({ agent_id: agent?.id ?? null, outcome: null })}
            />
            <Outcomes
              now={figures.now}
              before={figures.before}
              chosen={filter.outcome ?? null}
              onChoose={(outcome) => show({ agent_id: null, outcome })}
            />
          </div>
        </>
      )}
    </Page>
  )
}

/** Figures do not follow the calls: when they were read is said, and they are read again when asked. */
function ReadAt({ at, zone, is_off, onAgain }: { at: string; zone: string; is_off: boolean; onAgain: () => void }) {
  const now = useNow(60_000)
  return (
    <>
      <span className="dim xs num">as of {formatDate(at, zone, now)}</span>
      <button type="button" className="btn sm quiet" disabled={is_off} onClick={onAgain}>
        Read again
      </button>
    </>
  )
}

/**
 * The agent of the address, whether it is there still or only its calls are.
 * @returns null while that cannot be said, and where the address names none
 */
function useChosen(agent_id: string | null, now: Analytics | null): AgentChosen | 'unknown' | null {
  const known = useConsoleState((state) => (agent_id ? state.agents[agent_id]?.name : undefined))
  const is_read = useConsoleState((state) => state.agents_reading.state === 'ready' || !may('agents.read')(state))
  if (!agent_id) return null
  const name = known ?? now?.agent_performance.find((agent) => agent.agent_id === agent_id)?.name
  if (name !== undefined) return { id: agent_id, name }
  return is_read && now ? 'unknown' : { id: agent_id, name: 'this agent' }
}

function totalOf(now: Analytics, { agent, outcome }: CallsFilter): number {
  if (agent) return now.agent_performance.find((each) => each.agent_id === agent.id)?.calls ?? 0
  return outcome ? (now.outcomes[outcome] ?? 0) : now.summary.total_calls
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
      <h2>{word}</h2>
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
