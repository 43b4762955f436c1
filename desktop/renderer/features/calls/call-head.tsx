// The head of a call: who is on the phone with whom, what it needs, how it stands, and the way to the calls beside it.
import { ArrowDownLeft, ArrowUpRight, ChevronDown, ChevronLeft, ChevronUp, OctagonAlert } from 'lucide-react'
import { useMemo } from 'react'
import type { Attention, CallSummary } from '../../../../shared/contract/calls.ts'
import { Faces } from '../../components/face.tsx'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatCost, formatDate, formatSince, maskNumber } from '../../lib/format.ts'
import { outcomeWord, reasonWords } from '../../lib/wording.ts'
import { selectMe } from '../../store/selectors.ts'
import { placedCalls } from '../../store/wall.ts'
import { AgentLink } from './agent-link.tsx'
import { clockZero } from './call-clock.ts'
import { callerOf, Phase } from './card.tsx'
import { lengthOf, STALE, STALE_WHY } from './phase.ts'
import { useCallNow, useIsStale } from './use-call-now.ts'
import { useNeeds } from './use-needs.ts'

export function CallHead({
  call,
  onOpen,
  onBack,
}: {
  call: CallSummary
  onOpen: (call_sid: string) => void
  onBack: () => void
}) {
  const now = useNow()
  const call_now = useCallNow(call)
  const is_stale = useIsStale(call.call_sid)
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const [attention] = useNeeds(call)
  const { is_on_wall, previous, next } = useNeighbours(call.call_sid)
  return (
    <header className="call-head">
      <BackButton onBack={onBack} />
      <h1 tabIndex={-1}>{maskNumber(callerOf(call))}</h1>
      <span className="sep" />
      <span className="row tight min-w-0 head-agent">
        <Icon of={call.direction === 'inbound' ? ArrowDownLeft : ArrowUpRight} className="s" />
        <span className="trunc">
          <AgentLink call={call} />
        </span>
        {call.agent_version !== null && <span className="dim num">v{call.agent_version}</span>}
      </span>
      {attention && (
        <span className={`row tight head-why ${call.ended_at === null ? `l${attention.level}` : 'was'}`}>
          <LevelIcon level={attention.level} />
          <span className="trunc">{reasonWords(attention)}</span>
          <span className="dim num">{needTime(call, attention, now)}</span>
        </span>
      )}
      {!attention && call.ended_at !== null && call.escalated && call.outcome !== 'escalated' && (
        <span className="row tight head-why was">
          <Icon of={OctagonAlert} />
          Escalation raised
        </span>
      )}
      {call.ended_at !== null && (
        <span className="row tight ink2 min-w-0 head-end">
          <b>{outcomeWord(call.outcome)}</b>
          <span className="trunc dim">{call.end_reason}</span>
        </span>
      )}
      {is_stale && (
        <span className="row tight ink2 min-w-0 head-end">
          <b>{STALE.word}</b>
          <span className="trunc dim" title={STALE_WHY}>
            {STALE_WHY}
          </span>
        </span>
      )}
      <span className="grow" />
      {is_stale ? null : call.ended_at === null ? (
        <span className="xs ink2">
          <Phase call={call} />
        </span>
      ) : (
        <span className="xs ink2 num">{formatDate(call.started_at, zone, now)}</span>
      )}
      <Faces people={call.live?.listeners ?? []} self_id={self_id} size="md" />
      <span className="sep" />
      <span className="num head-cost">{formatCost(call.cost)}</span>
      <time className="clock">{formatCallTime(lengthOf(call, call_now))}</time>
      {is_on_wall && (
        <>
          <button
            type="button"
            className="icon-btn"
            aria-label="Previous call"
            disabled={previous === null}
            onClick={() => previous && onOpen(previous)}
          >
            <Icon of={ChevronUp} />
          </button>
          <button
            type="button"
            className="icon-btn tuck"
            aria-label="Next call"
            disabled={next === null}
            onClick={() => next && onOpen(next)}
          >
            <Icon of={ChevronDown} />
          </button>
        </>
      )}
    </header>
  )
}

/** For how long a call has needed a person; of one that is over, when in the call that began. */
export function needTime(call: CallSummary, attention: Attention, now: number): string {
  const since = Date.parse(attention.since_at)
  return call.ended_at === null ? formatSince(now - since) : `at ${formatCallTime(since - clockZero(call))}`
}

/** The calls before and after one on the wall. Those that are over only fade there: they are passed by. */
export function useNeighbours(call_sid: string): {
  is_on_wall: boolean
  previous: string | null
  next: string | null
} {
  const wall = useConsoleState((state) => state.wall)
  const calls = useConsoleState((state) => state.calls)
  return useMemo(() => {
    const order = placedCalls(wall)
    const at = order.indexOf(call_sid)
    const is_live = (each: string) => calls[each]?.ended_at === null
    return {
      is_on_wall: at !== -1,
      previous: order.slice(0, Math.max(0, at)).findLast(is_live) ?? null,
      next: order.slice(at + 1).find(is_live) ?? null,
    }
  }, [wall, calls, call_sid])
}

export function BackButton({ onBack }: { onBack: () => void }) {
  return (
    <button type="button" className="icon-btn" aria-label="Back to Live" title="Back (Esc)" onClick={onBack}>
      <Icon of={ChevronLeft} />
    </button>
  )
}
