// One call, whole: who spoke when, every word, the context, what was done to it and what it cost.
import { AudioLines } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { CallSummary, Turn } from '../../../../shared/contract/calls.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Empty, Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import type { Lane } from '../../store/attention.ts'
import { nextNeeded } from '../../store/attention.ts'
import { isLost, selectWho } from '../../store/selectors.ts'
import { createCallActions } from './call-actions.ts'
import { clockZero } from './call-clock.ts'
import { BackButton, CallHead, useNeighbours } from './call-head.tsx'
import { CostMeter, Watching } from './call-side.tsx'
import { EndCallDialog } from './end-call.tsx'
import { noWords } from './inspector.tsx'
import { Interventions } from './interventions.tsx'
import { Ladder, useRights } from './ladder.tsx'
import { Timeline } from './timeline.tsx'
import { Transcript } from './transcript.tsx'
import { useCallNow, useIsStale } from './use-call-now.ts'

export interface ContextSlot {
  call_sid: string
  clock_zero: number
  refused: string | null
  has_focus: boolean
}

const NO_TURNS: readonly Turn[] = []

export function CallPage({
  call_sid,
  place,
  lane,
  lostBar,
  context,
  onOpen,
  onBack,
}: {
  call_sid: string
  /** What gets the focus. */
  place: 'context' | null
  lane: Lane
  lostBar: ReactNode
  /** The context column, drawn by its own feature. */
  context: (slot: ContextSlot) => ReactNode
  onOpen: (call_sid: string, place?: 'context') => void
  onBack: () => void
}) {
  const actions = useActions(createCallActions)
  const call = useConsoleState((state) => state.calls[call_sid])
  const is_read = useConsoleState((state) => state.details[call_sid] !== undefined)
  const is_lost = useConsoleState(isLost)
  // Another tenant's console, or another person's, knows nothing of what was read for this one.
  const who = useConsoleState(selectWho)
  const [problem, setProblem] = useState<Problem | null>(null)
  const open = async () => {
    setProblem(null)
    const reply = await actions.open(call_sid)
    return reply.ok ? null : reply.problem
  }
  const retry = async () => setProblem(await open())
  // biome-ignore lint/correctness/useExhaustiveDependencies: one screen for each call and each sign-in
  useEffect(() => {
    actions.show(call_sid)
    return () => actions.show(null)
  }, [call_sid, who])
  // What was read stays in step by itself; what could not be read is read when the link is back.
  const is_kept_away = is_lost && !is_read
  // biome-ignore lint/correctness/useExhaustiveDependencies: read for each call and each sign-in, and after a lost link
  useEffect(() => {
    let is_asked = true
    void open().then((found) => is_asked && setProblem(found))
    return () => {
      is_asked = false
    }
  }, [call_sid, who, is_kept_away])
  useKeys({ escape: onBack })

  if (!call || (!is_read && problem)) {
    return (
      <main className={`page ${is_lost ? 'lost' : ''}`}>
        {lostBar}
        <header className="call-head unread">
          <BackButton onBack={onBack} />
          <h1>Call</h1>
        </header>
        {problem?.code === 'NOT_FOUND' ? (
          <NotOfThisTenant />
        ) : problem ? (
          <Failed what="The call" problem={problem} onRetry={retry} />
        ) : (
          <Loading what="the call" shape="columns" rows={3} />
        )}
      </main>
    )
  }
  return (
    <OpenCall
      call={call}
      place={place}
      lane={lane}
      lostBar={lostBar}
      is_lost={is_lost}
      context={context}
      onOpen={onOpen}
      onBack={onBack}
    />
  )
}

/** A call that another tenant has cannot be told from one that never was. */
function NotOfThisTenant() {
  const tenant = useConsoleState((state) => state.tenant?.name)
  return (
    <Empty
      icon={AudioLines}
      fact={`${tenant ?? 'This tenant'} has no such call`}
      act={
        <a className="btn" href="#/live">
          Show live calls
        </a>
      }
    >
      It may be of another tenant, or its record was deleted.
    </Empty>
  )
}

function OpenCall({
  call,
  place,
  lane,
  lostBar,
  is_lost,
  context,
  onOpen,
  onBack,
}: {
  call: CallSummary
  place: 'context' | null
  lane: Lane
  lostBar: ReactNode
  is_lost: boolean
  context: (slot: ContextSlot) => ReactNode
  onOpen: (call_sid: string, place?: 'context') => void
  onBack: () => void
}) {
  const actions = useActions(createCallActions)
  const turns = useConsoleState((state) => state.turns[call.call_sid]) ?? NO_TURNS
  const summary = useConsoleState((state) => state.details[call.call_sid]?.summary)
  const now = useCallNow(call)
  const is_stale = useIsStale(call.call_sid)
  const rights = useRights(call)
  const [is_ending, setEnding] = useState(false)
  // Asked for again, the editor is there already and only has to be found again.
  const edit = () => {
    const field = place === 'context' ? document.querySelector<HTMLElement>('.editor .cm-content') : null
    if (!field) return onOpen(call.call_sid, 'context')
    field.focus()
    field.scrollIntoView({ block: 'nearest' })
  }
  const { previous, next } = useNeighbours(call.call_sid)
  const goTo = (call_sid: string | null) => call_sid && call_sid !== call.call_sid && onOpen(call_sid)
  useKeys({
    a: () => goTo(is_lost ? null : nextNeeded(lane, call.call_sid)),
    j: () => goTo(next),
    k: () => goTo(previous),
    l: () => rights.listen && actions.toggleListening(call.call_sid),
    e: () => rights.context && edit(),
  })
  return (
    <main className={`call ${is_lost ? 'lost' : ''} ${is_stale ? 'stale' : ''}`}>
      {lostBar}
      <CallHead call={call} onOpen={onOpen} onBack={onBack} />
      <Timeline call={call} turns={turns} />
      <section className="col" aria-label="Words">
        <div className="col-h">
          <h2>Transcript</h2>
          <span className="xs dim">{countOf(turns.filter((turn) => turn.kind === 'speech').length, 'turn')}</span>
        </div>
        {summary && <p className="call-summary">{summary}</p>}
        <Transcript
          turns={turns}
          size="call"
          is_still={is_lost || is_stale || call.ended_at !== null}
          none={noWords(call, now)}
        />
      </section>
      {context({
        call_sid: call.call_sid,
        clock_zero: clockZero(call),
        refused: rights.context ? null : (rights.why?.words ?? 'Your role does not change contexts.'),
        has_focus: place === 'context',
      })}
      <section className="col" aria-label="What was done">
        <Interventions call={call} />
        <Watching call={call} />
        <CostMeter call={call} />
      </section>
      <Ladder call={call} onEditContext={edit} onEnd={() => setEnding(true)} />
      {is_ending && (
        <EndCallDialog
          call={call}
          focusAfter={() => document.querySelector('.call-head h1')}
          onClose={() => setEnding(false)}
        />
      )}
    </main>
  )
}
