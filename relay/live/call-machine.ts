// What a live call does next. Pure: state and event in, state and effects out; `live-call.ts` performs the effects.
// The state is plain JSON. Rules with ids stand in SPEC.md; the table below has a cell for every state and event.
//
//             stream_opened + session_ready
//   opening ─────────────────────────────────▶ talking ──end_call, time is up, model lost──▶ leaving ──said──▶ ended
//      │            (greets once)                 ▲                                             │
//      │                                          └────── the caller speaks into a farewell ────┘  (once)
//      └── session_failed ▶ leaving (the caller hears a sentence)
//   any ── stream or carrier ended, supervisor hangs up ▶ ended
import type { CallStatus, Outcome } from '../../shared/contract/calls.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { unreachable } from '../platform/errors.ts'
import type { CallEffect, CallEvent } from './call-events.ts'
import {
  begunWith,
  type ContextStep,
  type ContextUpdates,
  confirm,
  NO_UPDATES,
  override,
  refuse,
  sendNewest,
  unanswered,
} from './context-updates.ts'
import type { RateLimit, ToolCall } from './live-ports.ts'
import { readToolCall } from './live-tools.ts'
import {
  ask,
  done,
  FREE_GATE,
  hold,
  type ResponseGate,
  type ResponseKind,
  started,
  tooEarly,
  withdraw,
} from './response-gate.ts'

export interface Leaving {
  readonly by: 'agent' | 'time_limit' | 'trouble'
  readonly end_reason: string
  readonly outcome: Outcome | null
  readonly summary: string | null
  /** Spoken by the carrier once we have left, when the agent cannot. */
  readonly say: string | null
  /** False while the agent still owes its goodbye. */
  readonly farewell_spoken: boolean
}

export interface CallState {
  readonly name: 'opening' | 'talking' | 'leaving' | 'ended'
  readonly stream_open: boolean
  readonly session_ready: boolean
  readonly gate: ResponseGate
  /** The agent's voice is still to be heard. */
  readonly is_playing: boolean
  /** Between the start and the stop of the caller's voice: nothing is asked for that would talk over it. */
  readonly caller_speaking: boolean
  readonly context: ContextUpdates
  readonly leaving: Leaving | null
  /** The caller spoke into a farewell once already. */
  readonly was_called_back: boolean
  /** What the agent said of the call when it ended it and was called back: its word until it ends it again. */
  readonly said: { readonly outcome: Outcome | null; readonly summary: string | null } | null
  /** The caller has said something, and no answer to it has begun. */
  readonly answer_due: boolean
  readonly failures_in_a_row: number
  /** Requests for a response that the model refused since it last began one. */
  readonly refused_in_a_row: number
  readonly time_is_up: boolean
  /** Responses in a row that called tools and made no sound, or called some that could not be used. */
  readonly silent_rounds: number
  /** The agent has a greeting of its own words, which is said in any case, and it has not been heard yet. */
  readonly owes_greeting: boolean
  /** Keys pressed that the model was not told of yet. */
  readonly digits: string
  /** The carrier ended the stream, as when a caller hangs up, and has not said yet that the call is over. */
  readonly hang_up_assumed: boolean
}

export const NEW_CALL: CallState = {
  name: 'opening',
  stream_open: false,
  session_ready: false,
  gate: FREE_GATE,
  is_playing: false,
  caller_speaking: false,
  context: NO_UPDATES,
  leaving: null,
  was_called_back: false,
  said: null,
  answer_due: false,
  failures_in_a_row: 0,
  refused_in_a_row: 0,
  time_is_up: false,
  silent_rounds: 0,
  owes_greeting: false,
  digits: '',
  hang_up_assumed: false,
}

export interface Step {
  state: CallState
  effects: CallEffect[]
}
type Handler<T extends CallEvent['type']> = (state: CallState, event: Extract<CallEvent, { type: T }>) => Step
type Table = { readonly [S in CallState['name']]: { readonly [T in CallEvent['type']]: Handler<T> } }

export const APOLOGY =
  'I am sorry, we have a technical problem and cannot go on. Please call again in a few minutes. Goodbye.'
/** To the supervisor, of an answer the model did not end. */
const STOPPED_SHORT = 'The model stopped in the middle of its answer'
/** When the agent owes its goodbye and cannot say it. */
export const GOODBYE = 'Thank you for your call. Goodbye.'

