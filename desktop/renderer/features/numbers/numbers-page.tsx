// Which number leads to which agent. Changes are staged, then applied together.
import { CornerDownRight, Ellipsis, Hash, RefreshCw, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMemo, useRef, useState } from 'react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { AgentTypeWord } from '../../components/agent-type.tsx'
import { FilterField, focusFilter } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuHead, MenuItem, MenuLine } from '../../components/menu.tsx'
import { Empty, Failed, Loading, ReadOnly } from '../../components/standing.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf, formatNumber } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { isLost, may } from '../../store/selectors.ts'
import type { BoardColumn, BoardRow, Staged } from './board.ts'
import { boardOf, movesOf, stage, stagedWords } from './board.ts'
import type { SyncPlan } from './number-actions.ts'
import { createNumberActions } from './number-actions.ts'
import { SyncDialog } from './sync-dialog.tsx'

const NONE_STAGED: Staged = new Map()

export function NumbersPage({ lostBar }: { lostBar: ReactNode }) {
  const actions = useActions(createNumberActions)
  const numbers = useConsoleState((state) => state.numbers)
  const agents = useConsoleState((state) => state.agents)
  const reading = useConsoleState((state) => state.numbers_reading)
  const can_assign = useConsoleState(may('numbers.assign'))
  const can_sync = useConsoleState(may('numbers.sync'))
  const is_lost = useConsoleState(isLost)
  const [filter, setFilter] = useState('')
  const [staged, setStaged] = useState<Staged>(NONE_STAGED)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [plan, setPlan] = useState<SyncPlan | null>(null)
  const [is_busy, setBusy] = useState(false)
  const all = useMemo(() => Object.values(numbers), [numbers])
  const agent_list = useMemo(() => Object.values(agents), [agents])
  const board = useMemo(() => boardOf(all, agent_list, staged, filter), [all, agent_list, staged, filter])
  const shown = board.reduce((sum, column) => sum + column.rows.length, 0)
  const unassigned = all.filter((number) => number.assigned_agent === null).length
  const assign = useRef<HTMLButtonElement>(null)

  const choose = (phone_number: string) => {
    const next = new Set(selected)
    if (!next.delete(phone_number)) next.add(phone_number)
    setSelected(next)
  }
  const put = (phone_numbers: Iterable<string>, agent_id: string | null) => {
    setStaged(
      stage(
        staged,
        [...phone_numbers].flatMap((phone) => numbers[phone] ?? []),
        agent_id,
      ),
    )
    setSelected(new Set())
  }
  const apply = async () => {
    if (staged.size === 0 || is_lost || is_busy) return
    setBusy(true)
    const moves = movesOf(staged)
    const back = moves.map(({ phone_number }) => ({
      phone_number,
      agent_id: numbers[phone_number]?.assigned_agent ?? null,
    }))
    const { left, problem } = await actions.apply(moves)
    setBusy(false)
    setStaged(new Map(left.map(({ phone_number, agent_id }) => [phone_number, agent_id])))
    if (problem) return tellRefused(`${countOf(left.length, 'change')} not applied`, problem)
    tell(`${countOf(moves.length, 'change')} applied`, 'The next call follows.', {
      word: 'Undo',
      run: () => void undo(back),
    })
  }
  const undo = async (back: { phone_number: string; agent_id: string | null }[]) => {
    const { problem } = await actions.apply(back)
    if (problem) tellRefused('Not undone', problem)
    else tell('Undone', `${countOf(back.length, 'number')} back where they were.`)
  }
  const planSync = async () => {
    setBusy(true)
    const reply = await actions.planSync()
    setBusy(false)
    if (reply.ok) setPlan(reply.value)
    else tellRefused('The carrier’s numbers were not read', reply.problem)
  }
  useKeys({
    '/': focusFilter,
    m: () => assign.current?.click(),
    'ctrl+enter': () => void apply(),
    escape: () => setSelected(new Set()),
  })

  return (
    <main className="page">
      {lostBar}
      <div className="page-h">
        <h1>Numbers</h1>
        <span className="dim num">
          {countOf(all.length, 'number')}, {unassigned} unassigned
        </span>
        <span className="grow" />
        <FilterField className="w-[200px]" label="Number or name" icon={Search} value={filter} onChange={setFilter} />
        {can_sync && (
          <button type="button" className="btn" disabled={is_lost || is_busy} onClick={() => void planSync()}>
            <Icon of={RefreshCw} className="s" />
            Sync with the carrier
          </button>
        )}
      </div>
      {!can_assign && (
        <div className="ro-line">
          <ReadOnly fact="You can read numbers.">Assigning them needs the agent manager role.</ReadOnly>
        </div>
      )}
      {reading.state === 'failed' ? (
        <Failed what="Numbers" problem={reading.problem} onRetry={actions.readAgain} />
      ) : reading.state === 'waiting' ? (
        <Loading what="numbers" rows={5} />
      ) : all.length === 0 ? (
        <Empty icon={Hash} fact="No numbers yet">
          Numbers you have at the carrier appear here after a sync.
        </Empty>
      ) : shown === 0 ? (
        <Empty
          icon={Search}
          fact={`No number matches “${filter}”`}
          act={
            <button type="button" className="btn" onClick={() => setFilter('')}>
              Clear filter
            </button>
          }
        >
          {countOf(all.length, 'number is', 'numbers are')} hidden.
        </Empty>
      ) : (
        <div className="board">
          {board.map((column) => (
            <Column
              key={column.agent?.id ?? 'tray'}
              column={column}
              agents={agent_list}
              selected={selected}
              can_assign={can_assign}
              assign={assign}
              onChoose={choose}
              onPut={put}
            />
          ))}
        </div>
      )}
      {staged.size > 0 && (
        <section className="staged-bar" aria-label="Staged changes">
          <b className="num">{countOf(staged.size, 'change')}</b>
          <span className="ink2">{stagedWords(staged)}. Nothing is live until you apply.</span>
          <span className="grow" />
          <button type="button" className="btn quiet" onClick={() => setStaged(NONE_STAGED)}>
            Discard
          </button>
          <button type="button" className="btn primary" disabled={is_lost || is_busy} onClick={() => void apply()}>
            Apply {staged.size} <kbd>Ctrl</kbd>
            <kbd>↵</kbd>
          </button>
        </section>
      )}
      {plan && <SyncDialog plan={plan} onClose={() => setPlan(null)} />}
    </main>
  )
}

interface ColumnProps {
  column: BoardColumn
  agents: readonly Agent[]
  selected: ReadonlySet<string>
  can_assign: boolean
  assign: React.RefObject<HTMLButtonElement | null>
  onChoose: (phone_number: string) => void
  onPut: (phone_numbers: Iterable<string>, agent_id: string | null) => void
}

function Column({ column, agents, selected, can_assign, assign, onChoose, onPut }: ColumnProps) {
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
