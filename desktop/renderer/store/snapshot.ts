// A whole reading put in place of what was known, and the sweeping of calls that ended. Pure.
import type { CallSession, CallSummary } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { ConsoleState } from './state.ts'
import { TURNS_KEPT } from './state.ts'
import { clearCall, placeCall, placedCalls } from './wall.ts'

/** How long an ended call stays on the wall. Source: design.md principle 5. */
export const FADE_MS = 20_000

export interface LiveReading {
  items: CallSummary[]
  last_seq: number
  capacity: number
}

/**
 * The state after all live calls were read: calls that went away in between lose their cell, the others keep it.
 * @source bridge.ts, reload
 */
export function withLiveCalls(state: ConsoleState, reading: LiveReading): ConsoleState {
  const live = new Map(reading.items.map((call) => [call.call_sid, call]))
  const gone = placedCalls(state.wall).filter((call_sid) => !live.has(call_sid))
  const kept = gone.reduce(clearCall, state.wall)
  const opened = Object.entries(state.calls).filter(([call_sid]) => state.details[call_sid])
  return {
    ...state,
    wall: reading.items.reduce(placeCall, kept),
    calls: { ...Object.fromEntries(opened), ...Object.fromEntries(live) },
    last_seq: reading.last_seq,
    capacity: reading.capacity,
    live_reading: { state: 'ready' },
  }
}

/**
 * The state after one call was opened. A turn that came on the socket meanwhile is newer than the reading.
 * @source contract/calls.ts, getCall
 */
export function withCall(
  state: ConsoleState,
  session: CallSession,
  versions: ContextVersion[],
): ConsoleState {
  const { transcript, ...rest } = session
  const known = state.calls[session.call_sid]
  const read = new Set(transcript.map((turn) => turn.turn_id))
  const last_index = transcript.at(-1)?.turn_index ?? 0
  const since = (state.turns[session.call_sid] ?? []).filter(
    (turn) => !read.has(turn.turn_id) && turn.turn_index > last_index,
  )
  const summary: CallSummary =
    known && !session.ended_at ? { ...rest, live: known.live ?? session.live } : rest
  return {
    ...state,
    calls: { ...state.calls, [session.call_sid]: summary },
    turns: { ...state.turns, [session.call_sid]: [...transcript, ...since].slice(-TURNS_KEPT.open) },
    details: { ...state.details, [session.call_sid]: rest },
    versions: {
      ...state.versions,
      [session.call_sid]: [...versions].sort((a, b) => b.version - a.version),
    },
  }
}

/**
 * Calls that ended more than 20 s ago leave the wall, and the store unless somebody looks at them.
 * @param now epoch milliseconds
 * @source design.md principle 5
 */
export function sweepEnded(state: ConsoleState, now: number): ConsoleState {
  const over = placedCalls(state.wall).filter((call_sid) => {
    const ended_at = state.calls[call_sid]?.ended_at
    return ended_at !== null && ended_at !== undefined && now - Date.parse(ended_at) >= FADE_MS
  })
  if (over.length === 0) return state
  const seen = new Set([state.selected, state.opened])
  const forgotten = new Set(over.filter((call_sid) => !seen.has(call_sid)))
  const keep = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).filter(([call_sid]) => !forgotten.has(call_sid)))
  return {
    ...state,
    wall: over.reduce(clearCall, state.wall),
    calls: keep(state.calls),
    turns: keep(state.turns),
    details: keep(state.details),
    versions: keep(state.versions),
  }
}
