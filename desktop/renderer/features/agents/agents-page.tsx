// Every agent with its state, numbers and figures.
import { Bot, CirclePause, Copy, Eye, Pause, Pencil, Play, Plus, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { AgentTypeWord } from '../../components/agent-type.tsx'
import { FilterField, focusFilter } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Segmented } from '../../components/seg.tsx'
import { Empty, Failed, Loading, ReadOnly } from '../../components/standing.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { countOf, formatAverage, formatCount, formatDate, formatNumber, formatRate, MISSING } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { isLost, may } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'

type Shown = 'all' | 'live' | 'paused'

export function AgentsPage({ lostBar }: { lostBar: ReactNode }) {
  const actions = useActions(createAgentActions)
  const [, navigate] = useLocation()
  const agents = useAgents()
  const reading = useConsoleState((state) => state.agents_reading)
  const limit = useConsoleState((state) => state.tenant?.limits.agents)
  const can_create = useConsoleState(may('agents.create'))
  const can_update = useConsoleState(may('agents.update'))
  const is_lost = useConsoleState(isLost)
  const [filter, setFilter] = useState('')
  const [shown, setShown] = useState<Shown>('all')
  useKeys({ '/': focusFilter })
  const live = agents.filter((agent) => agent.is_active).length
  const left = limit === undefined ? null : Math.max(0, limit - agents.length)
  const matching = agents.filter((agent) => isShown(agent, shown) && matches(agent, filter))
  const may_add = can_create && !is_lost && left !== 0
  return (
    <main className="page">
      {lostBar}
      <div className="page-h">
        <h1>Agents</h1>
        <span className="dim num">{limit === undefined ? agents.length : `${agents.length} of ${limit}`}</span>
        <span className="grow" />
        <FilterField className="w-[220px]" label="Find an agent" icon={Search} value={filter} onChange={setFilter} />
        <Segmented
          label="Which agents"
          value={shown}
          onChoose={setShown}
          choices={[
            { value: 'all', word: 'All' },
            { value: 'live', word: `Live ${live}` },
            { value: 'paused', word: `Paused ${agents.length - live}` },
          ]}
        />
        {can_create && (
          <button type="button" className="btn primary" disabled={!may_add} onClick={() => navigate('/agents/new')}>
            <Icon of={Plus} />
            New agent
          </button>
        )}
      </div>
      {!can_update && (
        <div className="ro-line">
          <ReadOnly fact="You can read agents.">Changing them needs the agent manager role.</ReadOnly>
        </div>
      )}
      {reading.state === 'failed' ? (
        <Failed what="Agents" problem={reading.problem} onRetry={actions.readAgain} />
      ) : reading.state === 'waiting' ? (
        <Loading what="agents" rows={4} />
      ) : agents.length === 0 ? (
        <Empty
          icon={Bot}
          fact="No agents yet"
          act={
            may_add && (
              <button type="button" className="btn" onClick={() => navigate('/agents/new')}>
                Make the first agent
              </button>
            )
          }
        >
          An agent answers a number with its prompt and its voice.
        </Empty>
      ) : matching.length === 0 ? (
        <Empty
          icon={Search}
          fact={filter ? `No agent matches “${filter}”` : `No agent is ${shown === 'live' ? 'live' : 'paused'}`}
          act={
            <button
              type="button"
              className="btn"
              onClick={() => {
                setFilter('')
                setShown('all')
              }}
            >
              Show all
            </button>
          }
        >
          {countOf(agents.length, 'agent is', 'agents are')} hidden.
        </Empty>
      ) : (
        <div className="agents">
          {matching.map((agent) => (
            <AgentCell key={agent.id} agent={agent} can_update={can_update} may_add={may_add} is_lost={is_lost} />
          ))}
          {may_add && (
            <div className="ag new">
              <div>
                <p className="b">Make another agent</p>
                <p className="ink2 xs">{left !== null && `${left} of ${limit} left on this tenant’s limit.`}</p>
              </div>
              <button type="button" className="btn sm quiet" onClick={() => navigate('/agents/new')}>
                <Icon of={Plus} className="s" />
                From nothing
              </button>
            </div>
          )}
        </div>
      )}
    </main>
  )
}

