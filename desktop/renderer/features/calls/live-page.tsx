// The live wall: figures, what needs a person, every call in its place, and the selected one.
import { ChevronDown, Unlink } from 'lucide-react'
import type { ReactNode } from 'react'
import { useMemo, useState } from 'react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { FilterField, focusFilter } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuChoices } from '../../components/menu.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf, words } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import type { Lane } from '../../store/attention.ts'
import { nextNeeded } from '../../store/attention.ts'
import { callsOnWall, isLive, isLost } from '../../store/selectors.ts'
import type { Density } from '../../store/state.ts'
import { DENSITIES } from '../../store/state.ts'
import { AllQuiet } from './all-quiet.tsx'
import { createCallActions } from './call-actions.ts'
import { EndCallDialog } from './end-call.tsx'
import { Inspector } from './inspector.tsx'
import { useRights } from './ladder.tsx'
import { AttentionLane } from './lane.tsx'
import { Strip } from './strip.tsx'
import { useWallShape } from './use-wall-shape.ts'
import { CallWall } from './wall.tsx'

/** Where the inspector is a sheet over the wall. Source: design.md section 7; styles/narrow.css. */
const SHEET = '(max-width: 1023px)'

export function LivePage({
  lane,
  lostBar,
  context,
  onOpen,
}: {
  lane: Lane
  lostBar: ReactNode
  context: (call_sid: string) => ReactNode
  onOpen: (call_sid: string, place?: 'context') => void
}) {
  const actions = useActions(createCallActions)
  const is_lost = useConsoleState(isLost)
  const reading = useConsoleState((state) => state.live_reading)
  const selected = useConsoleState((state) => state.selected)
  const calls = useCalls()
  const live = calls.filter(isLive).length
  const { density, group } = useWallShape(reading.state === 'ready' ? live : null)
  const [ending, setEnding] = useState<CallSummary | null>(null)
  const next = () => {
    const call_sid = is_lost ? null : nextNeeded(lane, selected)
    if (!call_sid) return
    actions.select(call_sid)
    document.querySelector(`[data-call="${call_sid}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  const showIncident = (name: string, members: readonly CallSummary[]) =>
    actions.setView({ narrowed: { name, call_sids: members.map((call) => call.call_sid) } })
  const clearFilter = () => actions.setView({ filter: '', narrowed: null })
  const filter = useConsoleState((state) => state.filter)
  const narrowed = useConsoleState((state) => state.narrowed)
  // Where the selected call lies over the wall, Escape takes it away again.
  const back = () => {
    if (filter !== '' || narrowed) clearFilter()
    else if (window.matchMedia(SHEET).matches) actions.select(null)
  }
  useLiveKeys({ next, onOpen, back })

  return (
    <main className={`live ${is_lost ? 'lost' : ''}`}>
      <h1 className="sr-only">Live calls</h1>
      {lostBar}
      <Strip calls={calls} need={lane.needs.length} is_known={reading.state === 'ready'} />
      <AttentionLane
        lane={lane}
        is_lost={is_lost}
        reading={reading}
        onSelect={actions.select}
        onOpen={onOpen}
        onNext={next}
        onShowIncident={(item) => showIncident(item.attention.evidence, item.calls)}
      />
      <section className="wall-pane" data-density={density} aria-label="All calls">
        <WallBar calls={reading.state === 'ready' ? live : null} density={density} group={group} />
        <ApartNote />
        {reading.state === 'failed' ? (
          <div className="allquiet">
            <Failed what="Live calls" problem={reading.problem} onRetry={actions.readAgain} />
          </div>
        ) : reading.state === 'waiting' ? (
          <Loading what="live calls" shape="cards" rows={12} />
        ) : calls.length === 0 ? (
          <AllQuiet />
        ) : (
          <CallWall
            density={density}
            group={group}
            lane={lane}
            live={live}
            onSelect={actions.select}
            onOpen={onOpen}
            onClearFilter={clearFilter}
          />
        )}
      </section>
      <Inspector
        call_sid={selected}
        context={context}
        onOpen={onOpen}
        onEditContext={(call_sid) => onOpen(call_sid, 'context')}
        onEnd={setEnding}
      />
      {ending && (
        <EndCallDialog
          call={ending}
          focusAfter={() => document.querySelector(`[data-call="${ending.call_sid}"]`)}
          onClose={() => setEnding(null)}
        />
      )}
    </main>
  )
}

/** That the wall may lack calls, while the relays do not reach each other. */
function ApartNote() {
  const is_whole = useConsoleState((state) => state.is_whole)
  const stale = useConsoleState((state) => Object.keys(state.stale).length)
  if (is_whole) return null
  return (
    <p className="wall-note" role="status">
      <Icon of={Unlink} className="s" />
      <span>
        The relays cannot reach each other: calls may be missing
        {stale > 0 && `; ${stale} not up to date ${stale === 1 ? 'is' : 'are'} counted apart`}.
      </span>
    </p>
  )
}

function useCalls(): CallSummary[] {
  const calls = useConsoleState((state) => state.calls)
  const wall = useConsoleState((state) => state.wall)
  return useMemo(() => callsOnWall({ calls, wall }), [calls, wall])
}

function useLiveKeys({
  next,
  onOpen,
  back,
}: {
  next: () => void
  onOpen: (call_sid: string, place?: 'context') => void
  back: () => void
}) {
  const actions = useActions(createCallActions)
  const selected = useConsoleState((state) => state.selected)
  const call = useConsoleState((state) => (selected ? state.calls[selected] : undefined))
  const rights = useRights(call)
  const arrow = (key: string) => () => {
    const grid = document.querySelector('[role="grid"]')
    grid?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  }
  const open = () => selected && onOpen(selected)
  useKeys({
    a: next,
    j: arrow('ArrowRight'),
    k: arrow('ArrowLeft'),
    '/': focusFilter,
    l: () => selected && rights.listen && actions.toggleListening(selected),
    e: () => selected && rights.context && onOpen(selected, 'context'),
    enter: open,
    escape: back,
  })
}

function WallBar({
  calls,
  density,
  group,
}: {
  /** How many are on; null while that is not known. */
  calls: number | null
  density: Density
  group: 'agent' | 'none'
}) {
  const actions = useActions(createCallActions)
  const grouping = useConsoleState((state) => state.group)
  const chosen = useConsoleState((state) => state.density)
  const filter = useConsoleState((state) => state.filter)
  const narrowed = useConsoleState((state) => state.narrowed)
  return (
    <div className="wall-bar">
      <h2 className="sec">All calls</h2>
      <span className="dim num">{calls}</span>
      {narrowed && (
        <button type="button" className="btn sm quiet min-w-0" onClick={() => actions.setView({ narrowed: null })}>
          <span className="trunc">Only {countOf(narrowed.call_sids.length, 'call')} of one incident</span>{' '}
          <kbd>Esc</kbd>
        </button>
      )}
      <span className="grow" />
      {calls !== null && calls > 0 && (
        <>
          <Pick
            word="Group"
            label="Group by"
            shown={group}
            value={grouping}
            choices={[
              { value: 'auto', word: 'Auto, by the number of calls' },
              { value: 'agent', word: 'Agent' },
              { value: 'none', word: 'None' },
            ]}
            onChoose={(value) => actions.setView({ group: value })}
          />
          <Pick
            word="Density"
            label="Density"
            shown={chosen === 'auto' ? `auto, ${density}` : chosen}
            value={chosen}
            choices={[
              { value: 'auto', word: 'Auto, by the number of calls' },
              ...DENSITIES.map((value) => ({ value, word: words(value) })),
            ]}
            onChoose={(value) => actions.setView({ density: value })}
          />
          <FilterField
            small
            className="flt"
            label="Filter"
            value={filter}
            onChange={(value) => actions.setView({ filter: value })}
          />
        </>
      )}
    </div>
  )
}

/** What the wall is arranged by: a word with what is chosen, and a menu of the choices. */
function Pick<T extends string>({
  word,
  label,
  shown,
  ...choices
}: {
  word: string
  label: string
  shown: string
  value: T
  choices: readonly { value: T; word: string }[]
  onChoose: (value: T) => void
}) {
  return (
    <Menu
      label={word}
      trigger={
        <button type="button" className="pick">
          {word} <b>{shown}</b>
          <Icon of={ChevronDown} />
        </button>
      }
    >
      <MenuChoices label={label} {...choices} />
    </Menu>
  )
}
