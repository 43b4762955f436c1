// The lane: calls that need a person, most urgent first, with the reason, the words that were said and the age.
import type { Attention, CallSummary } from '../../../../shared/contract/calls.ts'
import { LevelIcon } from '../../components/icon.tsx'
import { Stressed } from '../../components/stressed.tsx'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'
import { countOf, formatAge, formatSince, maskNumber } from '../../lib/format.ts'
import { reasonWords } from '../../lib/wording.ts'
import type { Lane, LaneItem } from '../../store/attention.ts'
import type { Reading } from '../../store/state.ts'
import { AgentLink } from './agent-link.tsx'
import { callerOf } from './card.tsx'
import { STALE } from './phase.ts'
import { unquoted } from './said.ts'
import { useIsStale } from './use-call-now.ts'

interface LaneActs {
  onSelect: (call_sid: string) => void
  onOpen: (call_sid: string) => void
  onNext: () => void
  onShowIncident: (item: Extract<LaneItem, { kind: 'incident' }>) => void
}

export function AttentionLane({
  lane,
  is_lost,
  reading,
  ...acts
}: { lane: Lane; is_lost: boolean; reading: Reading } & LaneActs) {
  const selected = useConsoleState((state) => state.selected)
  return (
    <aside className="lane" aria-label="Needs you">
      <div className="lane-head">
        <h2 className="sec">Needs you</h2>
        {reading.state === 'ready' && <span className="dim num xs">{lane.needs.length}</span>}
        {lane.needs.length > 0 && (
          <button
            type="button"
            className="btn sm quiet"
            disabled={is_lost}
            title={is_lost ? 'While the link is lost it is not known which call needs you now' : undefined}
            onClick={acts.onNext}
          >
            Next <kbd>A</kbd>
          </button>
        )}
      </div>
      {lane.needs.length === 0 && <p className="none">{NONE[reading.state]}</p>}
      <div className="lane-scroll">
        <ul aria-label="Calls that need you">
          {lane.needs.map((item) => (
            <li key={item.id}>
              {item.kind === 'call' ? (
                <CallItem item={item} is_selected={item.id === selected} is_lost={is_lost} {...acts} />
              ) : (
                <IncidentItem item={item} onShow={() => acts.onShowIncident(item)} />
              )}
            </li>
          ))}
        </ul>
        {lane.watch.length > 0 && <Watch lane={lane} onSelect={acts.onSelect} />}
      </div>
    </aside>
  )
}

// That nothing needs a person is said only when it is known.
const NONE = {
  ready: 'Nothing needs you. Calls that do will wait here, the most urgent first, with the reason and the words.',
  waiting: 'Reading which calls need you.',
  failed: 'Which calls need you is not known: the live calls could not be read.',
} as const

function CallItem({
  item,
  is_selected,
  is_lost,
  onSelect,
  onOpen,
}: {
  item: Extract<LaneItem, { kind: 'call' }>
  is_selected: boolean
  is_lost: boolean
} & LaneActs) {
  const { call, attention } = item
  const is_stale = useIsStale(call.call_sid)
  return (
    <article className={`att l${attention.level} ${is_selected ? 'sel' : ''} ${is_stale ? 'stale' : ''}`}>
      <AttentionTop attention={attention} />
      <p className="att-who">
        <span className="num">{maskNumber(callerOf(call))}</span> · <AgentLink call={call} />
      </p>
      <StaleWords calls={[call]} />
      <Evidence attention={attention} />
      <div className="att-do">
        <button type="button" className="btn sm" onClick={() => onOpen(call.call_sid)}>
          Open {is_selected && !is_lost && <kbd>↵</kbd>}
        </button>
        {!is_selected && (
          <button type="button" className="btn sm quiet" onClick={() => onSelect(call.call_sid)}>
            Show on wall
          </button>
        )}
      </div>
    </article>
  )
}

function IncidentItem({ item, onShow }: { item: Extract<LaneItem, { kind: 'incident' }>; onShow: () => void }) {
  const { attention, calls, waiting } = item
  return (
    <article className={`att l${attention.level}`}>
      <AttentionTop attention={attention} />
      <p className="att-who">
        <b className="m">{countOf(calls.length, 'call')}</b> · {calls[0] && <AgentLink call={calls[0]} />} · one cause
      </p>
      <StaleWords calls={calls} />
      <p className="att-who mono text-2xs">{attention.evidence}</p>
      <div
        className="members"
        role="img"
        aria-label={`${countOf(calls.length, 'call')}, ${waiting} still waiting on the tool`}
        title={`${countOf(calls.length, 'call')}, ${waiting} still waiting on the tool`}
      >
        {calls.map((call, index) => (
          <i key={call.call_sid} className={index >= calls.length - waiting ? 'w' : ''} />
        ))}
      </div>
      <div className="att-do">
        <button type="button" className="btn sm" onClick={onShow}>
          Show on wall
        </button>
      </div>
    </article>
  )
}

/** That some of these calls are shown as they were last known. */
function StaleWords({ calls }: { calls: readonly CallSummary[] }) {
  const stale = useConsoleState((state) => calls.filter(({ call_sid }) => call_sid in state.stale).length)
  if (stale === 0) return null
  return <p className="att-who">{calls.length === 1 ? STALE.word : `${stale} not up to date`}</p>
}

function AttentionTop({ attention }: { attention: Attention }) {
  const now = useNow()
  return (
    <div className="att-top">
      <LevelIcon level={attention.level} />
      <h3>{reasonWords(attention)}</h3>
      <time>{formatAge(now - Date.parse(attention.since_at))}</time>
    </div>
  )
}

/** The words that were said, or the fact that was measured. */
export function Evidence({ attention }: { attention: Attention }) {
  if (attention.evidence === '') return null
  if (attention.speaker === null) {
    const is_fault = attention.reason === 'tool_failing' || attention.reason === 'model_trouble'
    if (is_fault) return <p className="att-who mono text-2xs">{attention.evidence}</p>
    const is_account = attention.reason === 'asked_for_a_person' || attention.reason === 'agent_asks_for_help'
    return (
      <p className="att-fact">
        {is_account && <span className="dim">Agent’s account: </span>}
        {is_account ? unquoted(attention.evidence) : attention.evidence}
      </p>
    )
  }
  return (
    <q className={`say ${attention.speaker === 'agent' ? 'agent' : ''}`}>
      <Stressed text={attention.evidence} words={attention.words} />
    </q>
  )
}

/** How long it is since it was raised; of a silence, how long it has lasted. */
function ageOf({ reason, since_at }: Attention, now: number): string {
  const ms = now - Date.parse(since_at)
  return reason === 'long_silence' ? formatSince(ms) : formatAge(ms)
}

function Watch({ lane, onSelect }: { lane: Lane; onSelect: (call_sid: string) => void }) {
  const now = useNow()
  const stale = useConsoleState((state) => state.stale)
  return (
    <>
      <h3 className="lane-sub">
        Watch <span className="dim num">{lane.watch.length}</span>
      </h3>
      <ul aria-label="Calls to watch">
        {lane.watch.map(({ call, attention }) => (
          <li key={call.call_sid}>
            <button type="button" className="watch-item" onClick={() => onSelect(call.call_sid)}>
              <LevelIcon level={1} />
              <span className="trunc">
                {reasonWords(attention)} <span className="dim">{maskNumber(callerOf(call))}</span>
              </span>
              {call.call_sid in stale ? (
                <span className="dim">{STALE.word}</span>
              ) : (
                <time className="dim">{ageOf(attention, now)}</time>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
