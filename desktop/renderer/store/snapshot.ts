// A whole reading put in place of what was known, and the sweeping of calls that ended. Pure.
import type { CallSession, CallSummary, Turn } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import { bySpoken, newerVersions, without } from './apply-event.ts'
import { isLostCall, withAbsent, withLost, withRecordedEnds, withStale } from './lost-calls.ts'
import { draftKey, onlyOfCalls } from './override-drafts.ts'
import type { ConsoleState } from './state.ts'
import { TURNS_KEPT } from './state.ts'
import { clearCall, placeCall, placedCalls } from './wall.ts'
import { withDraft } from './work-drafts.ts'

/** How long an ended call stays on the wall. Source: design.md principle 5. */
export const FADE_MS = 20_000

export interface LiveReading {
  items: CallSummary[]
  last_seq: number
  capacity: number
  is_whole: boolean
}

/**
 * The state after all live calls were read. Calls keep their cell; those that went away in between stand there as lost
 * until they have faded, and those whose relay could not be asked as they were last known.
 * @param now epoch milliseconds
 * @source bridge.ts, reload
 */
export function withLiveCalls(state: ConsoleState, reading: LiveReading, now: number): ConsoleState {
  const live = new Map(reading.items.map((call) => [call.call_sid, call]))
  const on_wall = new Set(placedCalls(state.wall))
  const kept = Object.entries(state.calls).filter(([call_sid]) => state.details[call_sid] || on_wall.has(call_sid))
  const absent = kept.flatMap(([call_sid, call]) => (call.ended_at === null && !live.has(call_sid) ? [call] : []))
  const found = Object.entries(state.missed).filter(([call_sid]) => !live.has(call_sid))
  const calls = { ...Object.fromEntries(kept), ...Object.fromEntries(live) }
  const next: ConsoleState = {
    ...state,
    wall: reading.items.reduce(placeCall, state.wall),
    calls,
    missed: Object.fromEntries(found),
    last_seq: reading.last_seq,
    capacity: reading.capacity,
    live_reading: { state: 'ready' },
    overrides: overridesOf(state, calls),
  }
  return withAbsent(next, reading, absent, now)
}

/**
 * The state after one call was opened. A turn, or the end, that came on the socket meanwhile is newer than the reading.
 * @param now epoch milliseconds
 * @source contract/calls.ts, getCall
 */
export function withCall(
  state: ConsoleState,
  session: CallSession,
  versions: ContextVersion[],
  now: number,
): ConsoleState {
  const { transcript, ...rest } = session
  const { call_sid } = session
  const known = state.calls[call_sid]
  // Of a call that is not up to date, nothing came on the socket.
  const is_newer = !known || (call_sid in state.stale && rest.live !== null)
  const next: ConsoleState = {
    ...state,
    calls: { ...state.calls, [call_sid]: is_newer ? rest : newerSummary(rest, known) },
    turns: { ...state.turns, [call_sid]: newerTurns(transcript, state.turns[call_sid] ?? []) },
    details: { ...state.details, [call_sid]: rest },
    overrides: session.ended_at
      ? withDraft(state.overrides, draftKey(session.tenant_id, call_sid), null)
      : state.overrides,
    versions: { ...state.versions, [call_sid]: newerVersions(versions, state.versions[call_sid] ?? []) },
  }
  if (session.ended_at !== null) return withRecordedEnds(next, [rest], now)
  if (!isLostCall(session)) return { ...next, stale: without(next.stale, call_sid) }
  if (known?.ended_at) return next
  return session.is_whole ? withLost(next, [known ?? rest], now) : withStale(next, [known ?? rest])
}

// An answer may be older than an event that overtook it: what is further on stays. No event follows the end of a call,
// so an end that was undone here would stay undone.
function newerSummary(read: CallSummary, known: CallSummary): CallSummary {
  if (known.ended_at) return read.ended_at ? { ...read, live: known.live } : known
  return read.ended_at ? known : { ...read, live: known.live ?? read.live }
}

function newerTurns(read: readonly Turn[], known: readonly Turn[]): Turn[] {
  const last_index = read.at(-1)?.turn_index ?? 0
  const before = new Map(known.map((turn) => [turn.turn_id, turn]))
  const merged = read.map((turn) => {
    const other = before.get(turn.turn_id)
    return other?.is_final && !turn.is_final ? other : turn
  })
  const ids = new Set(read.map((turn) => turn.turn_id))
  const since = known.filter((turn) => !ids.has(turn.turn_id) && turn.turn_index > last_index)
  return [...merged, ...since].sort(bySpoken).slice(-TURNS_KEPT.open)
}

/**
 * Since when a call fades: its end, or when that was found out. Epoch milliseconds; null while it lives.
 * @source design.md principle 5
 */
export function fadesSince(call: CallSummary, missed: ConsoleState['missed']): number | null {
  if (call.ended_at === null) return null
  return missed[call.call_sid]?.since ?? Date.parse(call.ended_at)
}

/**
 * Calls that ended more than 20 s ago leave the wall, and the store unless somebody looks at them.
 * @param now epoch milliseconds
 * @source design.md principle 5
 */
export function sweepEnded(state: ConsoleState, now: number): ConsoleState {
  const over = placedCalls(state.wall).filter((call_sid) => {
    const call = state.calls[call_sid]
    const since = call ? fadesSince(call, state.missed) : null
    return since !== null && now - since >= FADE_MS
  })
  if (over.length === 0) return state
  const seen = new Set([state.selected, state.opened])
  const forgotten = new Set(over.filter((call_sid) => !seen.has(call_sid)))
  const keep = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).filter(([call_sid]) => !forgotten.has(call_sid)))
  const calls = keep(state.calls)
  return {
    ...state,
    wall: over.reduce(clearCall, state.wall),
    calls,
    turns: keep(state.turns),
    details: keep(state.details),
    versions: keep(state.versions),
    older_versions: keep(state.older_versions),
    needed: keep(state.needed),
    missed: keep(state.missed),
    overrides: overridesOf(state, calls),
  }
}

/** What is being written for calls that are in sight. */
const overridesOf = ({ session, overrides }: ConsoleState, calls: ConsoleState['calls']) =>
  session.state === 'signed_in' ? onlyOfCalls(overrides, session.me.tenant_id ?? '', calls) : overrides
