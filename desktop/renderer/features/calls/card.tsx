// The cell of the wall, in four densities: the same facts, fewer as it shrinks.
import { memo } from 'react'
import type { CallSummary, SpeechTurn, Turn } from '../../../../shared/contract/calls.ts'
import { Faces } from '../../components/face.tsx'
import { Icon, LevelIcon } from '../../components/icon.tsx'
import { Score } from '../../components/score.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { formatCallTime, formatDelay, lastDigits, maskNumber } from '../../lib/format.ts'
import { reasonWords, SPEAKER_WORDS } from '../../lib/wording.ts'
import { worst } from '../../store/attention.ts'
import { isLost, selectMe } from '../../store/selectors.ts'
import { FADE_MS } from '../../store/snapshot.ts'
import type { Density } from '../../store/state.ts'
import {
  breakWords,
  countsTenths,
  lengthOf,
  type PhaseWords,
  phaseOf,
  SLOW_REPLY_MS,
  STALE,
  STALE_WHY,
} from './phase.ts'
import type { Said } from './said.ts'
import { newestSaid, saidIn } from './said.ts'
import { useCallNow, useIsStale } from './use-call-now.ts'

export const Card = memo(function Card({
  call_sid,
  density,
  in_incident,
}: {
  call_sid: string
  density: Density
  in_incident: boolean
}) {
  const call = useConsoleState((state) => state.calls[call_sid])
  if (!call) return null
  const Drawn = CARDS[density]
  return <Drawn call={call} in_incident={in_incident} />
})

const NO_TURNS: readonly Turn[] = []

interface CardProps {
  call: CallSummary
  in_incident: boolean
}

/** The classes of a cell that say how its call is. */
export function cellClasses(call: CallSummary, in_incident: boolean, is_stale: boolean): string {
  const level = in_incident ? 0 : (worst(call)?.level ?? 0)
  return [`a${level}`, in_incident ? 'inc' : '', call.ended_at ? 'ended' : '', is_stale ? 'stale' : '']
    .filter(Boolean)
    .join(' ')
}

/** The number of the person on the phone. */
export function callerOf(call: Pick<CallSummary, 'direction' | 'from_number' | 'to_number'>): string {
  return call.direction === 'inbound' ? call.from_number : call.to_number
}

/** 1 at first, then down over the fade. @param since when it began, epoch milliseconds */
export const fadeOf = (since: number, now: number): number => Math.max(0.15, 1 - (now - since) / FADE_MS)

function MediumCard({ call, in_incident }: CardProps) {
  const now = useCallNow(call)
  return (
    <>
      <div className="card-a">
        <span className="n">{maskNumber(callerOf(call))}</span>
        <AgentUnseen call={call} />
        <time>{formatCallTime(lengthOf(call, now))}</time>
      </div>
      <div className="card-b">
        <Phase call={call} />
        <FacesOrDelay call={call} />
      </div>
      <WhyOrLine call={call} in_incident={in_incident} />
      <CardScore call={call} now={now} size="medium" />
    </>
  )
}

function LargeCard({ call, in_incident }: CardProps) {
  const now = useCallNow(call)
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const turns = useConsoleState((state) => state.turns[call.call_sid])
  const broke = breakWords(call)
  const spoken = (turns ?? [])
    .filter((turn): turn is SpeechTurn => turn.kind === 'speech')
    .flatMap((turn) => {
      const said = saidIn(turn)
      return said ? [{ turn_id: turn.turn_id, speaker: turn.speaker, said }] : []
    })
    .slice(broke ? -1 : -2)
  return (
    <>
      <div className="card-a">
        <span className="n">{maskNumber(callerOf(call))}</span>
        <time>{formatCallTime(lengthOf(call, now))}</time>
      </div>
      <div className="card-b">
        <span className="trunc">
          {call.agent_name ?? 'No agent yet'} {call.agent_version !== null && <>v{call.agent_version}</>}
        </span>
        <span className="grow" />
        <Faces people={call.live?.listeners ?? []} self_id={self_id} />
      </div>
      <div className="card-b">
        <Phase call={call} />
        <Delay call={call} />
      </div>
      <Why call={call} in_incident={in_incident} />
      {broke && <p className="line3">{broke}</p>}
      {spoken.length > 0
        ? spoken.map(({ turn_id, speaker, said }) => (
            <p key={turn_id} className="line3">
              <span className="dim">{SPEAKER_WORDS[speaker]}</span> <SaidWords said={said} />
            </p>
          ))
        : !broke && (
            <p className="line3">
              <LastLine call={call} with_speaker />
            </p>
          )}
      <CardScore call={call} now={now} size="large" />
    </>
  )
}

