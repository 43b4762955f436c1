// The live link to the relay: linked with its round trip, or lost with how old what is shown is.
import { Link, Unlink } from 'lucide-react'
import { Icon } from '../../components/icon.tsx'
import { useActions, useConsoleState, useRealNow } from '../../lib/console-context.tsx'
import { formatAge, formatClock, formatDelay } from '../../lib/format.ts'
import { createAccessActions } from './access-actions.ts'

export function LinkWord() {
  const link = useConsoleState((state) => state.link)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  switch (link.state) {
    case 'linked':
      return (
        <span className="link ok" title="Relay link, round trip">
          <Icon of={Link} />
          <span>Linked</span>
          {link.round_trip_ms !== null && <span className="num dim">{formatDelay(link.round_trip_ms)}</span>}
        </span>
      )
    case 'lost':
      return (
        <span className="link lost">
          <Icon of={Unlink} />
          <span>Link lost</span>
          <span className="num">as of {formatClock(link.as_of, zone)}</span>
        </span>
      )
    case 'connecting':
      return (
        <span className="link">
          <Icon of={Link} />
          <span>Linking</span>
        </span>
      )
    case 'not_allowed':
      return (
        <span className="link" title="Your roles here do not include live calls: what you see is as it was read">
          <Icon of={Unlink} />
          <span>Not live</span>
        </span>
      )
    case 'signed_out':
      return null
  }
}

export function LostBar() {
  const actions = useActions(createAccessActions)
  const link = useConsoleState((state) => state.link)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const now = useRealNow()
  if (link.state !== 'lost') return null
  const wait_s = Math.ceil((Date.parse(link.retry_at) - now) / 1000)
  return (
    <div className="lostbar" role="alert">
      <Icon of={Unlink} />
      <b>Link to the relay lost</b>
      <span>
        What you see is as of <span className="num">{formatClock(link.as_of, zone)}</span>,{' '}
        {formatAge(now - wholeSecond(link.as_of))} old. Calls go on without you. Commands are refused until the link is
        back.
      </span>
      <span className="grow" />
      <span className="num dim">{wait_s > 0 ? `Trying again in ${wait_s} s` : 'Trying again now'}</span>
      <button type="button" className="btn sm" onClick={() => void actions.restore()}>
        Try now
      </button>
    </div>
  )
}

// Both in whole seconds, so that the age counts with the clock.
const wholeSecond = (at: string) => Math.floor(Date.parse(at) / 1000) * 1000
