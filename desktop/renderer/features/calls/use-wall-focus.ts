// The focus on the wall. It roves over the cells; when the call it stands on leaves the wall, it goes to the neighbour and
// not to the page, from where no arrow would lead back. What is selected stays: it may just be being read.
import type { FocusEvent } from 'react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useConsole } from '../../lib/console-context.tsx'
import type { WallRow } from './wall-rows.ts'
import { neighbourOf, orderOf } from './wall-rows.ts'

export interface WallFocus {
  /** The cell that has the focus, or would have it; null when that is the selected one's. */
  at: string | null
  onFocus(event: FocusEvent): void
  onBlur(event: FocusEvent): void
}

const NOBODY = () => document.activeElement === null || document.activeElement === document.body

/** @param focus gives the cell of a call the focus, and brings it into sight */
export function useWallFocus(
  rows: readonly WallRow[],
  focus: (call_sid: string) => void,
  onSelect: (call_sid: string) => void,
): WallFocus {
  const { store } = useConsole()
  const order = useMemo(() => orderOf(rows), [rows])
  const held = useRef<{ call_sid: string; order: readonly string[] } | null>(null)
  /** The cell to which the console itself moves the focus: that selects nothing. */
  const quiet = useRef<string | null>(null)
  const [at, setAt] = useState<string | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: when calls came, went or moved
  useEffect(() => {
    const was = held.current
    if (!was) return
    const is_there = order.includes(was.call_sid)
    if (is_there) held.current = { ...was, order }
    if (!NOBODY()) return
    const isOn = (call_sid: string) => order.includes(call_sid) && store.getState().calls[call_sid]?.ended_at === null
    const next = is_there ? was.call_sid : neighbourOf(was.order, was.call_sid, isOn)
    held.current = null
    if (!next) return
    setAt(next)
    if (!is_there) quiet.current = next
    focus(next)
  }, [order])
  return {
    at,
    onFocus(event) {
      const call_sid = (event.target as HTMLElement).dataset.call
      if (!call_sid) return
      held.current = { call_sid, order }
      setAt(call_sid)
      if (quiet.current !== call_sid) onSelect(call_sid)
      quiet.current = null
    },
    // A cell that goes away with its call loses the focus without this; so it is still held above.
    onBlur(event) {
      if (event.relatedTarget !== null || document.activeElement !== event.target) held.current = null
    },
  }
}
