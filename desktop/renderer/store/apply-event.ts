// One event of the relay, applied. Pure and exhaustive: an event without its case does not compile.
// In the walk of a context override this is the last step before the screen.
import type { Attention, CallSummary, SpeechTurn, Turn } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import { draftKey } from './override-drafts.ts'
import type { ConsoleState } from './state.ts'
import { TURNS_KEPT } from './state.ts'
import { placeCall } from './wall.ts'
import { withDraft, workKey } from './work-drafts.ts'

/**
 * The state after an event. Events that the snapshot already contains change nothing.
 * @source events.ts; style.md section 9
 */
export function applyEvent(state: ConsoleState, event: RelayEvent): ConsoleState {
  return applyEvents(state, [event])
}

/**
 * The state after many events. A record that was copied for one event is not copied again for the next: with 500 calls
 * and 2,500 events a second, copying for each took half of the time there is.
 * @source desktop.md section 0, "500 calls with 2,500 transcript events a second"
 */
export function applyEvents(state: ConsoleState, events: readonly RelayEvent[]): ConsoleState {
  const own: Own = new Set()
  return events.reduce(
    (at, event) => (event.seq <= at.last_seq ? at : { ...change(at, event, own), last_seq: event.seq }),
    state,
  )
}

/** Records made during this batch: nobody else has seen them yet. */
type Own = Set<object>

function put<T>(record: Record<string, T>, key: string, value: T, own: Own): Record<string, T> {
  const mine = own.has(record) ? record : { ...record }
  own.add(mine)
  mine[key] = value
  return mine
}

function change(state: ConsoleState, event: RelayEvent, own: Own): ConsoleState {
  switch (event.event_type) {
    case 'agent.created':
    case 'agent.updated':
      return { ...state, agents: put(state.agents, event.agent.id, event.agent, own) }
    case 'agent.deleted':
      return {
        ...state,
        agents: without(state.agents, event.agent_id),
        drafts: withDraft(state.drafts, workKey(event.tenant_id, `agents/${event.agent_id}`), null),
      }
    case 'number.updated':
      return numberUpdated(state, event.number, own)
    case 'call.started':
    case 'call.updated':
      return callChanged(state, event.call_session, own)
    case 'call.ended':
      return callEnded(state, event.call_session, own)
    case 'call.transcript':
      return turnSpoken(state, event.call_sid, event.turn, own)
    case 'call.attention':
      return attentionChanged(state, event.call_sid, event.attention, own)
    case 'escalation.raised':
      return escalationRaised(state, event.call_sid, event.attention, own)
    case 'context.updated':
      return contextUpdated(state, event.version, own)
    default:
      return unknownEvent(event, state)
  }
}

// A newer relay may send what this console does not know: it changes nothing here.
const unknownEvent = (_event: never, state: ConsoleState): ConsoleState => state

function numberUpdated(state: ConsoleState, number: ConsoleState['numbers'][string], own: Own): ConsoleState {
  const numbers =
    number.status === 'released'
      ? without(state.numbers, number.phone_number)
      : put(state.numbers, number.phone_number, number, own)
  return { ...state, numbers }
}

// A call that was taken for lost, and of which there is word again, was only out of reach.
function callChanged(state: ConsoleState, call: CallSummary, own: Own): ConsoleState {
  const missed = state.missed[call.call_sid]
  if (state.calls[call.call_sid]?.ended_at && (!missed || missed.is_recorded)) return state
  return {
    ...state,
    missed: without(state.missed, call.call_sid),
    stale: without(state.stale, call.call_sid),
    calls: put(state.calls, call.call_sid, call, own),
    wall: placeCall(state.wall, call),
  }
}

// An ended call keeps its last drawing and its last words while it fades: `live` of the summary is null by then. Why it
// needed a person is kept beside it: it needs none any more, and yet is no call like the others.
export function callEnded(state: ConsoleState, call: CallSummary, own: Own = new Set()): ConsoleState {
  const before = state.calls[call.call_sid]
  const live = call.live ?? (before?.live ? { ...before.live, phase: 'ended', attention: [], listeners: [] } : null)
  const ended: CallSummary = { ...call, live: live as CallSummary['live'] }
  const needed = before?.live?.attention ?? []
  return {
    ...state,
    calls: put(state.calls, call.call_sid, ended, own),
    missed: without(state.missed, call.call_sid),
    stale: without(state.stale, call.call_sid),
    needed: needed.length > 0 ? put(state.needed, call.call_sid, needed, own) : state.needed,
    overrides: withDraft(state.overrides, draftKey(call.tenant_id, call.call_sid), null),
  }
}

