// The strip of figures: how the whole floor is, in one line. Of calls that are not up to date nothing is measured or counted
// but that they need a person, as the lane says of each; how many they are stands over the wall.
import { useMemo } from 'react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { Sparkline } from '../../components/sparkline.tsx'
import { useConsoleState, useNow } from '../../lib/console-context.tsx'
import { formatCost, formatDelay, MISSING } from '../../lib/format.ts'
import { isLive, isRinging, percentile95, replyGaps } from '../../store/selectors.ts'
import { lengthOf, SLOW_REPLY_MS } from './phase.ts'

/** A call this young would make its cost a minute a fantasy. Milliseconds. */
const COST_FROM_MS = 10_000

export function Strip({
  calls,
  need,
  is_known,
}: {
  calls: readonly CallSummary[]
  need: number
  /** False before the calls were read: then there are no figures, not figures of 0. */
  is_known: boolean
}) {
  const capacity = useConsoleState((state) => state.capacity)
  const delays = useConsoleState((state) => state.delays)
  const now = useNow()
  const stale = useConsoleState((state) => state.stale)
  const live = useMemo(() => calls.filter((call) => isLive(call) && !(call.call_sid in stale)), [calls, stale])
  const ringing = live.filter(isRinging).length
  const p95 = percentile95(replyGaps(live))
  return (
    <div className="strip">
      <div className="first">
        <b>{is_known ? live.length - ringing : MISSING}</b>
        <span>live</span>
        <b className="ms-2.5">{is_known ? ringing : MISSING}</b>
        <span>ringing</span>
      </div>
      <div className={need > 0 ? 'need' : ''}>
        <b>{is_known ? need : MISSING}</b>
        <span>{need === 1 ? 'needs you' : 'need you'}</span>
      </div>
      <div>
        <span>
          <span className="long">Reply delay </span>p95
        </span>
        <b className={p95 !== null && p95 > SLOW_REPLY_MS ? 'text-att-2' : ''}>{formatDelay(p95)}</b>
        <Sparkline values={delays} width={56} height={18} />
      </div>
      <div>
        <span>Cost</span>
        <b>{is_known ? formatCost(costPerMinute(live, now)) : MISSING}</b>
        <span>/min</span>
      </div>
      {capacity > 0 && (
        <div className="cap">
          <span>Capacity</span>
          <b>{live.length}</b>
          <span>of {capacity}</span>
          {live.length > 12 && (
            <span className="capbar">
              <i style={{ width: `${Math.min(100, (live.length / capacity) * 100)}%` }} />
            </span>
          )}
        </div>
      )}
    </div>
  )
}

/** What all calls together cost a minute, in dollars, from what each has cost so far. @source ours */
export function costPerMinute(calls: readonly CallSummary[], now: number): number {
  return calls.reduce((sum, call) => sum + (call.cost * 60_000) / Math.max(COST_FROM_MS, lengthOf(call, now)), 0)
}
