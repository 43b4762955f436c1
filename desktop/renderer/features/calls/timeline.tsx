// A whole call in one line: who spoke when, what nobody heard, the gaps, the tools, and what was done to it.
import type { LucideIcon } from 'lucide-react'
import { Braces, OctagonAlert, TriangleAlert, Wrench } from 'lucide-react'
import { useMemo } from 'react'
import type { CallSummary, Turn } from '../../../../shared/contract/calls.ts'
import { Icon } from '../../components/icon.tsx'
import { useConsoleState } from '../../lib/console-context.tsx'
import { formatCallTime, formatDelay } from '../../lib/format.ts'
import { reasonWords } from '../../lib/wording.ts'
import { selectMe } from '../../store/selectors.ts'
import { clockZero } from './call-clock.ts'
import { figuresOf, gapsOf, ticksOf, WIDTH, wavesOf } from './timeline-shape.ts'
import { useCallNow } from './use-call-now.ts'
import { useNeeds } from './use-needs.ts'

interface Mark {
  key: string
  at_ms: number
  icon: LucideIcon
  says: string
  tone: string
}

export function Timeline({ call, turns }: { call: CallSummary; turns: readonly Turn[] }) {
  const now = useCallNow(call)
  const zero = clockZero(call)
  const end_ms = Math.max(1_000, (call.ended_at ? Date.parse(call.ended_at) : now) - zero)
  const total_ms = Math.max(end_ms, turns.at(-1)?.ended_ms ?? 0)
  const waves = useMemo(() => wavesOf(turns, total_ms, end_ms), [turns, total_ms, end_ms])
  const marks = useMarks(call, turns, zero)
  const quality = useConsoleState((state) => state.details[call.call_sid]?.quality)
  // The relay counts at the end; until then what was said so far is counted here.
  const figures =
    quality && quality.reply_gap_p50_ms !== null
      ? { p50_ms: quality.reply_gap_p50_ms, p95_ms: quality.reply_gap_p95_ms, cut_off: quality.interruptions }
      : figuresOf(turns)
  const at = (ms: number) => `${Math.min(100, (ms / total_ms) * 100)}%`
  return (
    <section className="tl" aria-label="Timeline">
      <div className="tl-names">
        <span>Caller</span>
        <span className="a">Agent</span>
      </div>
      <div className="tl-plot">
        {turns.map((turn) =>
          turn.kind === 'tool' ? (
            <i
              key={turn.turn_id}
              className="tl-tool"
              style={{ left: at(turn.started_ms), width: at((turn.ended_ms ?? end_ms) - turn.started_ms) }}
            />
          ) : null,
        )}
        <div className="tl-axis" />
        <svg className="wave" viewBox={`0 0 ${WIDTH} 80`} preserveAspectRatio="none" aria-hidden="true">
          <path className="wc" d={waves.caller} />
          <path className="wa" d={waves.agent} />
          <path className="ws" d={waves.supervisor} />
          <path className="wu" d={waves.unheard} />
        </svg>
        {gapsOf(turns, total_ms).map((gap) => (
          <span
            key={gap.turn_id}
            className={`tl-gap ${gap.is_slow ? 'slow' : ''}`}
            style={{ left: `${gap.at * 100}%` }}
          >
            {formatDelay(gap.ms)}
          </span>
        ))}
        {marks.map((mark) => (
          <i
            key={mark.key}
            className={`tl-mark ${mark.tone}`}
            style={{ left: `min(${at(mark.at_ms)}, 100% - 10px)` }}
            title={mark.says}
          >
            <span>
              <Icon of={mark.icon} />
            </span>
          </i>
        ))}
        {ticksOf(total_ms).map((tick) => (
          <span key={tick} className="tl-tick" style={{ left: at(tick) }}>
            {formatCallTime(tick)}
          </span>
        ))}
        {call.ended_at === null && <i className="tl-now" />}
      </div>
      <div className="tl-side">
        <Figure value={formatDelay(figures.p50_ms)} word="p50 reply" />
        <Figure value={formatDelay(figures.p95_ms)} word="p95 reply" />
        <Figure value={String(figures.cut_off)} word="cut off" />
        {quality && quality.interruption_p50_ms !== null && (
          <div title="From the caller’s voice over the agent’s to the agent’s silence">
            <Figure value={formatDelay(quality.interruption_p50_ms)} word="p50 stop" />
            <Figure value={formatDelay(quality.interruption_p95_ms)} word="p95 stop" />
          </div>
        )}
      </div>
    </section>
  )
}

function Figure({ value, word }: { value: string; word: string }) {
  return (
    <p>
      <b className="num">{value}</b> {word}
    </p>
  )
}

function useMarks(call: CallSummary, turns: readonly Turn[], zero: number): Mark[] {
  const versions = useConsoleState((state) => state.versions[call.call_sid])
  const self_id = useConsoleState((state) => selectMe(state)?.user.id)
  const needs = useNeeds(call)
  return useMemo(() => {
    const tools = turns.flatMap((turn): Mark[] =>
      turn.kind === 'tool' && turn.failed
        ? [{ key: turn.turn_id, at_ms: turn.started_ms, icon: Wrench, says: `${turn.name} failed`, tone: '' }]
        : [],
    )
    const changes = (versions ?? []).map(
      (version): Mark => ({
        key: `v${version.version}`,
        at_ms: Date.parse(version.updated_at) - zero,
        icon: Braces,
        says: `v${version.version} ${version.state}`,
        tone: version.updated_by.id === self_id ? 'you' : '',
      }),
    )
    // The most urgent is drawn last, over what began at the same words.
    const needed = needs
      .toReversed()
      .filter((attention) => attention.level >= 2)
      .map(
        (attention): Mark => ({
          key: attention.reason,
          at_ms: Date.parse(attention.since_at) - zero,
          icon: attention.level === 3 ? OctagonAlert : TriangleAlert,
          says: reasonWords(attention),
          tone: `l${attention.level}`,
        }),
      )
    return [...tools, ...changes, ...needed].filter((mark) => mark.at_ms >= 0)
  }, [needs, turns, versions, self_id, zero])
}
