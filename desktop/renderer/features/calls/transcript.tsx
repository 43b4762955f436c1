// What was said, turn by turn: partials in italics, what nobody heard struck, the words that fired a rule underlined.
import { CaptionsOff, EarOff, Scissors } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { SpeechTurn, Turn } from '../../../../shared/contract/calls.ts'
import { Icon } from '../../components/icon.tsx'
import { Stressed } from '../../components/stressed.tsx'
import { formatCallTime, formatDelay } from '../../lib/format.ts'
import { SPEAKER_WORDS } from '../../lib/wording.ts'
import { SLOW_REPLY_MS } from './phase.ts'
import { cutWords, saidIn } from './said.ts'
import { Tool } from './tool-turn.tsx'

export function Transcript({
  turns,
  size,
  is_still,
  none,
}: {
  turns: readonly Turn[]
  size: 'inspector' | 'call'
  /** Nothing more comes, or not now: what was being spoken is not spoken on. */
  is_still: boolean
  /** What to say while there are no words. */
  none: string
}) {
  const { scroller, onScroll } = useStayAtEnd(turns)
  return (
    <div
      className={`talk ${size === 'call' ? 'big' : ''}`}
      role="log"
      aria-live="off"
      aria-label="Transcript"
      ref={scroller}
      onScroll={onScroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      <div className="talk-in">
        {turns.length === 0 && <p className="none no-words">{none}</p>}
        {turns.map((turn) => (
          <TurnRow key={turn.turn_id} turn={turn} size={size} is_still={is_still} />
        ))}
      </div>
    </div>
  )
}

function TurnRow({ turn, size, is_still }: { turn: Turn; size: 'inspector' | 'call'; is_still: boolean }) {
  switch (turn.kind) {
    case 'speech':
      return <Speech turn={turn} is_still={is_still} />
    case 'tool':
      return <Tool turn={turn} size={size} />
    case 'notice':
      return (
        <div className="inl">
          <time>{formatCallTime(turn.started_ms)}</time>
          <div className="box">
            <p className="h">{turn.text}</p>
          </div>
        </div>
      )
  }
}

const SIDES = { caller: 'c', agent: 'a', supervisor: 's' } as const

function Speech({ turn, is_still }: { turn: SpeechTurn; is_still: boolean }) {
  const gap = turn.reply_gap_ms
  const is_unheard = saidIn(turn)?.kind === 'unheard'
  return (
    <div className={`turn ${SIDES[turn.speaker]} ${is_unheard ? 'none-heard' : ''}`}>
      <time>{formatCallTime(turn.started_ms)}</time>
      <div className="body">
        <p className="who">
          {SPEAKER_WORDS[turn.speaker]}{' '}
          {gap !== null && <span className={`gap ${gap > SLOW_REPLY_MS ? 'slow' : ''}`}>{formatDelay(gap)}</span>}
        </p>
        {turn.is_final ? <Final turn={turn} /> : <Partial turn={turn} is_still={is_still} />}
      </div>
    </div>
  )
}

function Partial({ turn, is_still }: { turn: SpeechTurn; is_still: boolean }) {
  return (
    <p className="partial">
      {turn.text}
      {is_still ? '…' : <i className={`caret ${turn.speaker === 'caller' ? 'c' : ''}`} aria-hidden="true" />}
    </p>
  )
}

function Final({ turn }: { turn: SpeechTurn }) {
  if (saidIn(turn)?.kind === 'untranscribed') return <Untranscribed turn={turn} />
  const cut = cutWords(turn)
  return (
    <p>
      {turn.text !== '' && (
        <>
          <Stressed text={turn.text} words={turn.rule_words} />{' '}
        </>
      )}
      {turn.unheard_text !== '' && (
        <>
          <span className="unheard" title="Not heard by the caller">
            <span className="sr-only">Not heard: </span>
            {turn.unheard_text}
          </span>{' '}
        </>
      )}
      {cut && (
        <span className="cut">
          <Icon of={turn.cut_off_by ? Scissors : EarOff} /> {cut}
          {turn.cut_off_by && turn.text !== '' && turn.heard_ms !== null && (
            <span className="sr-only"> after {formatDelay(turn.heard_ms)}</span>
          )}
        </span>
      )}
    </p>
  )
}

// Not the caller's words, so not set as words.
function Untranscribed({ turn }: { turn: SpeechTurn }) {
  const ms = (turn.ended_ms ?? turn.started_ms) - turn.started_ms
  return (
    <p className="untranscribed">
      <Icon of={CaptionsOff} /> Spoke{ms > 0 && ` for ${formatDelay(ms)}`}, not transcribed
    </p>
  )
}

// The newest words stay in sight, unless somebody scrolled up to read.
function useStayAtEnd(turns: readonly Turn[]) {
  const scroller = useRef<HTMLDivElement>(null)
  const is_at_end = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the turns may have made it longer
  useEffect(() => {
    const element = scroller.current
    if (element && is_at_end.current) element.scrollTop = element.scrollHeight
  }, [turns])
  // A pane that becomes lower or higher keeps its end in sight too.
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => {
      if (is_at_end.current) element.scrollTop = element.scrollHeight
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const onScroll = () => {
    const element = scroller.current
    if (element) is_at_end.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40
  }
  return { scroller, onScroll }
}
