// Time as it is shown of one call: of a call that is not up to date it stands still.
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'

/** Whether a call is shown as it was last known. */
export const useIsStale = (call_sid: string | undefined): boolean =>
  useConsoleState((state) => call_sid !== undefined && call_sid in state.stale)

/** The moment shown, in steps of `step_ms`; of a call that is not up to date the last one known. Epoch milliseconds. */
export function useCallNow({ call_sid }: Pick<CallSummary, 'call_sid'>, step_ms?: number): number {
  const now = useNow(step_ms)
  return useConsoleState((state) => state.stale[call_sid]) ?? now
}
