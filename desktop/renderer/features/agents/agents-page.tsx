// Every agent with its state, numbers and figures.
import { Bot, File, Plus, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import type { Agent } from '../../../../shared/contract/agents.ts'
import { FilterField, focusFilter } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page, WhenRead } from '../../components/page.tsx'
import { Segmented } from '../../components/seg.tsx'
import { Empty } from '../../components/standing.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf, formatCount, formatNumber } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { agentsInOrder } from '../../store/agents-in-order.ts'
import { isLost, may } from '../../store/selectors.ts'
import { createAgentActions } from './agent-actions.ts'
import { AgentCell } from './agent-cell.tsx'
import { useAgentLimit } from './agent-limit.ts'
import { useFreshFigures } from './fresh-figures.ts'
import { NewDraftCell, useNewDrafts } from './new-drafts.tsx'

type Shown = 'all' | 'live' | 'paused'

export function AgentsPage({ lostBar }: { lostBar: ReactNode }) {
  const actions = useActions(createAgentActions)
  const [, navigate] = useLocation()
  const agents = useAgents()
  const reading = useConsoleState((state) => state.agents_reading)
  const { limit, left, ...full } = useAgentLimit()
  const drafts = useNewDrafts()
  const can_create = useConsoleState(may('agents.create'))
  const can_update = useConsoleState(may('agents.update'))
  const is_lost = useConsoleState(isLost)
  const [filter, setFilter] = useState('')
  const [shown, setShown] = useState<Shown>('all')
  useKeys({ '/': focusFilter })
  useFreshFigures()
  const live = agents.filter((agent) => agent.is_active).length
  const matching = agents.filter((agent) => isShown(agent, shown) && matches(agent, filter))
  const may_add = can_create && !is_lost && left !== 0
  const has_drafts = can_create && shown === 'all' && filter === '' && drafts.length > 0
  const is_known = reading.state === 'ready'
  return (
    <Page
      title="Agents"
      about={is_known ? (limit === null ? formatCount(agents.length) : `${agents.length} of ${limit}`) : null}
      lostBar={lostBar}
      readOnly={
        !can_update
          ? { fact: 'You can read agents.', more: 'Changing them needs the agent manager role.' }
          : can_create && left === 0
            ? full
            : null
      }
      tools={
        <>
          <FilterField className="w-[220px]" label="Find an agent" icon={Search} value={filter} onChange={setFilter} />
          <Segmented
            label="Which agents"
            value={shown}
            onChoose={setShown}
            choices={[
              { value: 'all', word: 'All' },
              { value: 'live', word: is_known ? `Live ${live}` : 'Live' },
              { value: 'paused', word: is_known ? `Paused ${agents.length - live}` : 'Paused' },
            ]}
          />
          {can_create && (
            <button type="button" className="btn primary" disabled={!may_add} onClick={() => navigate('/agents/new')}>
              <Icon of={Plus} />
              New agent
            </button>
          )}
        </>
      }
    >
      <WhenRead reading={reading} what="agents" shape="cells" onRetry={actions.readAgain}>
        {agents.length === 0 && drafts.length === 0 ? (
          <NoAgents onMake={may_add ? () => navigate('/agents/new') : null} />
        ) : matching.length === 0 && !has_drafts ? (
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
            {has_drafts && drafts.map((copy_of) => <NewDraftCell key={copy_of} copy_of={copy_of} />)}
            {may_add && (
              <div className="ag new">
                <div>
                  <p className="b">Make another agent</p>
                  <p className="ink2 xs">{left !== null && `${left} of ${limit} left on this tenant’s limit.`}</p>
                </div>
                <button type="button" className="btn sm quiet" onClick={() => navigate('/agents/new')}>
                  <Icon of={File} className="s" />
                  From nothing
                </button>
              </div>
            )}
          </div>
        )}
      </WhenRead>
    </Page>
  )
}

function NoAgents({ onMake }: { onMake: (() => void) | null }) {
  return (
    <Empty
      icon={Bot}
      fact="No agents yet"
      act={
        onMake && (
          <button type="button" className="btn" onClick={onMake}>
            Make the first agent
          </button>
        )
      }
    >
      An agent answers a number with its prompt and its voice.
    </Empty>
  )
}

function useAgents(): Agent[] {
  const agents = useConsoleState((state) => state.agents)
  return useMemo(() => agentsInOrder(agents), [agents])
}

const isShown = (agent: Agent, shown: Shown) => shown === 'all' || agent.is_active === (shown === 'live')

function matches(agent: Agent, filter: string): boolean {
  const text = `${agent.name} ${agent.type} ${agent.voice} ${agent.phone_numbers.map(formatNumber).join(' ')} ${agent.phone_numbers.join(' ')}`
  return text.toLowerCase().includes(filter.trim().toLowerCase())
}
