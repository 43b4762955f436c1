import { ArrowDown } from 'lucide-react'
import type { Analytics } from '../../../../shared/contract/analytics.ts'
import { Icon } from '../../components/icon.tsx'
import { formatAverage, formatCost, formatCount, formatRate, MISSING } from '../../lib/format.ts'

export interface AgentChosen {
  id: string
  name: string
}

export function AgentsTable({
  now,
  before,
  chosen,
  onChoose,
}: {
  now: Analytics
  before: Analytics | null
  chosen: string | null
  onChoose: (agent: AgentChosen | null) => void
}) {
  const rows = [...now.agent_performance].sort((a, b) => b.calls - a.calls || a.name.localeCompare(b.name))
  const was = new Map(before?.agent_performance.map((agent) => [agent.agent_id, agent]))
  return (
    <section aria-label="Agents">
      <div className="an-h">
        <h2>Agents</h2>
        <span className="xs dim">a row opens its calls</span>
      </div>
      {rows.length === 0 && <p className="none">No agent had a call in this period.</p>}
      <table className="tbl">
        <thead>
          <tr>
            <th className="who">Agent</th>
            <th className="r sort" aria-sort="descending">
              Calls <Icon of={ArrowDown} className="s" />
            </th>
            <th className="r least">Minutes</th>
            <th className="r least">Average</th>
            <th className="rate-h">Success rate{before && ', | before'}</th>
            <th className="r less">Escalated</th>
            <th className="r">Cost</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => {
            const earlier = was.get(agent.agent_id)
            return (
              <tr key={agent.agent_id} className={agent.agent_id === chosen ? 'on' : ''}>
                <td className="m who">
                  <button
                    type="button"
                    className="row-link trunc"
                    title={agent.name}
                    aria-pressed={agent.agent_id === chosen}
                    onClick={() =>
                      onChoose(agent.agent_id === chosen ? null : { id: agent.agent_id, name: agent.name })
                    }
                  >
                    {agent.name}
                  </button>
                </td>
                <td className="r">{formatCount(agent.calls)}</td>
                <td className="r ink2 least">{formatCount(agent.minutes)}</td>
                <td className="r ink2 least">{agent.calls > 0 ? formatAverage(agent.average_duration) : MISSING}</td>
                <td>
                  <div className="rate">
                    <span className={fell(agent, earlier) ? 'text-att-2' : ''}>
                      {agent.calls > 0 ? formatRate(agent.success_rate) : MISSING}
                    </span>
                    <span className="bar" aria-hidden="true">
                      <i style={{ width: `${agent.success_rate * 100}%` }} />
                      {earlier && earlier.calls > 0 && <u style={{ left: `${earlier.success_rate * 100}%` }} />}
                    </span>
                  </div>
                </td>
                <td className="r ink2 less">{formatCount(agent.escalated)}</td>
                <td className="r">{formatCost(agent.cost)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

type Performance = Analytics['agent_performance'][number]

/** Points of success an agent may lose before it stands out. 0 to 1. Source: design.md section 4, "orange only when worse". */
const FELL_BY = 0.05

const fell = (now: Performance, before: Performance | undefined) =>
  before !== undefined && before.calls > 0 && now.calls > 0 && before.success_rate - now.success_rate >= FELL_BY
