// That one is listening in to a call while its screen is not in sight: no sound without a word and a way to stop it.
import { Headphones } from 'lucide-react'
import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { Icon } from '../../components/icon.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { maskNumber } from '../../lib/format.ts'
import { selectWho } from '../../store/selectors.ts'
import { createCallActions } from './call-actions.ts'
import { callerOf } from './card.tsx'

export function ListeningNote() {
  const actions = useActions(createCallActions)
  const [location] = useLocation()
  const heard = useConsoleState((state) => (state.listening.state === 'on' ? state.listening.call_sid : null))
  const call = useConsoleState((state) => (heard ? state.calls[heard] : undefined))
  const selected = useConsoleState((state) => state.selected)
  const who = useConsoleState(selectWho)
  // Nobody hears the calls of a tenant one has left.
  // biome-ignore lint/correctness/useExhaustiveDependencies: at the end of each sign-in
  useEffect(() => () => actions.stopListening(), [who])
  if (!heard) return null
  const is_in_sight = location === '/live' ? selected === heard : location.startsWith(`/calls/${heard}`)
  if (is_in_sight) return null
  return (
    <span className="listening-note">
      <Icon of={Headphones} />
      <a href={`#/calls/${heard}`}>
        <span className="long">Listening to </span>
        <span className="num">{call ? maskNumber(callerOf(call)) : 'a call'}</span>
      </a>
      <button type="button" className="btn sm" onClick={actions.stopListening}>
        Stop
      </button>
    </span>
  )
}
