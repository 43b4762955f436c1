// What is known of the selected call, beside the wall.
import { ArrowDownLeft, ArrowUpRight, Maximize2, X } from 'lucide-react'
import { Tabs } from 'radix-ui'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import type { CallSummary, ToolTurn } from '../../../../shared/contract/calls.ts'
import { Faces } from '../../components/face.tsx'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { Score } from '../../components/score.tsx'
import { useActions, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCallTime, formatCost, maskNumber } from '../../lib/format.ts'
import { outcomeWord, reasonWords } from '../../lib/wording.ts'
import { isOutOfReach } from '../../store/lost-calls.ts'
import { isLost, selectMe, versionInForce } from '../../store/selectors.ts'
import { AgentLink } from './agent-link.tsx'
import { createCallActions } from './call-actions.ts'
import { needTime } from './call-head.tsx'
import { callerOf } from './card.tsx'
import { Ladder } from './ladder.tsx'
import { lengthOf, STALE, STALE_WHY } from './phase.ts'
import { ToolEntry } from './tool-turn.tsx'
import { Transcript } from './transcript.tsx'
import { useCallNow, useIsStale } from './use-call-now.ts'
import { useNeeds } from './use-needs.ts'

interface InspectorProps {
  call_sid: string | null
  /** The context of the call, drawn by its own feature. */
  context: (call_sid: string) => ReactNode
  onOpen: (call_sid: string) => void
  onEditContext: (call_sid: string) => void
  onEnd: (call: CallSummary) => void
}

export function Inspector({ call_sid, ...rest }: InspectorProps) {
  const call = useConsoleState((state) => (call_sid ? state.calls[call_sid] : undefined))
  const is_stale = useIsStale(call?.call_sid)
  return (
    <aside className={`insp ${call ? 'has' : ''} ${is_stale ? 'stale' : ''}`} aria-label="Selected call">
      {call ? (
        <Selected key={call.call_sid} call={call} {...rest} />
      ) : (
        <div className="insp-none">Pick a call to read it here.</div>
      )}
    </aside>
  )
}

function Selected({
  call,
  context,
  onOpen,
  onEditContext,
  onEnd,
}: { call: CallSummary } & Omit<InspectorProps, 'call_sid'>) {
  const actions = useActions(createCallActions)
  const turns = useConsoleState((state) => state.turns[call.call_sid]) ?? []
  const is_lost = useConsoleState(isLost)
  const is_stale = useIsStale(call.call_sid)
  const now = useCallNow(call)
  const tools = turns.filter((turn): turn is ToolTurn => turn.kind === 'tool')
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once for each call that is selected
  useEffect(() => {
    void actions.open(call.call_sid)
  }, [call.call_sid])
  return (
    <>
      <Head call={call} onOpen={onOpen} />
      <Tabs.Root className="insp-tabs" defaultValue="transcript">
        <Tabs.List className="tabs" aria-label="What is known of the call">
          <Tabs.Trigger value="transcript">Transcript</Tabs.Trigger>
          <Tabs.Trigger value="context">Context</Tabs.Trigger>
          <Tabs.Trigger value="tools">
            Tools {tools.length > 0 && <span className="dim">{tools.length}</span>}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="transcript" className="tab-pane" tabIndex={-1}>
          <Transcript
            turns={turns}
            size="inspector"
            is_still={is_lost || is_stale || call.ended_at !== null}
            none={noWords(call, now)}
          />
        </Tabs.Content>
        <Tabs.Content value="context" className="tab-pane scrolls">
          {context(call.call_sid)}
        </Tabs.Content>
        <Tabs.Content value="tools" className="tab-pane scrolls">
          {tools.length === 0 && <p className="none">No tool was called.</p>}
          {tools.map((turn) => (
            <ToolEntry key={turn.turn_id} turn={turn} />
          ))}
        </Tabs.Content>
      </Tabs.Root>
      <LiveEdge call={call} />
      <Ladder call={call} onEditContext={() => onEditContext(call.call_sid)} onEnd={() => onEnd(call)} />
    </>
  )
}

