// One agent on the page of agents: its state, its numbers, its figures, what is wrong now, and what one can do with it.
import { ChartColumn, Copy, Eye, Pause, Pencil, Play } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { AgentTypeWord } from '../../components/agent-type.tsx'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import {
  countOf,
  formatAverage,
  formatClock,
  formatCount,
  formatDate,
  formatNumber,
  formatRate,
  MISSING,
} from '../../lib/format.ts'
import { reasonWords } from '../../lib/wording.ts'
import { useWorkDraft } from '../../lib/work-draft.ts'
import { may } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'
import { faultNow } from './agent-fault.ts'
import { placeOfForm } from './agent-form.tsx'
import { AgentState, DraftWord } from './agent-state.tsx'
import { followsWords, numbersOf } from './numbers-of.ts'
import { PauseAgentDialog } from './pause-agent.tsx'

export function AgentCell({
  agent,
  can_update,
  may_add,
  is_lost,
}: {
  agent: Agent
  can_update: boolean
  may_add: boolean
  is_lost: boolean
}) {
  const actions = useActions(createAgentActions)
  const [, navigate] = useLocation()
  const now_calls = useConsoleState(
    (state) => Object.values(state.calls).filter((call) => call.agent_id === agent.id && call.ended_at === null).length,
  )
  const can_analyse = useConsoleState(may('analytics.read'))
  const assigned = useConsoleState((state) => state.numbers)
  const numbers = useMemo(() => numbersOf(agent, assigned), [agent, assigned])
  const [draft] = useWorkDraft(placeOfForm(agent.id, null))
  const { statistics } = agent
  const [is_pausing, setPausing] = useState(false)
  const resume = async () => {
    const reply = await actions.change(agent.id, { is_active: true, expected_version: agent.version })
    if (!reply.ok) return tellRefused(`${agent.name} was not changed`, reply.problem)
    tell(`${agent.name} is live`, followsWords(reply.value, numbers))
  }
  return (
    <article className={`ag ${agent.is_active ? '' : 'paused'}`} aria-label={agent.name}>
      <div className="ag-t">
        <h2 className="trunc" title={agent.name}>
          <a href={`#/agents/${agent.id}`}>{agent.name}</a>
        </h2>
        <span className="grow" />
        <AgentState agent={agent} />
      </div>
      <p className="ag-s">
        <AgentTypeWord type={agent.type} /> ·{' '}
        <span className="num">
          v{agent.version}
          {agent.is_active && ' live'}
        </span>
        {draft !== null && (
          <>
            {' '}
            · <DraftWord />
          </>
        )}
      </p>
      <p className="ag-n">
        <Numbers agent={agent} numbers={numbers} />
      </p>
      <dl className="ag-f">
        <div>
          <dt>Calls now</dt>
          <dd className="num">{formatCount(now_calls)}</dd>
        </div>
        <div>
          <dt>Calls, total</dt>
          <dd className="num">{formatCount(statistics.total_calls)}</dd>
        </div>
        <div>
          <dt>Minutes</dt>
          <dd className="num">{formatCount(statistics.total_minutes)}</dd>
        </div>
        <div>
          <dt>Success rate</dt>
          <dd className="num">{statistics.total_calls > 0 ? formatRate(statistics.success_rate) : MISSING}</dd>
        </div>
      </dl>
      <Fault agent={agent} />
      <div className="ag-do">
        <button type="button" className="btn sm quiet" onClick={() => navigate(`/agents/${agent.id}`)}>
          <Icon of={can_update ? Pencil : Eye} className="s" />
          {can_update ? 'Edit' : 'Read'}
        </button>
        {can_analyse && (
          <button type="button" className="btn sm quiet" onClick={() => navigate(`/analytics/7d/agent/${agent.id}`)}>
            <Icon of={ChartColumn} className="s" />
            Analytics
          </button>
        )}
        <span className="grow" />
        {may_add && (
          <button
            type="button"
            className="icon-btn sm"
            aria-label={`Duplicate ${agent.name}`}
            title="Duplicate"
            onClick={() => navigate(`/agents/new/${agent.id}`)}
          >
            <Icon of={Copy} />
          </button>
        )}
        {can_update && (
          <button
            type="button"
            className="icon-btn sm"
            disabled={is_lost}
            aria-label={`${agent.is_active ? 'Pause' : 'Resume'} ${agent.name}`}
            title={agent.is_active ? 'Pause' : 'Resume'}
            onClick={() => (agent.is_active ? setPausing(true) : void resume())}
          >
            <Icon of={agent.is_active ? Pause : Play} />
          </button>
        )}
      </div>
      {is_pausing && (
        <PauseAgentDialog agent={agent} numbers={numbers} live_calls={now_calls} onClose={() => setPausing(false)} />
      )}
    </article>
  )
}

function Numbers({ agent, numbers }: { agent: Agent; numbers: readonly string[] }) {
  if (numbers.length === 0) return <span className="dim">No numbers</span>
  return (
    <>
      {agent.type === 'outbound' && <span className="calls-from">Calls from</span>}
      {numbers.slice(0, 2).map((number) => (
        <span key={number} className="num">
          {formatNumber(number)}
        </span>
      ))}
      {numbers.length > 2 && <span className="num">{numbers.length - 2} more</span>}
    </>
  )
}

// What is wrong now is what one must know; else when it last spoke.
function Fault({ agent }: { agent: Agent }) {
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const calls = useConsoleState((state) => state.calls)
  const fault = useMemo(() => faultNow(Object.values(calls), agent.id), [calls, agent.id])
  const now = useNow(60_000)
  const { last_call, average_duration } = agent.statistics
  if (fault) {
    return (
      <p className="ag-fault bad num">
        <LevelIcon level={2} />
        <span className="trunc">
          {reasonWords(fault.attention)} on {countOf(fault.count, 'call')}, since{' '}
          {formatClock(fault.attention.since_at, zone, false)}
        </span>
      </p>
    )
  }
  return (
    <p className="ag-fault num">
      {last_call
        ? `Last call ${formatDate(last_call, zone, now)} · ${formatAverage(average_duration)} on average`
        : 'No calls yet'}
    </p>
  )
}