function AgentCell({
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
  const assigned = useConsoleState((state) => state.numbers)
  const numbers = useMemo(() => numbersOf(agent, assigned), [agent, assigned])
  const { statistics } = agent
  const pause = async () => {
    const reply = await actions.change(agent.id, {
      is_active: !agent.is_active,
      expected_version: agent.version,
    })
    if (!reply.ok) return tellRefused(`${agent.name} was not changed`, reply.problem)
    if (agent.is_active) tell(`${agent.name} paused`, 'Calls that are on go on; new ones are refused.')
    else tell(`${agent.name} is live`, 'The next call is answered.')
  }
  return (
    <article className={`ag ${agent.is_active ? '' : 'paused'}`} aria-label={agent.name}>
      <div className="ag-t">
        <h2 className="trunc">
          <a href={`#/agents/${agent.id}`}>{agent.name}</a>
        </h2>
        <span className="grow" />
        <AgentState agent={agent} />
      </div>
      <p className="ag-s">
        <AgentTypeWord type={agent.type} /> · <span className="num">v{agent.version}</span>
      </p>
      <p className="ag-n">
        <Numbers numbers={numbers} />
      </p>
      <dl className="ag-f">
        <div>
          <dt>Calls now</dt>
          <dd className="num">{formatCount(now_calls)}</dd>
        </div>
        <div>
          <dt>Calls</dt>
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
      <LastCall agent={agent} />
      <div className="ag-do">
        <button type="button" className="btn sm quiet" onClick={() => navigate(`/agents/${agent.id}`)}>
          <Icon of={can_update ? Pencil : Eye} className="s" />
          {can_update ? 'Edit' : 'Read'}
        </button>
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
            onClick={() => void pause()}
          >
            <Icon of={agent.is_active ? Pause : Play} />
          </button>
        )}
      </div>
    </article>
  )
}

export function AgentState({ agent }: { agent: Pick<Agent, 'is_active'> }) {
  return agent.is_active ? (
    <span className="st live">
      <i className="dot" />
      Live
    </span>
  ) : (
    <span className="st paused">
      <Icon of={CirclePause} />
      Paused
    </span>
  )
}

// An assignment changes the number, not the agent: where numbers may be read, they are the truth.
function numbersOf(agent: Agent, assigned: Record<string, PhoneNumber>): string[] {
  const all = Object.values(assigned)
  if (all.length === 0) return agent.phone_numbers
  return all.filter((number) => number.assigned_agent === agent.id).map((number) => number.phone_number)
}

function Numbers({ numbers }: { numbers: readonly string[] }) {
  if (numbers.length === 0) return <span className="dim">No numbers</span>
  return (
    <>
      {numbers.slice(0, 2).map((number) => (
        <span key={number} className="num">
          {formatNumber(number)}
        </span>
      ))}
      {numbers.length > 2 && <span className="num">{numbers.length - 2} more</span>}
    </>
  )
}

function LastCall({ agent }: { agent: Agent }) {
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const now = useNow(60_000)
  const { last_call, average_duration } = agent.statistics
  return (
    <p className="ag-fault num">
      {last_call
        ? `Last call ${formatDate(last_call, zone, now)} · ${formatAverage(average_duration)} on average`
        : 'No calls yet'}
    </p>
  )
}

function useAgents(): Agent[] {
  const agents = useConsoleState((state) => state.agents)
  return useMemo(() => Object.values(agents), [agents])
}

const isShown = (agent: Agent, shown: Shown) => shown === 'all' || agent.is_active === (shown === 'live')

function matches(agent: Agent, filter: string): boolean {
  const text = `${agent.name} ${agent.type} ${agent.voice} ${agent.phone_numbers.map(formatNumber).join(' ')} ${agent.phone_numbers.join(' ')}`
  return text.toLowerCase().includes(filter.trim().toLowerCase())
}
