// A place that is empty because no call can come yet: what is lacking, and the way there for who may go it.
import type { LucideIcon } from 'lucide-react'
import { useMemo } from 'react'
import { useConsoleState } from '../lib/console-context.tsx'
import type { NextAct } from '../store/next-act.ts'
import { nextActOf } from '../store/next-act.ts'
import { may } from '../store/selectors.ts'
import { Empty } from './standing.tsx'

/** What is lacking; null when nothing is, and while agents and numbers were not read. */
export function useNextAct(): NextAct | null {
  const agents = useConsoleState((state) => state.agents)
  const numbers = useConsoleState((state) => state.numbers)
  const are_read = useConsoleState(
    (state) => state.agents_reading.state === 'ready' && state.numbers_reading.state === 'ready',
  )
  return useMemo(
    () => (are_read ? nextActOf(Object.values(agents), Object.values(numbers)) : null),
    [are_read, agents, numbers],
  )
}

export function BeforeCalls({ next, icon }: { next: NextAct; icon: LucideIcon }) {
  const is_allowed = useConsoleState(may(next.permission))
  return (
    <Empty
      icon={icon}
      fact={next.fact}
      act={
        is_allowed && (
          <a className="btn" href={next.href}>
            {next.word}
          </a>
        )
      }
    >
      {next.says}
      {!is_allowed && ' It needs the agent manager role.'}
    </Empty>
  )
}