function CompactCard({ call, in_incident }: CardProps) {
  const now = useCallNow(call)
  const is_stale = useIsStale(call.call_sid)
  const phase = usePhase(call)
  const why = is_stale ? null : worst(call)
  return (
    <>
      <div className="card-a">
        <span className={phase.tone} title={phase.word}>
          <Icon of={phase.icon} className={`s ${phase.spins ? 'spin' : ''}`} />
        </span>
        <span className="n">{lastDigits(callerOf(call))}</span>
        <AgentUnseen call={call} />
        <time>{formatCallTime(lengthOf(call, now))}</time>
      </div>
      {why && !in_incident ? (
        <Why call={call} in_incident={false} />
      ) : is_stale || breakWords(call) ? (
        <div className="line trunc">{phase.word}</div>
      ) : (
        <CardScore call={call} now={now} size="compact" />
      )}
    </>
  )
}

function RowCard({ call, in_incident }: CardProps) {
  const now = useCallNow(call)
  const why = in_incident ? null : worst(call)
  const gap = call.live?.reply_gap_ms ?? null
  return (
    <>
      <span className="num n">
        {maskNumber(callerOf(call))}
        <AgentUnseen call={call} />
      </span>
      <Phase call={call} small />
      <span className="trunc l">
        {why && (
          <span className={`why l${why.level}`}>
            <LevelIcon level={why.level} />
            {reasonWords(why)}
          </span>
        )}
        <LastLine call={call} />
      </span>
      <span className={`num r ${gap !== null && gap > SLOW_REPLY_MS ? 'slow' : ''}`}>
        {gap === null ? '' : formatDelay(gap)}
      </span>
      <time className="r">{formatCallTime(lengthOf(call, now))}</time>
    </>
  )
}

// The head of the group says it to who sees the wall; in a grid the cell must say it itself.
function AgentUnseen({ call }: { call: CallSummary }) {
  return <span className="sr-only">, {call.agent_name ?? 'no agent yet'},</span>
}

const CARDS = { large: LargeCard, medium: MediumCard, compact: CompactCard, row: RowCard } as const

function usePhase(call: CallSummary): PhaseWords {
  const now = useCallNow(call, countsTenths(call) ? 200 : 1_000)
  return useIsStale(call.call_sid) ? STALE : phaseOf(call, now)
}

export function Phase({ call, small = false }: { call: CallSummary; small?: boolean }) {
  const phase = usePhase(call)
  const title = useIsStale(call.call_sid) ? STALE_WHY : undefined
  return (
    <span className={`row tight min-w-0 ${phase.tone}`} title={title}>
      <Icon of={phase.icon} className={`${small ? 's' : ''} ${phase.spins ? 'spin' : ''}`} />
      <span className="ph-w trunc">{phase.word}</span>
    </span>
  )
}

function FacesOrDelay({ call }: { call: CallSummary }) {
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const listeners = call.live?.listeners ?? []
  if (listeners.length === 0) return <Delay call={call} />
  return (
    <span className="faces-end">
      <Faces people={listeners} self_id={self_id} />
    </span>
  )
}

function Delay({ call }: { call: CallSummary }) {
  const gap = call.live?.reply_gap_ms
  if (gap === null || gap === undefined) return null
  return (
    <span className={`delay ${gap > SLOW_REPLY_MS ? 'slow' : ''}`} title="Last reply delay">
      {formatDelay(gap)}
    </span>
  )
}

function Why({ call, in_incident }: CardProps) {
  const attention = worst(call)
  if (!attention || in_incident) return null
  return (
    <div className={`why l${attention.level}`}>
      <LevelIcon level={attention.level} />
      <span className="trunc">{reasonWords(attention)}</span>
    </div>
  )
}

function WhyOrLine({ call, in_incident }: CardProps) {
  if (worst(call) && !in_incident) return <Why call={call} in_incident={in_incident} />
  return (
    <div className="line trunc">
      <LastLine call={call} />
    </div>
  )
}

function LastLine({ call, with_speaker = false }: { call: CallSummary; with_speaker?: boolean }) {
  const turns = useConsoleState((state) => state.turns[call.call_sid]) ?? NO_TURNS
  const newest = newestSaid(call.live?.last_line ?? null, turns)
  const broke = breakWords(call)
  if (broke) return broke
  if (!newest) return call.end_reason ?? 'No words yet'
  return (
    <>
      {with_speaker && <span className="dim">{SPEAKER_WORDS[newest.speaker]} </span>}
      <SaidWords said={newest.said} />
    </>
  )
}

/** Words as they were heard: those being spoken in italics, those nobody heard struck, none where none were written down. */
function SaidWords({ said }: { said: Said }) {
  switch (said.kind) {
    case 'words':
      return said.is_final ? said.text : <em>{said.text.replace(/[.…]*$/, '')}…</em>
    case 'unheard':
      return (
        <>
          <span className="dim">Not heard:</span> <span className="unheard">{said.text}</span>
        </>
      )
    case 'untranscribed':
      return <span className="dim">Spoke, not transcribed</span>
  }
}

function CardScore({ call, now, size }: { call: CallSummary; now: number; size: 'compact' | 'medium' | 'large' }) {
  const live = call.live
  if (!live) return <span />
  const end = call.ended_at ? Date.parse(call.ended_at) : now
  return <Score segments={live.segments} stream_started_at={live.stream_started_at} now={end} size={size} />
}

export function useIsLost(): boolean {
  return useConsoleState(isLost)
}