function turnSpoken(state: ConsoleState, call_sid: string, turn: Turn, own: Own): ConsoleState {
  const kept = state.details[call_sid] ? TURNS_KEPT.open : TURNS_KEPT.wall
  const turns = put(state.turns, call_sid, withTurn(state.turns[call_sid] ?? [], turn).slice(-kept), own)
  const call = state.calls[call_sid]
  if (!call?.live || call.ended_at || turn.kind !== 'speech') return { ...state, turns }
  return { ...state, turns, calls: put(state.calls, call_sid, withLastLine(call, turn), own) }
}

/**
 * A turn put in its place; a later one of the same id replaces the earlier. It leaves its place only when it turns out
 * that it was spoken before or after its neighbour.
 * @source events.ts, call.transcript
 */
export function withTurn(turns: readonly Turn[], turn: Turn): Turn[] {
  const at = turns.findIndex((other) => other.turn_id === turn.turn_id)
  if (at !== -1 && turns[at]?.started_ms === turn.started_ms) return turns.with(at, turn)
  const others = at === -1 ? turns : turns.toSpliced(at, 1)
  const after = others.findLastIndex((other) => bySpoken(other, turn) <= 0)
  return others.toSpliced(after + 1, 0, turn)
}

/**
 * The order in which turns were spoken. Their numbers are the order in which they became known: an answer has its number
 * with its first word, and may be heard only after what the caller said meanwhile.
 * @source contract/calls.ts, `started_ms`
 */
export const bySpoken = (a: Turn, b: Turn): number => a.started_ms - b.started_ms || a.turn_index - b.turn_index

function withLastLine(call: CallSummary, turn: SpeechTurn): CallSummary {
  // Words that nobody heard are still the newest: the line before them must not stay as if it were being spoken.
  const text = turn.text || (turn.is_final ? turn.unheard_text : '')
  if (!call.live || text === '') return call
  const last_line = { speaker: turn.speaker, text, is_final: turn.is_final }
  return { ...call, live: { ...call.live, last_line } }
}

function attentionChanged(state: ConsoleState, call_sid: string, attention: Attention[], own: Own): ConsoleState {
  const call = state.calls[call_sid]
  if (!call?.live) return state
  return { ...state, calls: put(state.calls, call_sid, { ...call, live: { ...call.live, attention } }, own) }
}

// The attention itself comes as `call.attention` too; until it does, the call is already marked.
function escalationRaised(state: ConsoleState, call_sid: string, attention: Attention, own: Own): ConsoleState {
  const known = state.calls[call_sid]?.live?.attention ?? []
  if (known.some((other) => other.reason === attention.reason)) return state
  const all = [...known, attention].sort((a, b) => b.level - a.level)
  return attentionChanged(state, call_sid, all, own)
}

function contextUpdated(state: ConsoleState, version: ContextVersion, own: Own): ConsoleState {
  const call_sid = version.call_sid
  if (call_sid === null) return state
  const next = withVersion(state, call_sid, version, own)
  const call = next.calls[call_sid]
  if (!call || version.state !== 'applied' || version.version < call.context_version) return next
  return { ...next, calls: put(next.calls, call_sid, { ...call, context_version: version.version }, own) }
}

// Versions are kept of calls whose versions were read: a list with holes would look complete.
function withVersion(state: ConsoleState, call_sid: string, version: ContextVersion, own: Own): ConsoleState {
  const known = state.versions[call_sid]
  if (!known) return state
  return { ...state, versions: put(state.versions, call_sid, newerVersions([version], known), own) }
}

/** Versions newest first, of two with one number the one that is further on. @source contract/context.ts */
export function newerVersions(read: readonly ContextVersion[], known: readonly ContextVersion[]): ContextVersion[] {
  const by_number = new Map(read.map((version) => [version.version, version]))
  for (const version of known) {
    const other = by_number.get(version.version)
    if (!other || progress(version) > progress(other)) by_number.set(version.version, version)
  }
  return [...by_number.values()].sort((a, b) => b.version - a.version)
}

// One that was taken for lost on its way to the call may turn out to be applied, and relays may tell that in either order.
const progress = (version: ContextVersion) =>
  version.used_in_turn !== null ? 3 : { pending: 0, refused: 1, applied: 2 }[version.state]

/** The record without a key; the same one when it has none such. @source ours */
export function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record
  const { [key]: _gone, ...rest } = record
  return rest
}
