// Calls of which there is no word any more: their relay was killed, relays do not reach each other, or they ended while the
// link was lost. None vanishes without a word: each stands there with what is known of it, and fades from when that was
// found out. Pure.
import type { CallSession, CallSummary } from '../../../shared/contract/calls.ts'
import { callEnded } from './apply-event.ts'
import type { ConsoleState } from './state.ts'

/**
 * The state after a reading of the live calls that lacks some which were shown as live. They are lost when all relays
 * could be asked; else they stay as they were last known, until there is word of them.
 * @param now epoch milliseconds
 * @source contract/calls.ts, listLiveCalls
 */
export function withAbsent(
  state: ConsoleState,
  { items, is_whole }: { items: readonly CallSummary[]; is_whole: boolean },
  absent: readonly CallSummary[],
  now: number,
): ConsoleState {
  const back = Object.fromEntries(
    items.flatMap((call) => (call.call_sid in state.stale ? [[call.call_sid, call]] : [])),
  )
  const next: ConsoleState = {
    ...state,
    is_whole,
    calls: { ...state.calls, ...back },
    stale: is_whole ? {} : Object.fromEntries(Object.entries(state.stale).filter(([call_sid]) => !(call_sid in back))),
  }
  return is_whole ? withLost(next, absent, now) : withStale(next, absent)
}

/** The state with calls as not up to date whose relay could not be asked. @source contract/calls.ts, `is_whole` */
export function withStale(state: ConsoleState, unasked: readonly CallSummary[]): ConsoleState {
  const found = unasked.map((call) => [call.call_sid, lastMoment(state, call)] as const)
  return { ...state, is_whole: false, stale: { ...Object.fromEntries(found), ...state.stale } }
}

/** What is known of a call that no relay answers for, while its record is open. It may go on where it cannot be asked for. */
const OUT_OF_REACH = 'No relay answers for it. Whether it goes on is not known.'

/**
 * The state with calls as lost that nobody answers for. An event of one that is only out of reach brings it back.
 * @param now epoch milliseconds
 * @source design.md principles 5 and 8; docs/shared-state.md, "A relay that dies"
 */
export function withLost(state: ConsoleState, lost: readonly CallSummary[], now: number): ConsoleState {
  return lost.reduce((at, call) => {
    const ended: CallSummary = {
      ...call,
      outcome: null,
      end_reason: OUT_OF_REACH,
      ended_at: new Date(lastMoment(at, call)).toISOString(),
      live: null,
    }
    const missed = { ...at.missed, [call.call_sid]: { since: now, is_recorded: false } }
    // What is being written for it stays: it may be back.
    return { ...callEnded(at, ended), missed, overrides: at.overrides }
  }, state)
}

/**
 * The state with the ends that records have of calls whose end is not known here.
 * @param now epoch milliseconds
 * @source contract/calls.ts, listCalls and getCall
 */
export function withRecordedEnds(state: ConsoleState, records: readonly CallSummary[], now: number): ConsoleState {
  return records.reduce((at, call) => {
    const missed = at.missed[call.call_sid]
    const is_open = at.calls[call.call_sid]?.ended_at === null
    if (call.ended_at === null || !(missed || is_open)) return at
    const found = { since: missed?.since ?? now, is_recorded: true }
    return { ...callEnded(at, call), missed: { ...at.missed, [call.call_sid]: found } }
  }, state)
}

/** Whether nothing is known of a call but what was heard last. @source contract/calls.ts: a call that ended has an outcome */
export const isOutOfReach = ({ ended_at, outcome }: CallSummary): boolean => ended_at !== null && outcome === null

/** Calls shown as they were last known. @source ours */
export const staleCalls = (state: ConsoleState): CallSummary[] =>
  Object.keys(state.stale).flatMap((call_sid) => state.calls[call_sid] ?? [])

/** Lost calls whose record was open when it was read. @source ours */
export function unrecordedCalls(state: ConsoleState): CallSummary[] {
  return Object.entries(state.missed).flatMap(([call_sid, { is_recorded }]) =>
    is_recorded ? [] : (state.calls[call_sid] ?? []),
  )
}

/** Whether a call that was read is open, and yet no relay has it. @source contract/calls.ts, getCall */
export const isLostCall = ({ ended_at, live }: CallSummary | CallSession): boolean => ended_at === null && live === null

// As the record will have it. @source `relay/calls/close-open-calls.ts`, endedFact
function lastMoment(state: ConsoleState, call: CallSummary): number {
  const turns = state.turns[call.call_sid] ?? []
  const known = [call.live?.phase_since_at, call.answered_at, call.started_at, ...turns.map((turn) => turn.at)]
  return Math.max(...known.flatMap((at) => (at ? Date.parse(at) : [])))
}
