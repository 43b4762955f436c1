import { useMemo } from 'react'
import type { Attention, CallSummary, Turn } from '../../../../shared/contract/calls.ts'
import { useConsoleState } from '../../lib/console-context.tsx'
import { needsOf } from './needs.ts'

const NONE: readonly Attention[] = []
const NO_TURNS: readonly Turn[] = []

/** Why a call needs a person, or needed one; the most urgent first. */
export function useNeeds(call: CallSummary): readonly Attention[] {
  const turns = useConsoleState((state) => state.turns[call.call_sid]) ?? NO_TURNS
  const kept = useConsoleState((state) => state.needed[call.call_sid]) ?? NONE
  return useMemo(() => needsOf(call, turns, kept), [call, turns, kept])
}
