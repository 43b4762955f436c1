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
import { isAnswering } from './board.ts'
import type { Dragged } from './use-dragged.ts'
import { TRAY } from './use-dragged.ts'

interface ColumnProps {
  column: BoardColumn
  agents: readonly Agent[]
  selected: ReadonlySet<string>
  can_assign: boolean
  dragged: Dragged
  /** The menu of all that is selected stands in this column; whether it is open. Null elsewhere. */
  menu: { is_open: boolean; may_release: boolean; onOpenChange: (is_open: boolean) => void } | null
  onChoose: (phone_number: string) => void
  onPut: (phone_numbers: Iterable<string>, agent_id: string | null) => void
}

export function NumberColumn({ column, agents, selected, can_assign, dragged, menu, onChoose, onPut }: ColumnProps) {
  const { agent, rows } = column
  const takes = can_assign && isAnswering(agent)
  const is_over = dragged.over === (agent?.id ?? TRAY)
  return (
    <section
      className={`bc ${agent ? '' : 'tray'} ${is_over ? 'over' : ''} ${dragged.numbers.size > 0 && !takes ? 'shut' : ''}`}
      aria-label={agent?.name ?? 'Unassigned'}
      {...dragged.column(agent?.id ?? null, takes)}
    >
      <div className="bc-h">
        <h2>
          <span className="trunc" title={agent?.name}>
            {agent?.name ?? 'Unassigned'}
          </span>{' '}
          <span className="dim num">{rows.length}</span>
        </h2>
        {menu ? (
          <AssignMenu
            agents={agents}
            may_release={menu.may_release}
            head={`${countOf(selected.size, 'number')} selected`}
            open={menu.is_open}
            onOpenChange={menu.onOpenChange}
            onPut={(agent_id) => onPut(selected, agent_id)}
            trigger={
              <button type="button" className="assign">
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
            dragged={dragged}
            onChoose={() => onChoose(row.number.phone_number)}
            onPut={(agent_id) => onPut([row.number.phone_number], agent_id)}
          />
        ))}
        {is_over && (
          <li className="slot" aria-hidden="true">
            Drop {countOf(dragged.numbers.size, 'number')} here
          </li>
        )}
      </ul>
    </section>
  )
}

function NumberRow({
  row,
  agents,
  is_selected,
  can_assign,
  dragged,
  onChoose,
  onPut,
}: {
  row: BoardRow
  agents: readonly Agent[]
  is_selected: boolean
  can_assign: boolean
  dragged: Dragged
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
    <li
      className={`nr ${from ? 'staged' : ''} ${is_selected ? 'sel' : ''} ${dragged.numbers.has(number.phone_number) ? 'ghost' : ''}`}
      {...(can_assign ? dragged.row(number) : {})}
    >
      {can_assign ? (
        <button
          type="button"
          className="nr-pick"
          data-number={number.phone_number}
          aria-pressed={is_selected}
          onClick={onChoose}
        >
          {facts}
        </button>
      ) : (
        <span className="nr-pick">{facts}</span>
      )}
      {from && <Icon of={CornerDownRight} className="s nr-staged" />}
      {can_assign && (
        <AssignMenu
          agents={agents}
          may_release={number.assigned_agent !== null}
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
  may_release,
  head,
  trigger,
  open,
  onOpenChange,
  onPut,
}: {
  agents: readonly Agent[]
  may_release: boolean
  head: string
  trigger: ReactNode
  open?: boolean
  onOpenChange?: (is_open: boolean) => void
  onPut: (agent_id: string | null) => void
}) {
  const answering = agents.filter(isAnswering)
  return (
    <Menu
      trigger={trigger}
      width={220}
      label="Assign to"
      {...(open !== undefined && { open })}
      {...(onOpenChange && { onOpenChange })}
    >
      <MenuHead>{head}, assign to…</MenuHead>
      {answering.map((agent) => (
        <MenuItem key={agent.id} onSelect={() => onPut(agent.id)} aside={agent.is_active ? undefined : 'paused'}>
          {agent.name}
        </MenuItem>
      ))}
      {may_release && (
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
