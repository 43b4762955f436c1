// The wall without a call: who is ready, when the last call ended, and where the finished ones are.
import { AudioLines } from 'lucide-react'
import { useEffect, useState } from 'react'
import { BeforeCalls, useNextAct } from '../../components/before-calls.tsx'
import { Empty } from '../../components/standing.tsx'
import { useActions, useConsoleState } from '../../lib/console-context.tsx'
import { countOf, formatClock } from '../../lib/format.ts'
import { may } from '../../store/selectors.ts'
import { createCallActions } from './call-actions.ts'

export function AllQuiet() {
  const agents = useConsoleState((state) => state.agents)
  const numbers = useConsoleState((state) => state.numbers)
  const zone = useConsoleState((state) => state.tenant?.time_zone)
  const can_analyse = useConsoleState(may('analytics.read'))
  const is_whole = useConsoleState((state) => state.is_whole)
  const next = useNextAct()
  const last = useLastEnd()
  const ready = Object.values(agents).filter((agent) => agent.is_active).length
  const assigned = Object.values(numbers).filter((number) => number.assigned_agent !== null).length
  if (next)
    return (
      <div className="allquiet">
        <BeforeCalls next={next} icon={AudioLines} />
      </div>
    )
  return (
    <div className="allquiet">
      <Empty
        icon={AudioLines}
        fact={is_whole ? 'All quiet' : 'No call is known'}
        act={
          can_analyse &&
          last && (
            <a className="btn" href="#/analytics">
              Show finished calls
            </a>
          )
        }
      >
        {countOf(ready, 'agent')} ready on {countOf(assigned, 'number')}.
        {last && ` Last call ended ${formatClock(last, zone, false)}.`}
      </Empty>
    </div>
  )
}

/** When the newest finished call ended; null while that is not known, or when there is none. */
function useLastEnd(): string | null {
  const actions = useActions(createCallActions)
  const [last, setLast] = useState<string | null>(null)
  useEffect(() => {
    let is_here = true
    void actions.lastEnd().then((at) => is_here && setLast(at))
    return () => {
      is_here = false
    }
  }, [actions])
  return last
}
