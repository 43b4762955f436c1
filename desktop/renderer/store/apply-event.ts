// One event of the relay, applied. Pure and exhaustive: an event without its case does not compile.
// In the walk of a context override this is the last step before the screen.
import type { Attention, CallSummary, SpeechTurn, Turn } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import type { ConsoleState } from './state.ts'
import { TURNS_KEPT } from './state.ts'
import { placeCall } from './wall.ts'

/**
 * The state after an event. Events that the snapshot already contains change nothing.
 * @source events.ts; style.md section 9
 */
export function applyEvent(state: ConsoleState, event: RelayEvent): ConsoleState {
  if (event.seq <= state.last_seq) return state
  return { ...change(state, event), last_seq: event.seq }
}

function change(state: ConsoleState, event: RelayEvent): ConsoleState {
  switch (event.event_type) {
    case 'agent.created':
    case 'agent.updated':
      return { ...state, agents: { ...state.agents, [event.agent.id]: event.agent } }
    case 'agent.deleted':
      return { ...state, agents: without(state.agents, event.agent_id) }
    case 'number.updated':
      return numberUpdated(state, event.number)
    case 'call.started':
    case 'call.updated':
      return callChanged(state, event.call_session)
    case 'call.ended':
      return callEnded(state, event.call_session)
    case 'call.transcript':
      return turnSpoken(state, event.call_sid, event.turn)
    case 'call.attention':
      return attentionChanged(state, event.call_sid, event.attention)
    case 'escalation.raised':
      return escalationRaised(state, event.call_sid, event.attention)
    case 'context.updated':
      return contextUpdated(state, event.version)
    default:
      return unknownEvent(event, state)
  }
}

// A newer relay may send what this console does not know: it changes nothing here.
const unknownEvent = (_event: never, state: ConsoleState): ConsoleState => state

function numberUpdated(state: ConsoleState, number: ConsoleState['numbers'][string]): ConsoleState {
  const numbers =
    number.status === 'released'
      ? without(state.numbers, number.phone_number)
      : { ...state.numbers, [number.phone_number]: number }
  return { ...state, numbers }
}

function callChanged(state: ConsoleState, call: CallSummary): ConsoleState {
  if (state.calls[call.call_sid]?.ended_at) return state
  return {
    ...state,
    calls: { ...state.calls, [call.call_sid]: call },
    wall: placeCall(state.wall, call),
  }
}

// An ended call keeps its last drawing and its last words while it fades: `live` of the summary is null by then.
function callEnded(state: ConsoleState, call: CallSummary): ConsoleState {
  const before = state.calls[call.call_sid]
  const live = call.live ?? (before?.live ? { ...before.live, phase: 'ended', attention: [] } : null)
  const ended: CallSummary = { ...call, live: live as CallSummary['live'] }
  return { ...state, calls: { ...state.calls, [call.call_sid]: ended } }
}

function turnSpoken(state: ConsoleState, call_sid: string, turn: Turn): ConsoleState {
  const kept = state.details[call_sid] ? TURNS_KEPT.open : TURNS_KEPT.wall
  const turns = { ...state.turns, [call_sid]: withTurn(state.turns[call_sid] ?? [], turn).slice(-kept) }
  const call = state.calls[call_sid]
  if (!call?.live || call.ended_at || turn.kind !== 'speech') return { ...state, turns }
  return { ...state, turns, calls: { ...state.calls, [call_sid]: withLastLine(call, turn) } }
}

/** A turn put in its place: a later one of the same id replaces the earlier. @source events.ts, call.transcript */
export function withTurn(turns: readonly Turn[], turn: Turn): Turn[] {
  const at = turns.findIndex((other) => other.turn_id === turn.turn_id)
  if (at !== -1) return turns.with(at, turn)
  const after = turns.findLastIndex((other) => other.turn_index <= turn.turn_index)
  return turns.toSpliced(after + 1, 0, turn)
}

function withLastLine(call: CallSummary, turn: SpeechTurn): CallSummary {
  if (!call.live || turn.text === '') return call
  const last_line = { speaker: turn.speaker, text: turn.text, is_final: turn.is_final }
  return { ...call, live: { ...call.live, last_line } }
}

function attentionChanged(state: ConsoleState, call_sid: string, attention: Attention[]): ConsoleState {
  const call = state.calls[call_sid]
  if (!call?.live) return state
  return { ...state, calls: { ...state.calls, [call_sid]: { ...call, live: { ...call.live, attention } } } }
}

// The attention itself comes as `call.attention` too; until it does, the call is already marked.
function escalationRaised(state: ConsoleState, call_sid: string, attention: Attention): ConsoleState {
  const known = state.calls[call_sid]?.live?.attention ?? []
  if (known.some((other) => other.reason === attention.reason)) return state
  const all = [...known, attention].sort((a, b) => b.level - a.level)
  return attentionChanged(state, call_sid, all)
}

function contextUpdated(state: ConsoleState, version: ContextVersion): ConsoleState {
  const call_sid = version.call_sid
  if (call_sid === null) return state
  const next = withVersion(state, call_sid, version)
  const call = next.calls[call_sid]
  if (!call || version.state !== 'applied' || version.version < call.context_version) return next
  return { ...next, calls: { ...next.calls, [call_sid]: { ...call, context_version: version.version } } }
}

// Versions are kept of calls whose versions were read: a list with holes would look complete.
function withVersion(state: ConsoleState, call_sid: string, version: ContextVersion): ConsoleState {
  const known = state.versions[call_sid]
  if (!known) return state
  return { ...state, versions: { ...state.versions, [call_sid]: mergeVersion(known, version) } }
}

/** Versions newest first, the given one in its place. @source contract/context.ts */
export function mergeVersion(known: readonly ContextVersion[], version: ContextVersion): ContextVersion[] {
  return [version, ...known.filter((other) => other.version !== version.version)].sort(
    (a, b) => b.version - a.version,
  )
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record
  const { [key]: _gone, ...rest } = record
  return rest
}
