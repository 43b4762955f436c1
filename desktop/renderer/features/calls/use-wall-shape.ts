// How the wall is laid out: as chosen, or by how many calls are live, without wavering.
import { useEffect } from 'react'
import { useConsole, useConsoleState, useNow } from '../../lib/console-context.tsx'
import { holdDensity } from '../../store/density.ts'
import type { Density } from '../../store/state.ts'

/**
 * @param live how many calls are live; null while that is not known
 * @source design.md principle 5
 */
export function useWallShape(live: number | null): { density: Density; group: 'agent' | 'none' } {
  const { store } = useConsole()
  const chosen = useConsoleState((state) => state.density)
  const grouping = useConsoleState((state) => state.group)
  const before = useConsoleState((state) => state.held_density)
  const now = useNow()
  const held = live === null ? before : holdDensity(before, live, now)
  useEffect(() => {
    if (held !== before) store.setState({ held_density: held })
  }, [store, held, before])
  const fitting = held?.density ?? 'large'
  return {
    density: chosen === 'auto' ? fitting : chosen,
    // A few calls need no headings.
    group: grouping === 'auto' ? (fitting === 'large' ? 'none' : 'agent') : grouping,
  }
}
