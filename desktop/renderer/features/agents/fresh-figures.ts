// The figures of agents follow the calls that end: they come with a reading, not with events.
import { useEffect } from 'react'
import { useActions, useConsole, useConsoleState } from '../../lib/console-context.tsx'
import type { ConsoleState } from '../../store/state.ts'
import { createAgentActions } from './agent-actions.ts'

/** Calls that end together cost one reading; the relay has counted them by then. */
const READ_AFTER_MS = 3_000

/** While the component is there: read at once, and soon after calls ended. @source ours */
export function useFreshFigures(): void {
  const { store } = useConsole()
  const actions = useActions(createAgentActions)
  const is_read = useConsoleState((state) => state.agents_reading.state === 'ready' && state.link.state === 'linked')
  useEffect(() => {
    if (!is_read) return
    void actions.readFigures()
    let timer: ReturnType<typeof setTimeout> | null = null
    let newest = newestEnd(store.getState())
    const stop = store.subscribe((state, before) => {
      if (state.calls === before.calls) return
      const end = newestEnd(state)
      if (end <= newest) return
      newest = end
      timer ??= setTimeout(() => {
        timer = null
        void actions.readFigures()
      }, READ_AFTER_MS)
    })
    return () => {
      stop()
      if (timer) clearTimeout(timer)
    }
  }, [is_read, actions, store])
}

// ISO 8601 in one zone: as texts they are in order.
const newestEnd = ({ calls }: Pick<ConsoleState, 'calls'>): string =>
  Object.values(calls).reduce((newest, { ended_at }) => (ended_at && ended_at > newest ? ended_at : newest), '')
