// The ladder of interventions, cheapest first, named by what the caller notices.
import type { LucideIcon } from 'lucide-react'
import { Braces, Headphones, Lock, PhoneOff, Unlink } from 'lucide-react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { Icon } from '../../components/icon.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { useVerbsHeight } from '../../lib/verbs-height.ts'
import { isOutOfReach } from '../../store/lost-calls.ts'
import { isLost, may } from '../../store/selectors.ts'
import { createCallActions } from './call-actions.ts'
import { useIsStale } from './use-call-now.ts'

export function Ladder({
  call,
  onEditContext,
  onEnd,
}: {
  call: CallSummary
  onEditContext: () => void
  onEnd: () => void
}) {
  const actions = useActions(createCallActions)
  const rights = useRights(call)
  const is_listening = useConsoleState(
    (state) => state.listening.state === 'on' && state.listening.call_sid === call.call_sid,
  )
  const closed = useConsoleState((state) =>
    state.listening.state === 'closed' && state.listening.call_sid === call.call_sid ? state.listening.reason : null,
  )
  const place = useVerbsHeight<HTMLDivElement>()
  return (
    <div className="ladder" role="toolbar" aria-label="Interventions" ref={place}>
      <div className="rungs">
        <p>The caller hears nothing</p>
        <div>
          <Rung
            icon={Headphones}
            word="Listen"
            hint="L"
            is_on={is_listening}
            is_off={!rights.listen && !is_listening}
            onClick={() => actions.toggleListening(call.call_sid)}
          />
          <Rung icon={Braces} word="Context" hint="E" is_off={!rights.context} onClick={onEditContext} />
        </div>
      </div>
      <div className="rungs">
        <p>The call ends</p>
        <div>
          <Rung icon={PhoneOff} word="End" danger is_off={!rights.end} onClick={onEnd} />
        </div>
      </div>
      {rights.why && (
        <p className="why">
          <Icon of={rights.why.icon} />
          {rights.why.words}
        </p>
      )}
      {closed && !rights.why && (
        <p className="why" role="status">
          <Icon of={Headphones} />
          Listening stopped: {closed}
        </p>
      )}
    </div>
  )
}

function Rung({
  icon,
  word,
  hint,
  onClick,
  is_on = false,
  is_off,
  danger = false,
}: {
  icon: LucideIcon
  word: string
  hint?: string
  onClick: () => void
  is_on?: boolean
  is_off: boolean
  danger?: boolean
}) {
  return (
    <button
      type="button"
      className={`rung ${is_on ? 'on' : ''} ${danger ? 'danger' : ''}`}
      disabled={is_off}
      aria-pressed={word === 'Listen' ? is_on : undefined}
      onClick={onClick}
    >
      <Icon of={icon} />
      <span>{word}</span>
      {hint && <kbd>{hint}</kbd>}
    </button>
  )
}

export interface CallRights {
  listen: boolean
  context: boolean
  end: boolean
  why: { icon: LucideIcon; words: string } | null
}

/** What may be done with this call by who is signed in, now. */
export function useRights(call: CallSummary | undefined): CallRights {
  const lost = useConsoleState(isLost)
  const is_stale = useIsStale(call?.call_sid)
  const monitor = useConsoleState(may('calls.monitor'))
  const update = useConsoleState(may('context.update'))
  const override = useConsoleState(may('calls.override'))
  const is_live = call?.ended_at === null
  if (lost) return refused(Unlink, 'Refused while the link is lost. Nothing is queued.')
  if (is_stale) return refused(Unlink, 'The relays cannot reach each other: this call takes no commands until they do.')
  if (call && isOutOfReach(call)) return refused(Unlink, 'No relay answers for this call, so it takes no commands.')
  if (!is_live) return refused(PhoneOff, 'The call is over, so it takes no commands.')
  if (!monitor && !update && !override) {
    return refused(Lock, 'You can read calls. Stepping in needs the supervisor role.')
  }
  const why = update && override ? null : { icon: Lock, words: 'Changing a call needs the supervisor role.' }
  return { listen: monitor, context: update, end: override, why }
}

const refused = (icon: LucideIcon, words: string): CallRights => ({
  listen: false,
  context: false,
  end: false,
  why: { icon, words },
})
