// One call, whole: who spoke when, every word, the context, what was done to it and what it cost.
import { ArrowDownLeft, ArrowUpRight, ChevronDown, ChevronLeft, ChevronUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { CallSummary, Turn } from '../../../../shared/contract/calls.ts'
import type { Problem } from '../../../../shared/errors.ts'
import { Faces } from '../../components/face.tsx'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { Failed, Loading } from '../../components/standing.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { countOf, formatCallTime, formatCost, formatDate, formatSince, maskNumber } from '../../lib/format.ts'
import { useKeys } from '../../lib/keyboard.ts'
import { OUTCOME_WORDS, reasonWords } from '../../lib/wording.ts'
import { worst } from '../../store/attention.ts'
import { isLost, selectMe } from '../../store/selectors.ts'
import { placedCalls } from '../../store/wall.ts'
import { createCallActions } from './call-actions.ts'
import { clockZero } from './call-clock.ts'
import { CostMeter, Interventions, Watching } from './call-side.tsx'
import { callerOf, Phase } from './card.tsx'
import { EndCallDialog } from './end-call.tsx'
import { noWords } from './inspector.tsx'
import { Ladder, useRights } from './ladder.tsx'
import { lengthOf } from './phase.ts'
import { Timeline } from './timeline.tsx'
import { Transcript } from './transcript.tsx'

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
  lostBar,
  context,
  onOpen,
  onBack,
}: {
  call_sid: string
  /** What gets the focus. */
  place: 'context' | null
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
  const [problem, setProblem] = useState<Problem | null>(null)
  const open = async () => {
    setProblem(null)
    const reply = await actions.open(call_sid)
    if (!reply.ok) setProblem(reply.problem)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once for each call
  useEffect(() => {
    actions.show(call_sid)
    void open()
    return () => actions.show(null)
  }, [call_sid])
  useKeys({ escape: onBack })

  if (!call || (!is_read && problem)) {
    return (
      <main className={`page ${is_lost ? 'lost' : ''}`}>
        {lostBar}
        <header className="call-head unread">
          <BackButton onBack={onBack} />
          <h1>Call</h1>
        </header>
        {problem ? (
          <Failed
            what="The call"
            problem={problem}
            onRetry={open}
            act={
              problem.code === 'NOT_FOUND' && (
                <a className="btn" href="#/live">
                  Show live calls
                </a>
              )
            }
          />
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
      lostBar={lostBar}
      is_lost={is_lost}
      context={context}
      onOpen={onOpen}
      onBack={onBack}
    />
  )
}

function OpenCall({
  call,
  place,
  lostBar,
  is_lost,
  context,
  onOpen,
  onBack,
}: {
  call: CallSummary
  place: 'context' | null
  lostBar: ReactNode
  is_lost: boolean
  context: (slot: ContextSlot) => ReactNode
  onOpen: (call_sid: string, place?: 'context') => void
  onBack: () => void
}) {
  const actions = useActions(createCallActions)
  const turns = useConsoleState((state) => state.turns[call.call_sid]) ?? NO_TURNS
  const summary = useConsoleState((state) => state.details[call.call_sid]?.summary)
  const now = useNow()
  const rights = useRights(call)
  const [is_ending, setEnding] = useState(false)
  const edit = () => onOpen(call.call_sid, 'context')
  useKeys({
    l: () => rights.listen && actions.toggleListening(call.call_sid),
    e: () => rights.context && edit(),
  })
  return (
    <main className={`call ${is_lost ? 'lost' : ''}`}>
      {lostBar}
      <CallHead call={call} onOpen={onOpen} onBack={onBack} />
      <Timeline call={call} turns={turns} />
      <section className="col" aria-label="Words">
        <div className="col-h">
          <h2>Transcript</h2>
          <span className="xs dim">{countOf(turns.filter((turn) => turn.kind === 'speech').length, 'turn')}</span>
        </div>
        {summary && <p className="call-summary">{summary}</p>}
        <Transcript turns={turns} size="call" is_lost={is_lost} none={noWords(call, now)} />
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
        <Ladder call={call} onEditContext={edit} onEnd={() => setEnding(true)} />
      </section>
      {is_ending && <EndCallDialog call={call} onClose={() => setEnding(false)} />}
    </main>
  )
}

function BackButton({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" className="icon-btn" aria-label="Back to Live" title="Back (Esc)" onClick={onBack}>
      <Icon of={ChevronLeft} />
    </button>
  )
}

function CallHead({
  call,
  onOpen,
  onBack,
}: {
  call: CallSummary
  onOpen: (call_sid: string) => void
  onBack: () => void
}) {
  const now = useNow()
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const wall = useConsoleState((state) => state.wall)
  const attention = worst(call)
  const order = placedCalls(wall)
  const at = order.indexOf(call.call_sid)
  const step = (to: number) => {
    const next = at === -1 ? undefined : order[at + to]
    if (next) onOpen(next)
  }
  return (
    <header className="call-head">
      <BackButton onBack={onBack} />
      <h1>{maskNumber(callerOf(call))}</h1>
      <span className="sep" />
      <span className="row tight">
        <Icon of={call.direction === 'inbound' ? ArrowDownLeft : ArrowUpRight} className="s" />
        {call.agent_name ?? 'No agent yet'}
        {call.agent_version !== null && <span className="dim num">v{call.agent_version}</span>}
      </span>
      {attention && (
        <span className={`row tight head-why l${attention.level}`}>
          <LevelIcon level={attention.level} />
          {reasonWords(attention)}
          <span className="dim num">{formatSince(now - Date.parse(attention.since_at))}</span>
        </span>
      )}
      {call.ended_at !== null && (
        <span className="row tight ink2 min-w-0">
          <b>{call.outcome ? OUTCOME_WORDS[call.outcome] : 'Ended'}</b>
          <span className="trunc dim">{call.end_reason}</span>
        </span>
      )}
      <span className="grow" />
      {call.ended_at === null ? (
        <span className="xs ink2">
          <Phase call={call} />
        </span>
      ) : (
        <span className="xs ink2 num">{formatDate(call.started_at, zone, now)}</span>
      )}
      <Faces people={call.live?.listeners ?? []} self_id={self_id} size="md" />
      <span className="sep" />
      <span className="num">{formatCost(call.cost)}</span>
      <time className="clock">{formatCallTime(lengthOf(call, now))}</time>
      {at !== -1 && (
        <>
          <button
            type="button"
            className="icon-btn"
            aria-label="Previous call"
            disabled={at === 0}
            onClick={() => step(-1)}
          >
            <Icon of={ChevronUp} />
          </button>
          <button
            type="button"
            className="icon-btn tuck"
            aria-label="Next call"
            disabled={at === order.length - 1}
            onClick={() => step(1)}
          >
            <Icon of={ChevronDown} />
          </button>
        </>
      )}
    </header>
  )
}
