// A column of the board: an agent with its numbers, or the tray of those without one, and where each may go.
import { CornerDownRight, Ellipsis } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { AgentTypeWord } from '../../components/agent-type.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuHead, MenuItem, MenuLine } from '../../components/menu.tsx'
import { countOf, formatNumber } from '../../lib/format.ts'
import type { BoardColumn, BoardRow } from './board.ts'

interface ColumnProps {
  column: BoardColumn
  agents: readonly Agent[]
  selected: ReadonlySet<string>
  can_assign: boolean
  assign: React.RefObject<HTMLButtonElement | null>
  onChoose: (phone_number: string) => void
  onPut: (phone_numbers: Iterable<string>, agent_id: string | null) => void
}

export function NumberColumn({ column, agents, selected, can_assign, assign, onChoose, onPut }: ColumnProps) {
  const { agent, rows } = column
  const here = rows.filter((row) => selected.has(row.number.phone_number))
  const is_first = selected.size > 0 && here.length > 0 && here[0]?.number.phone_number === [...selected][0]
  return (
    <section className={`bc ${agent ? '' : 'tray'}`} aria-label={agent?.name ?? 'Unassigned'}>
      <div className="bc-h">
        <h2>
          <span className="trunc">{agent?.name ?? 'Unassigned'}</span> <span className="dim num">{rows.length}</span>
        </h2>
        {is_first ? (
          <AssignMenu
            agents={agents}
            from={rows.length > 0 ? (agent?.id ?? null) : null}
            head={`${countOf(selected.size, 'number')} selected`}
            onPut={(agent_id) => onPut(selected, agent_id)}
            trigger={
              <button type="button" className="assign" ref={assign}>
                {selected.size} selected, <kbd>M</kbd> to assign to…
              </button>
            }
          />
        ) : (
          <p>{agent ? <AgentTypeWord type={agent.type} /> : 'Callers are refused'}</p>
        )}
      </div>
      <ul className="bc-list">
        {rows.map((row) => (
          <NumberRow
            key={row.number.phone_number}
            row={row}
            agents={agents}
            is_selected={selected.has(row.number.phone_number)}
            can_assign={can_assign}
            onChoose={() => onChoose(row.number.phone_number)}
            onPut={(agent_id) => onPut([row.number.phone_number], agent_id)}
          />
        ))}
      </ul>
    </section>
  )
}

function NumberRow({
  row,
  agents,
  is_selected,
  can_assign,
  onChoose,
  onPut,
}: {
  row: BoardRow
  agents: readonly Agent[]
  is_selected: boolean
  can_assign: boolean
  onChoose: () => void
  onPut: (agent_id: string | null) => void
}) {
  const { number, from } = row
  const shown = formatNumber(number.phone_number)
  const facts = (
    <>
      <b>{shown}</b>
      <small>{from ? `From ${from}` : factOf(number)}</small>
    </>
  )
  return (
    <li className={`nr ${from ? 'staged' : ''} ${is_selected ? 'sel' : ''}`}>
      {can_assign ? (
        <button type="button" className="nr-pick" aria-pressed={is_selected} onClick={onChoose}>
          {facts}
        </button>
      ) : (
        <span className="nr-pick">{facts}</span>
      )}
      {from && <Icon of={CornerDownRight} className="s nr-staged" />}
      {can_assign && (
        <AssignMenu
          agents={agents}
          from={number.assigned_agent}
          head={shown}
          onPut={onPut}
          trigger={
            <button type="button" className="icon-btn sm nr-menu" aria-label={`Assign ${shown} to…`} title="Assign to…">
              <Icon of={Ellipsis} />
            </button>
          }
        />
      )}
    </li>
  )
}

function AssignMenu({
  agents,
  from,
  head,
  trigger,
  onPut,
}: {
  agents: readonly Agent[]
  from: string | null
  head: string
  trigger: ReactNode
  onPut: (agent_id: string | null) => void
}) {
  // An outbound agent answers no calls, so no number can lead to it.
  const answering = agents.filter((agent) => agent.type !== 'outbound')
  return (
    <Menu trigger={trigger} width={220} label="Assign to">
      <MenuHead>{head}, assign to…</MenuHead>
      {answering.map((agent) => (
        <MenuItem key={agent.id} onSelect={() => onPut(agent.id)} aside={agent.is_active ? undefined : 'paused'}>
          {agent.name}
        </MenuItem>
      ))}
      {from !== null && (
        <>
          <MenuLine />
          <MenuItem onSelect={() => onPut(null)}>Unassigned</MenuItem>
        </>
      )}
    </Menu>
  )
}

function factOf(number: PhoneNumber): string {
  return number.friendly_name && number.friendly_name !== number.phone_number
    ? number.friendly_name
    : number.capabilities.join(', ')
}