/** To the model, whose `end_call` did not end it. */
const CALLED_BACK = 'The caller speaks again, so the call goes on. When it is over, call end_call again.'
/** So often a model may call tools without a word before it is taken to be lost in them. */
const MOST_SILENT_ROUNDS = 8
/** So often in a row one that spoke is told that its tools cannot be used, and asked to go on. */
const MOST_UNUSABLE_ROUNDS = 2
/** A model that has too much to do is asked again so often, and not after longer than a caller waits. */
const MOST_RETRIES = 3
const LONGEST_RETRY_MS = 5_000

/** One event happens to a call. @source live/SPEC.md */
export function step(state: CallState, event: CallEvent): Step {
  const handler = TABLE[state.name][event.type] as (state: CallState, event: CallEvent) => Step
  return handler(state, event)
}

// ---- pieces the table is made of

const to = (state: CallState, change: Partial<CallState>, ...effects: CallEffect[]): Step => ({
  state: { ...state, ...change },
  effects,
})
const stay = (state: CallState): Step => ({ state, effects: [] })

function gated(state: CallState, { gate, create }: { gate: ResponseGate; create: ResponseKind | null }): Step {
  if (create === null) return to(state, { gate })
  return to(
    state,
    { gate },
    { type: 'create_response', kind: create, as_note: false },
    { type: 'start_timer', timer: 'response' },
  )
}

/** [L15] While the caller speaks nothing is asked for: a reply comes by itself when they stop, the rest waits for it. */
function asking(state: CallState, kind: ResponseKind): Step {
  if (!state.caller_speaking) return gated(state, ask(state.gate, kind))
  return kind === 'reply' ? stay(state) : to(state, { gate: hold(state.gate, kind) })
}

function responseStarted(state: CallState): Step {
  const { asked } = state.gate
  const { gate } = started(state.gate.state === 'free' ? withdraw(state.gate, 'reply') : state.gate)
  // It was taken back after it was asked for.
  if (state.gate.state === 'requested' && asked === null) return to(state, { gate }, { type: 'cancel_response' })
  // [L15] The caller began to speak after it was asked for: it waits until they have stopped.
  if (state.caller_speaking && asked !== null)
    return to(
      state,
      {
        gate: { ...gate, asked: null, waiting: asked === 'reply' ? gate.waiting : (gate.waiting ?? asked) },
        refused_in_a_row: 0,
      },
      { type: 'cancel_response' },
    )
  return to(
    state,
    { gate, refused_in_a_row: 0, answer_due: false },
    { type: 'start_timer', timer: 'response' },
    // The goodbye has begun: it gets its time from now on.
    ...(state.name === 'leaving' && asked === 'farewell' ? [{ type: 'start_timer', timer: 'farewell' } as const] : []),
  )
}

/** The response is over: what waits is asked for, or nothing is due any more. */
function freed(state: CallState): Step {
  // [L1] Whatever took its place.
  const first = state.owes_greeting && state.name === 'talking' ? 'greeting' : null
  const waiting = state.gate.waiting ?? first
  // [L15] Not over the caller: it waits until they have stopped.
  if (state.caller_speaking && waiting !== null)
    return to(state, { gate: hold(FREE_GATE, waiting) }, { type: 'stop_timer', timer: 'response' })
  const step = gated(state, done(state.gate, first))
  if (step.effects.length > 0) return step
  return { ...step, effects: [{ type: state.answer_due ? 'start_timer' : 'stop_timer', timer: 'response' }] }
}

const speechStopped = (state: CallState): Step =>
  to(
    state,
    { caller_speaking: false, answer_due: true },
    ...(state.gate.state === 'free' ? [{ type: 'start_timer', timer: 'response' } as const] : []),
  )

