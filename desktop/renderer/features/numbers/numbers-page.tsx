// Which number leads to which agent. Changes are staged, then applied together.
import { Hash, RefreshCw, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useMemo, useState } from 'react'
import type { Agent } from '../../../../shared/contract/agents.ts'
import type { PhoneNumber } from '../../../../shared/contract/numbers.ts'
import { FilterField, focusFilter } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Page, WhenRead } from '../../components/page.tsx'
import { Empty } from '../../components/standing.tsx'
import { tell, tellRefused } from '../../components/toast.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf, formatNumber } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { useIsMissed } from '../../lib/slow.ts'
import { useWorkDraft } from '../../lib/work-draft.ts'
import { agentsInOrder } from '../../store/agents-in-order.ts'
import { isLost, may } from '../../store/selectors.ts'
import type { Staged } from './board.ts'
import { boardOf, movedMeanwhile, movesOf, stage, stillStaged } from './board.ts'
import type { SyncPlan } from './number-actions.ts'
import { createNumberActions } from './number-actions.ts'
import { NumberColumn } from './number-column.tsx'
import { StagedBar } from './staged-bar.tsx'
import { SyncDialog } from './sync-dialog.tsx'
import { useDragged } from './use-dragged.ts'

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
  const [kept, keep] = useWorkDraft<Staged>('numbers')
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [plan, setPlan] = useState<SyncPlan | null>(null)
  const [is_assigning, setAssigning] = useState(false)
  const [is_busy, setBusy] = useState(false)
  const [is_applying, setApplying] = useState(false)
  const is_missed = useIsMissed(is_applying)
  const all = useMemo(() => Object.values(numbers), [numbers])
  const agent_list = useMemo(() => agentsInOrder(agents), [agents])
  const is_read = useConsoleState(
    (state) => state.numbers_reading.state === 'ready' && state.agents_reading.state === 'ready',
  )
  const staged = useMemo(
    () => (is_read ? stillStaged(kept ?? NONE_STAGED, numbers, agents) : (kept ?? NONE_STAGED)),
    [kept, numbers, agents, is_read],
  )
  const setStaged = (next: Staged) => keep(next.size > 0 ? next : null)
  const board = useMemo(() => boardOf(all, agent_list, staged, filter), [all, agent_list, staged, filter])
  const shown = board.reduce((sum, column) => sum + column.rows.length, 0)
  const unassigned = all.filter((number) => number.assigned_agent === null).length
  // The column of the first selected number that is shown has the menu of them all.
  const home = board.find(({ rows }) => rows.some(({ number }) => selected.has(number.phone_number)))
  const menu = {
    is_open: is_assigning,
    may_release: [...selected].some((phone) => numbers[phone]?.assigned_agent),
    onOpenChange: setAssigning,
  }
  // What is being applied says itself what became of it.
  useEffect(() => {
    if (!is_read || is_applying || !kept || staged === kept) return
    const moved = movedMeanwhile(kept, numbers)
    keep(staged.size > 0 ? staged : null)
    if (moved.length > 0) tell(droppedWords(kept, staged), leadWords(moved, agents))
  }, [is_read, is_applying, kept, staged, numbers, agents, keep])

  const choose = (phone_number: string) => {
    const next = new Set(selected)
    if (!next.delete(phone_number)) next.add(phone_number)
    setSelected(next)
  }
  const put = (phone_numbers: Iterable<string>, agent_id: string | null) => {
    // What is being applied is not added to.
    if (is_applying) return
    setStaged(
      stage(
        staged,
        [...phone_numbers].flatMap((phone) => numbers[phone] ?? []),
        agent_id,
      ),
    )
    setSelected(new Set())
    setAssigning(false)
  }
  const dragged = useDragged(selected, put)
  const apply = async () => {
    if (staged.size === 0 || is_lost || is_busy) return
    setBusy(true)
    setApplying(true)
    const moves = movesOf(staged)
    // The relay takes an assignment whatever the number leads to: what somebody did a moment ago must not be undone unseen.
    const read = await actions.readNow()
    const still = read.ok ? stillStaged(staged, read.value, agents) : staged
    if (!read.ok || still !== staged) {
      setBusy(false)
      setApplying(false)
      if (!read.ok) return tellRefused(`${countOf(moves.length, 'change')} not applied`, read.problem)
      setStaged(still)
      const moved = leadWords(movedMeanwhile(staged, read.value), agents)
      return tell('Nothing was applied', `${moved} ${droppedWords(staged, still)}.`.trim())
    }
    const back: Staged = new Map([...staged].map(([phone, { from, to }]) => [phone, { from: to, to: from }]))
    const { left, problem } = await actions.apply(moves)
    setBusy(false)
    setApplying(false)
    const left_numbers = new Set(left.map(({ phone_number }) => phone_number))
    setStaged(new Map([...staged].filter(([phone_number]) => left_numbers.has(phone_number))))
    if (problem) {
      // What it was refused for may be a move that was not told here yet.
      void actions.readNow()
      return tellRefused(`${countOf(left.length, 'change')} not applied`, problem)
    }
    tell(`${countOf(moves.length, 'change')} applied`, 'The next call follows.', {
      word: 'Undo',
      run: () => void undo(back),
    })
  }
  const undo = async (back: Staged) => {
    const read = await actions.readNow()
    if (!read.ok) return tellRefused('Not undone', read.problem)
    const still = stillStaged(back, read.value, agents)
    const { problem } = await actions.apply(movesOf(still))
    if (problem) return tellRefused('Not undone', problem)
    const moved = leadWords(movedMeanwhile(back, read.value), agents)
    tell('Undone', `${countOf(still.size, 'number')} back where they were. ${moved}`.trim())
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
    m: () => {
      const at = document.activeElement?.getAttribute('data-number')
      if (can_assign && selected.size === 0 && at) setSelected(new Set([at]))
      setAssigning(can_assign && (selected.size > 0 || Boolean(at)))
    },
    'ctrl+enter': () => void apply(),
    escape: () => setSelected(new Set()),
  })

  return (
    <Page
      title="Numbers"
      about={reading.state === 'ready' ? `${countOf(all.length, 'number')}, ${unassigned} unassigned` : null}
      lostBar={lostBar}
      readOnly={
        can_assign ? null : { fact: 'You can read numbers.', more: 'Assigning them needs the agent manager role.' }
      }
      tools={
        <>
          <FilterField className="w-[200px]" label="Number or name" icon={Search} value={filter} onChange={setFilter} />
          {can_sync && <SyncButton is_off={is_lost || is_busy} onSync={() => void planSync()} />}
        </>
      }
    >
      <WhenRead reading={reading} what="numbers" shape="columns" onRetry={actions.readAgain}>
        {all.length === 0 ? (
          <Empty
            icon={Hash}
            fact="No numbers yet"
            act={can_sync && <SyncButton is_off={is_lost || is_busy} onSync={() => void planSync()} />}
          >
            Numbers you have at the carrier appear here after a sync.{!can_sync && ' It needs the agent manager role.'}
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
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          <section className="board" aria-label="Numbers by agent" tabIndex={0}>
            {board.map((column) => (
              <NumberColumn
                key={column.agent?.id ?? 'tray'}
                column={column}
                agents={agent_list}
                selected={selected}
                can_assign={can_assign}
                dragged={dragged}
                menu={column === home ? menu : null}
                onChoose={choose}
                onPut={put}
              />
            ))}
          </section>
        )}
      </WhenRead>
      {staged.size > 0 && (
        <StagedBar
          staged={staged}
          is_busy={is_busy}
          is_lost={is_lost}
          is_missed={is_missed}
          onDiscard={() => setStaged(NONE_STAGED)}
          onApply={() => void apply()}
        />
      )}
      {plan && <SyncDialog plan={plan} onClose={() => setPlan(null)} />}
    </Page>
  )
}

const droppedWords = (before: Staged, left: Staged) => `${countOf(before.size - left.size, 'staged change')} dropped`

/** Where numbers lead that somebody else moved meanwhile. @source design.md section 6 */
function leadWords(moved: readonly PhoneNumber[], agents: Readonly<Record<string, Agent>>): string {
  return moved
    .map(({ phone_number, assigned_agent }) => {
      const to = assigned_agent ? `leads to ${agents[assigned_agent]?.name ?? 'another agent'}` : 'is unassigned'
      return `${formatNumber(phone_number)} ${to} now.`
    })
    .join(' ')
}

function SyncButton({ is_off, onSync }: { is_off: boolean; onSync: () => void }) {
  return (
    <button type="button" className="btn" disabled={is_off} onClick={onSync}>
      <Icon of={RefreshCw} className="s" />
      Sync with the carrier
    </button>
  )
}