function Head({ call, onOpen }: { call: CallSummary; onOpen: (call_sid: string) => void }) {
  const now = useNow()
  const call_now = useCallNow(call)
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const summary = useConsoleState((state) => state.details[call.call_sid]?.summary)
  const version = useConsoleState((state) => versionInForce(call.context_version, state.versions[call.call_sid] ?? []))
  const actions = useActions(createCallActions)
  const [attention] = useNeeds(call)
  const is_stale = useIsStale(call.call_sid)
  const listeners = call.live?.listeners ?? []
  return (
    <div className="insp-head">
      <div className="t">
        <b className="num">{maskNumber(callerOf(call))}</b>
        <time>{formatCallTime(lengthOf(call, call_now))}</time>
        <button
          type="button"
          className="icon-btn sm"
          aria-label="Open the call"
          title="Open the call (Enter)"
          onClick={() => onOpen(call.call_sid)}
        >
          <Icon of={Maximize2} />
        </button>
        <button
          type="button"
          className="icon-btn sm insp-close"
          aria-label="Close"
          title="Close (Esc)"
          onClick={() => {
            document.querySelector<HTMLElement>(`[data-call="${call.call_sid}"]`)?.focus()
            actions.select(null)
          }}
        >
          <Icon of={X} />
        </button>
      </div>
      <p className="meta">
        <Icon of={call.direction === 'inbound' ? ArrowDownLeft : ArrowUpRight} className="s" />
        <span className="trunc">
          <AgentLink call={call} /> {call.agent_version !== null && <span className="num">v{call.agent_version}</span>}{' '}
          · {version === 0 ? 'no override' : <span className="num">context v{version}</span>} ·{' '}
          <span className="num">{formatCost(call.cost)}</span>
        </span>
      </p>
      {is_stale && (
        <p className="xs mt-1">
          <b className="m">{STALE.word}.</b> <span className="ink2">{STALE_WHY}</span>
        </p>
      )}
      {call.ended_at !== null ? (
        <>
          <p className="why text-ink-2">
            {outcomeWord(call.outcome)} <span className="dim trunc">{call.end_reason}</span>
          </p>
          {attention && (
            <p className="was">
              <LevelIcon level={attention.level} />
              <span className="trunc">{reasonWords(attention)}</span>
              <span className="dim num">{needTime(call, attention, now)}</span>
            </p>
          )}
          {summary && <p className="xs mt-1">{summary}</p>}
        </>
      ) : (
        (attention || listeners.length > 0) && (
          <p className={`why ${attention ? `l${attention.level}` : ''}`}>
            {attention && (
              <>
                <LevelIcon level={attention.level} />
                <span className="trunc">{reasonWords(attention)}</span>
                <span className="dim num">{needTime(call, attention, now)} ago</span>
              </>
            )}
            <span className="grow" />
            <Faces people={listeners} self_id={self_id} size="md" />
          </p>
        )
      )}
    </div>
  )
}

function LiveEdge({ call }: { call: CallSummary }) {
  const now = useCallNow(call)
  const is_stale = useIsStale(call.call_sid)
  if (!call.live) return null
  const end = call.ended_at ? Date.parse(call.ended_at) : now
  return (
    <div className="live-edge">
      <span className="xxs dim">90 s</span>
      <Score segments={call.live.segments} stream_started_at={call.live.stream_started_at} now={end} size="large" />
      <span className="xxs dim">{is_stale || isOutOfReach(call) ? 'last' : call.ended_at ? 'end' : 'now'}</span>
    </div>
  )
}

/** What stands in a transcript without words. */
export function noWords(call: CallSummary, now: number): string {
  if (call.ended_at !== null && !isOutOfReach(call)) return 'Nothing was said.'
  const phase = call.live?.phase
  return phase === 'ringing' || phase === 'connecting'
    ? `No words yet, ringing ${formatCallTime(now - Date.parse(call.started_at))}`
    : 'No words yet'
}