function then(first: Step, next: (state: CallState) => Step): Step {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

function finish(
  state: CallState,
  end: {
    status?: CallStatus
    end_reason: string
    failed?: boolean
    outcome?: Outcome | null
    by_supervisor?: boolean
    summary?: string | null
  },
): Step {
  return to(
    state,
    { name: 'ended', is_playing: false },
    {
      type: 'finish',
      status: end.status ?? 'completed',
      end_reason: end.end_reason,
      failed: end.failed ?? state.leaving?.by === 'trouble',
      outcome: end.outcome ?? (state.leaving ?? state.said)?.outcome ?? null,
      by_supervisor: end.by_supervisor ?? false,
      summary: end.summary ?? (state.leaving ?? state.said)?.summary ?? null,
    },
  )
}

/** [L1] Both sides are there: the agent greets, once. */
function begin(state: CallState): Step {
  const talking = to(
    state,
    { name: 'talking' },
    { type: 'stop_timer', timer: 'session' },
    { type: 'stop_timer', timer: 'stream' },
  )
  return then(then(then(talking, sendNewestContext), tellDigits), (next) =>
    next.time_is_up ? timeIsUp(next) : asking(next, 'greeting'),
  )
}

const keepDigit = (state: CallState, { digit }: Extract<CallEvent, { type: 'digit_pressed' }>): Step =>
  to(state, { digits: state.digits + digit })

const tellDigits = (state: CallState): Step =>
  state.digits === ''
    ? stay(state)
    : to(state, { digits: '' }, { type: 'add_note', text: `The caller pressed ${state.digits} on the keypad.` })

/** [L17] All keys of one entry are answered together. */
function answerDigits(state: CallState): Step {
  const told = tellDigits(state)
  // What waits is made with the note, too.
  return told.effects.length === 0 || state.gate.waiting !== null ? told : then(told, (next) => asking(next, 'reply'))
}

function digitPressed(state: CallState, event: Extract<CallEvent, { type: 'digit_pressed' }>): Step {
  const kept = keepDigit(state, event)
  if (event.digit === '#')
    return then(then(kept, answerDigits), (next) => to(next, {}, { type: 'stop_timer', timer: 'digits' }))
  return then(kept, (next) => to(next, {}, { type: 'start_timer', timer: 'digits' }))
}

const sendNewestContext = (state: CallState): Step => updated(state, sendNewest(state.context, state.session_ready))

/** [L8] What becomes of the context, and what is then due. */
function updated(state: CallState, { context, effects, speak }: ContextStep): Step {
  const next = to(state, { context }, ...effects)
  return speak && state.name === 'talking' ? then(next, (now) => asking(now, 'override')) : next
}

const overrideContext = (state: CallState, event: Extract<CallEvent, { type: 'context_overridden' }>): Step =>
  updated(state, override(state.context, event, state.session_ready))

const confirmContext = (state: CallState, { version }: Extract<CallEvent, { type: 'instructions_confirmed' }>): Step =>
  updated(state, confirm(state.context, version, state.session_ready))

const refuseContext = (
  state: CallState,
  { version, reason }: Extract<CallEvent, { type: 'instructions_refused' }>,
): Step => updated(state, refuse(state.context, version, reason, state.session_ready))

const instructionsLate = (state: CallState): Step => updated(state, unanswered(state.context, state.session_ready))

/** [L6] The model cannot go on: the caller hears a sentence, the record says why. */
function giveUp(state: CallState, end_reason: string): Step {
  const leaving: Leaving = {
    by: 'trouble',
    end_reason,
    outcome: null,
    summary: null,
    say: APOLOGY,
    farewell_spoken: true,
  }
  const next = to(
    state,
    { name: 'leaving', leaving, session_ready: false, gate: FREE_GATE },
    { type: 'report_trouble', text: end_reason },
    { type: 'stop_timer', timer: 'session' },
  )
  return then(next, hearOut)
}

/** What the carrier has is heard to its end, however the model fares. */
function hearOut(state: CallState): Step {
  if (!state.is_playing || !state.stream_open) return leaveWhenSaid(state)
  return to(state, {}, { type: 'stop_timer', timer: 'response' }, { type: 'start_timer', timer: 'farewell' })
}

function leave(state: CallState): Step {
  const { leaving } = state
  const gone = to(state, {}, { type: 'leave', say: leaving?.say ?? null })
  return then(gone, (next) => finish(next, { end_reason: leaving?.end_reason ?? 'The call ended.' }))
}

/** [L9] The agent cannot say its goodbye: the carrier says one. */
function leaveUnsaid(state: CallState): Step {
  const isBeingSaid = state.is_playing && state.gate.state === 'active' && state.gate.asked === 'farewell'
  const isOwed = state.leaving !== null && !state.leaving.farewell_spoken && !isBeingSaid
  const leaving = isOwed && state.leaving ? { ...state.leaving, say: GOODBYE } : state.leaving
  const next = { ...state, leaving, is_playing: false, gate: FREE_GATE }
  return next.stream_open ? leave(next) : stay(next)
}

/** The model is gone while the line closes: a goodbye that the carrier has is heard. */
const modelGone = (state: CallState): Step =>
  state.leaving?.farewell_spoken && state.gate.state === 'free'
    ? hearOut({ ...state, session_ready: false })
    : leaveUnsaid(state)

/** Leaves once the goodbye has been heard. */
function leaveWhenSaid(state: CallState): Step {
  const isSaid = state.leaving?.farewell_spoken && state.gate.state === 'free' && !state.is_playing
  return isSaid && state.stream_open ? leave(state) : stay(state)
}

/** [L9] The agent says goodbye in its own words before the line closes. */
function sayFarewell(
  state: CallState,
  leaving: Omit<Leaving, 'farewell_spoken' | 'say'>,
  alreadySpoken: boolean,
): Step {
  // Nothing is said after a goodbye.
  const gate = alreadySpoken ? { ...state.gate, waiting: null } : state.gate
  const next = to(
    state,
    { name: 'leaving', gate, owes_greeting: false, leaving: { ...leaving, say: null, farewell_spoken: alreadySpoken } },
    { type: 'start_timer', timer: 'farewell' },
  )
  return alreadySpoken ? then(next, leaveWhenSaid) : then(next, (now) => asking(now, 'farewell'))
}

const isAgentBusy = ({ is_playing, gate }: CallState): boolean => is_playing || gate.state === 'active'

/** [L9] What is still to be heard may last for minutes: the goodbye does not wait behind it. */
function timeIsUp(state: CallState): Step {
  const silenced = to(
    state,
    { is_playing: false, time_is_up: true },
    ...(isAgentBusy(state) ? [{ type: 'interrupt_playback', by: 'time_limit' } as const] : []),
  )
  return then(silenced, (next) =>
    sayFarewell(
      next,
      { by: 'time_limit', end_reason: 'The call reached its maximum duration.', outcome: null, summary: null },
      false,
    ),
  )
}

/** [L2] Silence first. An answer is due again when the caller has stopped. */
function cutIn(state: CallState): Step {
  return to(
    state,
    { is_playing: false, caller_speaking: true },
    ...(isAgentBusy(state) ? [{ type: 'interrupt_playback', by: 'caller' } as const] : []),
    ...(state.gate.state === 'free' ? [{ type: 'stop_timer', timer: 'response' } as const] : []),
  )
}

function callBack(state: CallState): Step {
  const isHeardOut = state.leaving?.by === 'agent' && !state.was_called_back && !state.time_is_up
  if (!isHeardOut) return to(state, { caller_speaking: true })
  return then(
    then(cutIn(state), (next) =>
      to(
        next,
        {
          name: 'talking',
          leaving: null,
          said: state.leaving,
          was_called_back: true,
          gate: withdraw(next.gate, 'farewell'),
        },
        { type: 'stop_timer', timer: 'farewell' },
        { type: 'add_note', text: CALLED_BACK },
      ),
    ),
    tellDigits,
  )
}

/** [L10] The model was faster; or [L16] it refused: the same is asked in another form, a second refusal is the end. */
function requestRefused(state: CallState, event: Extract<CallEvent, { type: 'request_refused' }>): Step {
  const { gate } = state
  if (gate.asked === null) return stay(state)
  if (event.code === 'conversation_already_has_active_response')
    // Ours runs already, so it is about the model's own.
    return gate.state === 'active' && !event.is_ours ? stay(state) : gated(state, tooEarly(gate))
  if (gate.state !== 'requested') return stay(state)
  if (event.limit !== null && state.name === 'talking') return askLater(state, gate.asked, event.limit, event.reason)
  if (state.refused_in_a_row > 0) {
    const reason = `The model refused to answer: ${event.reason}`
    return state.name === 'leaving' ? leaveUnsaid(state) : giveUp(state, reason)
  }
  return to(
    state,
    { refused_in_a_row: 1 },
    { type: 'report_trouble', text: `The model refused a request: ${event.reason}` },
    { type: 'create_response', kind: gate.asked, as_note: true },
    { type: 'start_timer', timer: 'response' },
  )
}

/** [L16] An answer is due and the model says nothing. */
function modelIsSilent(state: CallState): Step {
  const { gate } = state
  if (gate.state === 'free' && gate.waiting !== null)
    return gated({ ...state, caller_speaking: false }, ask(FREE_GATE, gate.waiting))
  if (gate.state === 'free' && state.answer_due && state.name === 'talking')
    return gated({ ...state, answer_due: false }, ask(FREE_GATE, 'reply'))
  return state.name === 'leaving' ? leaveUnsaid(state) : giveUp(state, 'The model went silent.')
}

const hangUp = (state: CallState, event: Extract<CallEvent, { type: 'hang_up_commanded' }>): Step =>
  then(to(state, {}, { type: 'interrupt_playback', by: 'supervisor' }, { type: 'leave', say: event.say }), (next) =>
    finish(next, { end_reason: `${event.by} ended the call.`, outcome: event.outcome, by_supervisor: true }),
  )

function endWithStream(state: CallState, event: Extract<CallEvent, { type: 'stream_ended' }>): Step {
  const gone = { ...state, stream_open: false }
  if (event.how === 'lost' && state.leaving === null)
    return endWithoutStream(gone, 'completed', event.reason ?? 'The media stream was lost.')
  if (state.leaving !== null) return finish(gone, { end_reason: state.leaving.end_reason })
  return finish({ ...gone, hang_up_assumed: true }, { end_reason: 'The caller hung up.' })
}

/** [L6] The stream was ended by something else than the caller, who is still there. */
const callGoesOn = (state: CallState, { reason }: Extract<CallEvent, { type: 'stream_failed' }>): Step =>
  state.hang_up_assumed
    ? to(
        state,
        { hang_up_assumed: false },
        { type: 'leave', say: APOLOGY },
        { type: 'correct_end', end_reason: reason, failed: true },
      )
    : stay(state)

/** [L6] The caller may still be there, and can be reached through the carrier only. */
const endWithoutStream = (state: CallState, status: CallStatus, end_reason: string): Step =>
  then(to(state, {}, { type: 'leave', say: APOLOGY }), (next) =>
    finish(next, { status, end_reason: next.leaving?.end_reason ?? end_reason, failed: true }),
  )

const streamFailed = (state: CallState, event: Extract<CallEvent, { type: 'stream_failed' }>): Step =>
  state.stream_open ? stay(state) : endWithoutStream(state, 'failed', event.reason)

const endWithCarrier = (state: CallState, event: Extract<CallEvent, { type: 'carrier_ended' }>): Step =>
  then(to(state, {}, { type: 'leave', say: null }), (next) =>
    finish(next, {
      status: event.status,
      end_reason:
        next.leaving?.end_reason ??
        (next.name === 'opening' ? 'The caller hung up before the agent answered.' : 'The caller hung up.'),
    }),
  )

// ---- tools

function takeToolCalls(state: CallState, event: Extract<CallEvent, { type: 'response_done' }>): Step {
  const isEnd = ({ name }: ToolCall): boolean => name === 'end_call'
  const { tool_calls } = event
  const spoke = event.spoke && !event.was_cut
  // [L11] All are answered before anything is asked for; what ends the call comes last.
  const calls = [...tool_calls.filter((call) => !isEnd(call)), ...tool_calls.filter(isEnd)]
  const answered = calls.reduce(
    (so_far, call) => then(so_far, (next) => takeToolCall(next, call, spoke, event.was_cut)),
    stay(state),
  )
  const isUnusable = hasUnusable(calls) && state.silent_rounds <= MOST_UNUSABLE_ROUNDS
  const isReplyDue = calls.length > 0 && (!spoke || isUnusable) && answered.state.name === 'talking'
  // What waits is made with their answers, too.
  const isOther = answered.state.gate.waiting !== null || answered.state.owes_greeting
  return isReplyDue && !isOther ? then(answered, (next) => asking(next, 'reply')) : answered
}

function takeToolCall(state: CallState, call: ToolCall, spoke: boolean, was_cut: boolean): Step {
  const wish = readToolCall(call)
  const answer = (output: JsonObject, failed = false): CallEffect => ({
    type: 'answer_tool',
    call,
    output: JSON.stringify(output),
    failed,
  })
  switch (wish.type) {
    case 'end_call': {
      const { outcome, summary } = wish
      const isCutIn = (was_cut || state.caller_speaking) && !state.was_called_back && !state.time_is_up
      // [L9] The caller was faster than the goodbye.
      if (isCutIn && state.name === 'talking')
        return to(
          state,
          { said: { outcome, summary }, was_called_back: true },
          answer({ ok: false, note: CALLED_BACK }),
        )
      const answered = to(state, {}, answer({ ok: true }))
      if (state.name === 'leaving') return answered
      return then(answered, (next) =>
        sayFarewell(next, { by: 'agent', end_reason: 'The agent ended the call.', outcome, summary }, spoke),
      )
    }
    case 'escalate':
      return to(
        state,
        {},
        { ...wish, type: 'raise_escalation' },
        answer({ ok: true, note: 'A supervisor has been told. Stay with the caller.' }),
      )
    case 'problem':
      return to(state, {}, answer({ ok: false, error: wish.text }, true))
    default:
      return unreachable(wish)
  }
}

const hasUnusable = (calls: readonly ToolCall[]): boolean => calls.some((call) => readToolCall(call).type === 'problem')

/** Why a response is of no use to the caller; null when it is, or when it was not to be heard. */
function whyUseless(event: Extract<CallEvent, { type: 'response_done' }>): string | null {
  if (event.status === 'failed') return event.reason ?? 'The model failed to answer.'
  if (event.spoke || event.was_cut || event.status === 'cancelled') return null
  // [L12] Calls of a response that is not complete do not count.
  if (event.status === 'completed' && event.tool_calls.length > 0) return null
  return `The model answered without a sound${event.reason ? `: ${event.reason}` : ''}.`
}

/** [L7] A response that failed or made no sound is asked for once more; the second in a row ends the call politely. */
function finishResponse(state: CallState, event: Extract<CallEvent, { type: 'response_done' }>): Step {
  const reason = whyUseless(event) ?? whyEndless(state, event)
  if (reason !== null) return tryOnceMore(state, event, reason)
  const heard = { ...state, ...countsOf(state, event), gate: whatWaits(state, event) }
  if (event.status === 'incomplete' && event.spoke)
    return then(
      to(heard, {}, { type: 'report_trouble', text: `${STOPPED_SHORT}: ${event.reason ?? 'unknown'}.` }),
      freed,
    )
  if (event.status !== 'completed')
    return freed({ ...heard, answer_due: heard.answer_due || isAnswerLost(state, event) })
  return then(then(takeToolCalls(heard, event), freed), (next) =>
    next.name === 'leaving' ? leaveWhenSaid(next) : stay(next),
  )
}

/** What the agent said of the call while the caller hung up still counts. */
function lastWord(state: CallState, event: Extract<CallEvent, { type: 'response_done' }>): Step {
  if (event.status !== 'completed') return stay(state)
  const effects = event.tool_calls.flatMap((call): CallEffect[] => {
    const wish = readToolCall(call)
    if (wish.type === 'escalate') return [{ ...wish, type: 'raise_escalation' }]
    return wish.type === 'end_call' ? [{ type: 'amend_end', outcome: wish.outcome, summary: wish.summary }] : []
  })
  return to(state, {}, ...effects)
}

function tryOnceMore(state: CallState, event: Extract<CallEvent, { type: 'response_done' }>, reason: string): Step {
  const { asked } = state.gate
  const again = asked === null || isGreeting(state, event) ? 'reply' : asked
  const failing = { ...state, owes_greeting: owesGreetingAfter(state, event) }
  if (event.limit !== null) return askLater(failing, again, event.limit, reason)
  const next = freed(failing)
  if (state.failures_in_a_row >= 1 || whyUseless(event) === null) return then(next, (now) => giveUp(now, reason))
  const failed = to(next.state, { failures_in_a_row: 1 }, ...next.effects, { type: 'report_trouble', text: reason })
  // What waited is being asked for already.
  if (next.state.gate.state !== 'free' || next.state.gate.waiting !== null) return failed
  return then(failed, (now) => asking(now, again))
}

/** [L7] The model has too much to do just now: it is left alone as long as it says, and then asked for what is due. */
function askLater(state: CallState, kind: ResponseKind, limit: RateLimit, reason: string): Step {
  const { again_after_ms } = limit
  if (state.failures_in_a_row >= MOST_RETRIES || (again_after_ms ?? 0) > LONGEST_RETRY_MS) return giveUp(state, reason)
  return to(
    state,
    { failures_in_a_row: state.failures_in_a_row + 1, gate: hold(FREE_GATE, state.gate.waiting ?? kind) },
    { type: 'report_trouble', text: reason },
    { type: 'stop_timer', timer: 'response' },
    { type: 'start_timer', timer: 'retry', ...(again_after_ms === null ? {} : { after_ms: again_after_ms }) },
  )
}

/** What the caller said meanwhile is answered by the model itself, and what waits comes after it. */
const retry = (state: CallState): Step =>
  state.gate.state === 'free' && state.gate.waiting !== null && !state.caller_speaking
    ? gated(state, ask(FREE_GATE, state.gate.waiting))
    : stay(state)

/** One that calls tools for ever says nothing either. */
const whyEndless = (state: CallState, event: Extract<CallEvent, { type: 'response_done' }>): string | null =>
  !event.spoke && event.tool_calls.length > 0 && state.silent_rounds >= MOST_SILENT_ROUNDS
    ? 'The model called tools again and again and said nothing.'
    : null

/** "In a row" ends with an answer that was heard, also in part. */
function countsOf(state: CallState, event: Extract<CallEvent, { type: 'response_done' }>) {
  const { spoke, tool_calls, status } = event
  return {
    failures_in_a_row: spoke || status === 'completed' ? 0 : state.failures_in_a_row,
    silent_rounds: spoke && !hasUnusable(tool_calls) ? 0 : state.silent_rounds + (tool_calls.length > 0 ? 1 : 0),
    owes_greeting: owesGreetingAfter(state, event),
  }
}

/** Half a greeting is one. */
const isGreeting = ({ gate }: CallState, { spoke }: { spoke: boolean }): boolean => spoke && gate.asked === 'greeting'

const owesGreetingAfter = (state: CallState, response: { spoke: boolean }): boolean =>
  state.owes_greeting && !isGreeting(state, response)

/**
 * After a response. The caller spoke first and was answered: that was the greeting, unless the agent has words of its own
 * for one. What a supervisor wants said now waits again when the caller cut it before its first sound.
 */
function whatWaits(
  { gate, owes_greeting }: CallState,
  event: Extract<CallEvent, { type: 'response_done' }>,
): ResponseGate {
  const { spoke, status } = event
  if (spoke && !owes_greeting && gate.waiting === 'greeting') return withdraw(gate, 'greeting')
  if (!spoke && status === 'cancelled' && gate.asked === 'override')
    return { ...gate, waiting: gate.waiting ?? 'override' }
  return gate
}

/** Cancelled before its first sound, and by no one who speaks. */
const isAnswerLost = (state: CallState, { status, spoke, was_cut }: Extract<CallEvent, { type: 'response_done' }>) =>
  status === 'cancelled' && !spoke && !was_cut && !state.caller_speaking

// ---- the table

const TABLE: Table = {
  opening: {
    stream_opened: (state) =>
      then(
        to(
          state,
          { stream_open: true },
          { type: 'stop_timer', timer: 'stream' },
          { type: 'start_timer', timer: 'time_limit' },
        ),
        (next) => (next.session_ready ? begin(next) : stay(next)),
      ),
    stream_ended: endWithStream,
    stream_failed: streamFailed,
    carrier_ended: endWithCarrier,
    session_ready: (state, { version }) => {
      const begun = updated({ ...state, session_ready: true }, begunWith(state.context, version))
      return then(
        then(begun, (next) => to(next, {}, { type: 'stop_timer', timer: 'session' })),
        (next) => (next.stream_open ? begin(next) : stay(next)),
      )
    },
    session_failed: (state, { reason }) => giveUp(state, reason),
    session_lost: (state, { reason }) => giveUp(state, reason),
    speech_started: stay,
    speech_stopped: stay,
    response_started: (state) => gated(state, started(state.gate)),
    response_done: (state) => gated(state, done(state.gate)),
    request_refused: stay,
    audio_started: (state) => to(state, { is_playing: true }),
    playback_idle: (state) => to(state, { is_playing: false }),
    context_overridden: overrideContext,
    instructions_confirmed: confirmContext,
    instructions_refused: refuseContext,
    hang_up_commanded: hangUp,
    digit_pressed: keepDigit,
    timer_rang: (state, { timer }) => {
      if (timer === 'session') return giveUp(state, 'The model did not answer in time.')
      if (timer === 'stream')
        return then(to(state, {}, { type: 'leave', say: null }), (next) =>
          finish(next, { status: 'failed', end_reason: 'The media stream never came.', failed: true }),
        )
      if (timer === 'time_limit') return to(state, { time_is_up: true })
      return timer === 'instructions' ? instructionsLate(state) : stay(state)
    },
  },
  talking: {
    stream_opened: stay,
    stream_ended: endWithStream,
    stream_failed: streamFailed,
    carrier_ended: endWithCarrier,
    session_ready: stay,
    session_failed: (state, { reason }) => giveUp(state, reason),
    session_lost: (state, { reason }) => giveUp(state, reason),
    speech_started: cutIn,
    speech_stopped: speechStopped,
    response_started: responseStarted,
    response_done: finishResponse,
    request_refused: requestRefused,
    audio_started: (state) => to(state, { is_playing: true }),
    playback_idle: (state) => to(state, { is_playing: false }),
    context_overridden: overrideContext,
    instructions_confirmed: confirmContext,
    instructions_refused: refuseContext,
    hang_up_commanded: hangUp,
    digit_pressed: digitPressed,
    timer_rang: (state, { timer }) => {
      if (timer === 'time_limit') return timeIsUp(state)
      if (timer === 'digits') return answerDigits(state)
      if (timer === 'response') return modelIsSilent(state)
      if (timer === 'retry') return retry(state)
      return timer === 'instructions' ? instructionsLate(state) : stay(state)
    },
  },
  leaving: {
    stream_opened: (state) =>
      then(to(state, { stream_open: true }, { type: 'stop_timer', timer: 'stream' }), leaveWhenSaid),
    stream_ended: endWithStream,
    stream_failed: streamFailed,
    carrier_ended: endWithCarrier,
    session_ready: stay,
    session_failed: modelGone,
    session_lost: modelGone,
    speech_started: callBack,
    speech_stopped: speechStopped,
    response_started: responseStarted,
    response_done: (state, event) => {
      const wasFarewell = state.gate.asked === 'farewell'
      // [L15] The caller cut it before its first sound, and is not to be hung up on: it waits until they have stopped.
      if (wasFarewell && event.status === 'cancelled' && !event.spoke && state.caller_speaking)
        return freed({ ...state, gate: { ...state.gate, waiting: 'farewell' } })
      // [L9] A goodbye that made no sound: the carrier says one.
      const isOwed = wasFarewell && !event.spoke && state.leaving?.farewell_spoken === false
      const leaving = state.leaving && {
        ...state.leaving,
        farewell_spoken: state.leaving.farewell_spoken || wasFarewell,
        say: isOwed ? GOODBYE : state.leaving.say,
      }
      const next = { ...state, leaving }
      return then(event.status === 'completed' ? then(takeToolCalls(next, event), freed) : freed(next), leaveWhenSaid)
    },
    request_refused: requestRefused,
    audio_started: (state) => to(state, { is_playing: true }),
    playback_idle: (state) => leaveWhenSaid({ ...state, is_playing: false }),
    context_overridden: overrideContext,
    instructions_confirmed: confirmContext,
    instructions_refused: refuseContext,
    hang_up_commanded: hangUp,
    digit_pressed: stay,
    timer_rang: (state, { timer }) => {
      if (timer === 'farewell' && state.stream_open) return leaveUnsaid(state)
      if (timer === 'response') return modelIsSilent(state)
      if (timer === 'time_limit') return to(state, { time_is_up: true })
      if (timer === 'instructions') return instructionsLate(state)
      if (timer === 'stream' && !state.stream_open)
        return then(to(state, {}, { type: 'leave', say: null }), (next) =>
          finish(next, {
            status: 'failed',
            end_reason: next.leaving?.end_reason ?? 'The media stream never came.',
            failed: true,
          }),
        )
      return stay(state)
    },
  },
  ended: {
    stream_opened: (state) => to(state, { stream_open: true }, { type: 'leave', say: null }),
    stream_ended: stay,
    stream_failed: callGoesOn,
    carrier_ended: (state) => to(state, { hang_up_assumed: false }),
    session_ready: stay,
    session_failed: stay,
    session_lost: stay,
    speech_started: stay,
    speech_stopped: stay,
    // Nobody is there to hear it.
    response_started: (state) => to(state, {}, { type: 'cancel_response' }),
    response_done: lastWord,
    request_refused: stay,
    audio_started: stay,
    playback_idle: stay,
    context_overridden: (state, { version }) =>
      to(state, {}, { type: 'context_refused', version, reason: 'The call had ended.' }),
    instructions_confirmed: stay,
    instructions_refused: stay,
    hang_up_commanded: stay,
    digit_pressed: stay,
    timer_rang: stay,
  },
}
