// One call in progress: the road of its audio, and the hands of its machine. Walk (i) runs through `onAudio` and
// `onAgentAudio`: no await, store, log line, event or decoding there. Everything else becomes an event of
// `call-machine.ts`, whose effects `#perform` carries out in one switch.

import type { Voice } from '../../shared/contract/agents.ts'
import type { Outcome, Quality } from '../../shared/contract/calls.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import type { CallFact, CallRecord } from '../calls/call-facts.ts'
import { escalationRules } from '../calls/escalation.ts'
import type { PriceTable } from '../calls/prices.ts'
import type { TurnRecord } from '../calls/transcript.ts'
import { unreachable } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { CallRef, Clock, Person, TapListener } from '../platform/ports.ts'
import type { AudioMeters } from './audio-meters.ts'
import { AudioTap } from './audio-tap.ts'
import { CallEnding } from './call-ending.ts'
import {
  type CallEffect,
  type CallEvent,
  type Ending,
  type Interrupter,
  TIMER_MS,
  type TimerName,
} from './call-events.ts'
import { CallLedger } from './call-ledger.ts'
import { APOLOGY, type CallState, NEW_CALL, step } from './call-machine.ts'
import { CallQuality, type FrameTotals } from './call-quality.ts'
import { CallTimers } from './call-timers.ts'
import { CallWords, type Moment } from './call-words.ts'
import { HeldAudio } from './held-audio.ts'
import { type AnsweringAgent, LiveContext } from './live-context.ts'
import type {
  MediaStream,
  MediaStreamListener,
  OpenRealtimeSession,
  RealtimeEvent,
  RealtimeListener,
  RealtimeSession,
} from './live-ports.ts'
import { LIVE_TOOLS } from './live-tools.ts'
import { type LiveStateRecord, LiveView } from './live-view.ts'
import type { LoopPressure } from './loop-pressure.ts'
import { Playback, pcmuDurationMs } from './playback.ts'

export interface CallSetup {
  record: CallRecord
  agent: AnsweringAgent
}

/** Who hears of a call. The facts are on disk before they are told. */
export interface CallObserver {
  updated(call: LiveCall): void
  turn(call: LiveCall, turn: TurnRecord): void
  attention(call: LiveCall): void
  escalated(call: LiveCall, evidence: string): void
  contextChanged(call: LiveCall, version: number): void
  ended(call: LiveCall): void
}

export interface LiveCallDeps {
  openRealtimeSession: OpenRealtimeSession
  /** The model's voices for a stored one, in the order they are tried. */
  realtimeVoices: (requested: Voice) => string[]
  hangUpAtCarrier: (call: CallRef) => void
  /** Keeps what the carrier is to say, where it finds it whichever relay it asks; null when it only hangs up. */
  keepFarewell: (call_sid: string, say: string | null) => void
  observer: CallObserver
  prices: PriceTable
  /** How many frames go to the model at once. */
  pressure: Pick<LoopPressure, 'frames_per_append'>
  /** Of all calls of the process. */
  meters: AudioMeters
  clock: Clock
  log: Logger
}

/** A realtime session ends by itself after an hour, or when it says. Source: protocols D.13. */
const LONGEST_CALL_SECONDS = 55 * 60
/** Before that a goodbye is asked for and heard. */
const GOODBYE_SECONDS = 60
/** A goodbye waits for a long answer that is still being heard, but not for ever. */
const FAREWELL_WAITS = 3
/** A complaint of the carrier's older than this is not about what happens now. */
const COMPLAINT_MS = 10_000
/** Marks come back every few hundred milliseconds at most while a caller hears something. */
const STILL_HEARD_MS = 2_000
/** What a caller was saying when the line closed ends in silence, so that the model writes it down. µ-law, 800 ms. */
const SILENCE = Buffer.alloc(6_400, 0xff).toString('base64')

const RAN_AWAY = 'The model spoke more than ten minutes ahead of what the caller could hear.'
const CALL_WENT_ON = 'The carrier ended the media stream while the call went on.'
/** Of a stream that the carrier ended, where neither its status nor its question how to go on came in time. */
const NOT_SAID_TO_BE_OVER = 'The carrier ended the media stream and did not say that the call is over.'

/** A supervisor's word stands, and an earlier one of the agent's. */
const worded = (end: Ending, { outcome, summary }: Pick<Ending, 'outcome' | 'summary'>) => ({
  outcome: end.by_supervisor ? end.outcome : (end.outcome ?? outcome),
  summary: end.summary ?? summary,
})
type Raised = Parameters<LiveView['raise']>[0]
/** Of what nobody said. */
const UNSAID = { speaker: null, words: [] }

export class LiveCall implements MediaStreamListener, RealtimeListener {
  readonly #deps: LiveCallDeps
  readonly #record: (fact: CallFact) => Promise<void>
  readonly agent: AnsweringAgent
  readonly #ledger: CallLedger
  readonly #session: RealtimeSession
  readonly #view: LiveView
  readonly #words: CallWords
  readonly #playback = new Playback()
  readonly #held = new HeldAudio()
  readonly #quality: CallQuality
  readonly #ending: CallEnding
  readonly #tap = new AudioTap()
  readonly #timers: CallTimers
  readonly #context: LiveContext
  #state: CallState
  /** How it ended, while its record waits for the last words. */
  #end: Ending | null = null
  #stream: MediaStream | null = null
  #streamStartedMs = 0
  #isSessionReady = false
  #isModelLost = false
  /** The carrier wants to know how to go on with a call that is not over. */
  #isAskedToGoOn = false
  #sessionExpiresAt: Date | null = null
  /** When the model said anything last, on the monotonic clock. */
  #modelSpokeMs = 0
  #responseSpoke = false
  #responseId: string | null = null
  /** The message that asked for a response: a refusal names it. */
  #requestId: string | null = null
  #usedVersion = 0
  /** The context the running response was made with. */
  #responseVersion = 0
  #lineSaid = false
  #farewellWaits = 0
  /** What the carrier said of the stream, and when. */
  #streamError: { reason: string; at_ms: number } | null = null
  readonly #doneResponses = new Set<string>()
  #isBroken = false

  /**
   * @param deps the same for all calls
   * @param record puts a fact of this call on disk
   */
  constructor(setup: CallSetup, deps: LiveCallDeps, record: (fact: CallFact) => Promise<void>) {
    this.#deps = deps
    this.#record = record
    this.agent = setup.agent
    this.#state = { ...NEW_CALL, owes_greeting: setup.agent.greeting_message !== null }
    this.#ledger = new CallLedger(setup.record, deps.prices)
    this.#context = new LiveContext(setup.agent, setup.record)
    this.#quality = new CallQuality(deps.meters)
    this.#ending = new CallEnding(deps.clock, () => deps.hangUpAtCarrier(this))
    this.#timers = new CallTimers(deps.clock, (timer) => this.#rang(timer))
    this.#view = new LiveView(deps.clock.now())
    this.#words = new CallWords({
      view: this.#view,
      clock: deps.clock,
      lay: (fact, told) => this.#lay(fact, told),
      tell: (turn) => deps.observer.turn(this, turn),
    })
    this.#view.enter('connecting', deps.clock.now())
    this.#session = deps.openRealtimeSession(() => this.#sessionSettings(), this)
    this.#startTimer('stream')
    this.#startTimer('session')
  }

  get call_sid(): string {
    return this.record.call_sid
  }
  get tenant_id(): string {
    return this.record.tenant_id
  }
  get agent_id(): string {
    return this.agent.id
  }
  get hasEnded(): boolean {
    return this.#state.name === 'ended'
  }
  get hasStream(): boolean {
    return this.#stream !== null
  }
  /** We have left, and the carrier has neither asked how to go on nor said that the call is over. */
  get isCarrierDue(): boolean {
    return this.#ending.isCarrierDue
  }
  /**
   * The carrier's stream has ended and it asks how to go on.
   * @param is_over the caller has hung up
   * @returns what it is to say before it hangs up; null when nothing
   */
  carrierAsks(is_over: boolean): string | null {
    if (!is_over) {
      this.#isAskedToGoOn = true
      this.#streamIsGone()
    }
    // Its stream is still open here: that it was lost, we hear in a moment.
    return this.#ending.farewell() ?? (this.hasEnded || is_over ? null : APOLOGY)
  }
  /** The carrier could not open or keep the stream. @param error in its words; null when it gave none */
  streamFailed(error: string | null): void {
    if (error !== null) {
      const reason = `The media stream failed: ${error}`
      this.#streamError = { reason, at_ms: this.#deps.clock.monotonic_ms() }
    }
    this.#streamIsGone()
  }
  #streamIsGone(): void {
    const opened = this.record.answered_at !== null
    const reason = this.#complaint ?? (opened ? CALL_WENT_ON : 'The media stream did not open.')
    this.#guard(() => this.#happen({ type: 'stream_failed', reason }))
    this.#settleWhenAllIsThere()
  }
  get #complaint(): string | null {
    const { reason, at_ms } = this.#streamError ?? { reason: null, at_ms: 0 }
    return this.#deps.clock.monotonic_ms() - at_ms < COMPLAINT_MS ? reason : null
  }
  /** The record as far as it is known here; the store's follows it. */
  get record(): CallRecord {
    return this.#ledger.record
  }
  get turns(): readonly TurnRecord[] {
    return this.#words.turns
  }
  get escalationTarget(): string | null {
    return escalationRules(this.#context.inForce()).target ?? null
  }

  // ---- the road of the audio

  onAudio(payload: string): boolean {
    this.#quality.frameIn()
    return this.#hearCaller(payload)
  }

  onSilence(payload: string): void {
    this.#hearCaller(payload)
  }

  /** @returns whether it has gone on at once */
  #hearCaller(payload: string): boolean {
    const { frames_per_append } = this.#deps.pressure
    const goesOn = this.#isSessionReady && this.#held.count === 0 && frames_per_append === 1
    if (goesOn) this.#session.appendAudio(payload)
    else {
      this.#held.keep(payload)
      if (this.#held.count >= frames_per_append) this.#appendHeld()
    }
    if (this.#tap.isOpen) this.#tap.hearCaller(payload, this.#nowMs())
    return goesOn
  }

  onAgentAudio(response_id: string, item_id: string, payload: string): boolean {
    const stream = this.#stream
    this.#modelSpokeMs = this.#deps.clock.monotonic_ms()
    if (stream === null || this.#playback.isDiscarded(response_id)) return false
    const now_ms = this.#nowMs()
    if (this.#playback.isTooFarAhead(now_ms)) return this.#modelRanAway()
    const duration_ms = pcmuDurationMs(payload)
    const { mark, starts_at_ms, is_first } = this.#playback.send(response_id, item_id, duration_ms, now_ms)
    stream.sendAudio(payload)
    if (mark !== null) stream.sendMark(mark)
    this.#quality.frameOut()
    if (is_first) this.#agentSounds(item_id, starts_at_ms)
    // All marks were back before the model went on: the agent is heard again. Rule L2.
    else if (!this.#state.is_playing) this.#happen({ type: 'audio_started' })
    this.#tap.hearAgent(payload, starts_at_ms, now_ms)
    return true
  }

  #modelRanAway(): false {
    this.#session.close()
    this.onEvent({ type: 'session_lost', reason: RAN_AWAY })
    return false
  }

  onDelay(ms: number): void {
    this.#quality.delay(ms)
  }

  onSign(): void {
    this.#modelSpokeMs = this.#deps.clock.monotonic_ms()
  }

  onStale(): void {
    if (this.#quality.stale())
      this.#deps.log.warn('The relay is behind: frames of a call are too old and are dropped', this.#fields())
  }

  #appendHeld(): void {
    if (!this.#isSessionReady) return
    const audio = this.#held.take()
    if (audio !== null) this.#session.appendAudio(audio)
  }

  // ---- the phone's side

  /** The media stream of this call has opened, once. */
  attach(stream: MediaStream): void {
    this.#guard(() => this.#attach(stream))
  }

  #attach(stream: MediaStream): void {
    this.#stream = stream
    this.#streamStartedMs = this.#deps.clock.monotonic_ms()
    const now = this.#deps.clock.now()
    this.#view.streamStarted(now)
    this.#lay(this.#ledger.answered(now))
    this.#happen({ type: 'stream_opened' })
  }

  onMark(name: string): void {
    for (const item of this.#playback.marked(name, this.#nowMs())) this.#words.agentHeard(item)
    const owed = this.#playback.owedMark()
    if (owed !== null) this.#stream?.sendMark(owed)
    if (this.#playback.isIdle && this.#state.is_playing) {
      this.#view.enter(this.#state.gate.state === 'active' ? 'agent_thinking' : 'silence', this.#deps.clock.now())
      this.#happen({ type: 'playback_idle' })
    }
  }

  onDigit(digit: string): void {
    this.#words.notice(`The caller pressed ${digit}.`, this.#now())
    this.#happen({ type: 'digit_pressed', digit })
  }

  onMalformed(what: string): void {
    if (this.#quality.malformed())
      this.#deps.log.warn('A message of a call was malformed and passed by', { ...this.#fields(), what })
  }

  onEnd(how: 'stopped' | 'lost'): void {
    this.#endWords()
    this.#stream = null
    if (how === 'stopped' && this.#isAskedToGoOn)
      return this.#happen({ type: 'stream_ended', how: 'lost', reason: this.#complaint ?? CALL_WENT_ON })
    this.#happen({ type: 'stream_ended', how, reason: this.#complaint })
  }

  /** The line closes: the model is given all that was heard. */
  #endWords(): void {
    this.#appendHeld()
    if (this.#isSessionReady && this.#state.caller_speaking) this.#session.appendAudio(SILENCE)
  }

  carrierEnded(status: CallRecord['status']): void {
    this.#ending.carrierEnded()
    this.#guard(() => this.#happen({ type: 'carrier_ended', status }))
    this.#settleWhenAllIsThere()
  }

  // ---- the model's side

  onEvent(event: RealtimeEvent): void {
    const now = this.#now()
    this.#modelSpokeMs = this.#deps.clock.monotonic_ms()
    switch (event.type) {
      case 'session_ready':
        this.#ledger.modelReady(event.model, event.transcription_model, {
          requested: this.agent.voice,
          used: event.voice,
        })
        this.#sessionExpiresAt = event.expires_at
        return this.#sessionReady()
      case 'session_failed':
      case 'session_lost':
        this.#isSessionReady = false
        this.#isModelLost = true
        this.#ending.settle()
        return this.#happen(event)
      case 'instructions_confirmed': {
        const version = this.#state.session_ready ? this.#context.confirmed(event.instructions) : null
        return version === null ? undefined : this.#happen({ type: 'instructions_confirmed', version })
      }
      case 'speech_started':
        // [L2] Silence first; the bookkeeping after it.
        this.#callerSpeaks(now.ms - event.audio_start_ms)
        this.#view.enter('caller_speaking', now.at)
        this.#view.voiceAt(now.ms)
        this.#words.callerStarted(event.item_id, event.audio_start_ms, now)
        return this.#deps.observer.updated(this)
      case 'speech_stopped':
        this.#view.enter('agent_thinking', now.at)
        this.#view.voiceAt(now.ms)
        this.#words.callerStopped(event.item_id, event.audio_end_ms, now)
        this.#happen({ type: 'speech_stopped' })
        return this.#deps.observer.updated(this)
      case 'caller_text':
        return this.#words.callerText(event.item_id, event.delta, now)
      case 'caller_transcribed':
        if (event.usage) this.#count(this.#ledger.countTranscription(event.item_id, event.usage, now.at))
        return this.#callerSaid(event.item_id, event.text)
      case 'caller_not_transcribed':
        this.onMalformed(`transcription failed: ${event.reason}`)
        return this.#callerSaid(event.item_id, '(not understood)')
      case 'response_started':
        this.#responseSpoke = false
        this.#responseId = event.response_id
        this.#responseVersion = this.#state.context.applied
        return this.#happen({ type: 'response_started' })
      case 'agent_text':
        if (this.#playback.isDiscarded(event.response_id)) return
        return this.#words.agentText(event.item_id, event.delta, this.#responseVersion, now)
      case 'agent_text_done':
        if (this.#playback.isDiscarded(event.response_id)) return
        return this.#words.agentWhole(event.item_id, event.text, this.#responseVersion, now)
      case 'agent_audio_done':
        return this.#agentAudioDone(event.item_id)
      case 'response_done':
        return this.#responseDone(event)
      case 'request_refused':
        return this.#refused(event)
      default:
        return unreachable(event)
    }
  }

  // ---- commands

  /** A new version of the call's context layer is stored. It takes effect at the next response. */
  overrideContext(version: number, context: JsonObject, speak_now: boolean): void {
    if (!this.#context.override(version, context)) return
    this.record.context = context
    this.record.context_version = version
    this.#happen({ type: 'context_overridden', version, speak_now })
    this.#deps.observer.updated(this)
  }

  /** @param say what the carrier says before it hangs up */
  hangUp(by: string, outcome: Outcome | null, say: string | null = null): void {
    this.#happen({ type: 'hang_up_commanded', by, outcome, say })
  }

  /** A fault of our own in the handling of this call: it ends politely, the others do not notice. */
  onBroken(error: unknown): void {
    this.#deps.log.error('A call broke inside the relay', {
      ...this.#fields(),
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    if (this.#isBroken) return
    this.#isBroken = true
    this.#guard(() => this.#happen({ type: 'session_lost', reason: 'The relay failed in the handling of this call.' }))
    // Whatever state it broke in: the line closes, and the record says so.
    if (!this.hasEnded) this.#guard(() => this.hangUp('The relay', null))
    if (!this.hasEnded) this.#guard(() => this.#stream?.close())
  }

  /** The process stops: nothing of this call may run later. */
  dispose(): void {
    this.#timers.stopAll()
    this.#ending.dispose()
    this.#session.close()
  }

  /** @returns what ends the listening */
  listen(listener: TapListener, person: Person): () => void {
    const remove = this.#tap.add(listener, this.#nowMs())
    this.#view.listen(person.id, person.name)
    this.#deps.observer.updated(this)
    return () => {
      remove()
      this.#view.unlisten(person.id)
      this.#deps.observer.updated(this)
    }
  }

  /** Once a second, by the clock that all calls share. */
  tick(): void {
    if (this.hasEnded) return
    // Frames that waited for others, which did not come.
    this.#appendHeld()
    this.#tap.tick(this.#nowMs())
    const elapsed_seconds = this.#stream ? this.#nowMs() / 1000 : 0
    const hasChanged = this.#view.tick(this.#nowMs(), this.#deps.clock.now(), {
      elapsed_seconds,
      max_call_duration: this.#longestSeconds,
    })
    if (hasChanged) this.#deps.observer.attention(this)
  }

  liveState(): LiveStateRecord {
    return this.#view.state(this.#words.turns, this.#nowMs())
  }

  /** Audio of this call so far. */
  get frames(): FrameTotals {
    return this.#quality.frames(this.#held.dropped)
  }

  quality(): Quality {
    return this.#quality.record(this.#view.replyGaps, this.#held.dropped)
  }

  // ---- the machine's hands

  #happen(event: CallEvent): void {
    const { state, effects } = step(this.#state, event)
    this.#state = state
    let fault: { error: unknown } | null = null
    for (const effect of effects) {
      // One that fails keeps none of the others from being done: the last of them may be the end of the call.
      try {
        this.#perform(effect)
      } catch (error) {
        fault ??= { error }
      }
    }
    if (fault !== null) throw fault.error
  }

  #perform(effect: CallEffect): void {
    switch (effect.type) {
      case 'create_response':
        this.#requestId = this.#ask(effect)
        return
      case 'update_instructions':
        return this.#context.sentAs(this.#session.updateInstructions(this.#context.compose(effect.version)))
      case 'context_applied':
        this.#lay({ type: 'context_applied', version: effect.version, applied_at: this.#deps.clock.now() }, () =>
          this.#deps.observer.contextChanged(this, effect.version),
        )
        return
      case 'context_refused':
        this.record.context = this.#context.refuse(effect.version)
        this.#lay(
          { type: 'context_refused', version: effect.version, reason: effect.reason, context: this.record.context },
          () => this.#deps.observer.contextChanged(this, effect.version),
        )
        return
      case 'interrupt_playback':
        return this.#interrupt(effect.by)
      case 'cancel_response':
        if (this.#responseId !== null) this.#playback.discard(this.#responseId)
        return this.#session.cancelResponse(this.#responseId)
      case 'answer_tool': {
        this.#session.answerTool(effect.call.tool_call_id, effect.output)
        const { name, arguments_json } = effect.call
        this.#words.tool(name, arguments_json, effect.output, effect.failed, this.#now())
        if (effect.failed) this.#raise({ ...UNSAID, reason: 'tool_failing', evidence: `${name} could not be used.` })
        return
      }
      case 'raise_escalation':
        return this.#escalate({
          ...UNSAID,
          reason: effect.caller_asks ? 'asked_for_a_person' : 'agent_asks_for_help',
          evidence: effect.reason,
          is_urgent: effect.is_urgent,
        })
      case 'add_note':
        return this.#session.addNote(effect.text)
      case 'report_trouble':
        this.#deps.log.warn('The model is in trouble during a call', { ...this.#fields(), reason: effect.text })
        this.#words.notice(effect.text, this.#now())
        return this.#raise({ ...UNSAID, reason: 'model_trouble', evidence: effect.text })
      case 'start_timer':
        if (effect.timer === 'farewell') this.#farewellWaits = 0
        return this.#startTimer(effect.timer, effect.after_ms)
      case 'stop_timer':
        return this.#timers.stop(effect.timer)
      case 'leave':
        return this.#leave(effect.say)
      case 'finish':
        return this.#finish(effect)
      case 'amend_end':
        if (this.#end !== null) this.#end = { ...this.#end, ...worded(this.#end, effect) }
        return
      case 'correct_end':
        if (this.#end !== null) this.#end = { ...this.#end, end_reason: effect.end_reason, failed: effect.failed }
        return
      default:
        return unreachable(effect)
    }
  }

  #interrupt(by: Interrupter): void {
    this.#stream?.clear()
    const cut = this.#playback.interrupt(this.#nowMs())
    if (cut.length > 0 && by !== 'time_limit') this.#quality.interruption()
    for (const item of cut) {
      this.#session.truncate(item.item_id, item.heard_ms)
      this.#words.agentCut(item, by === 'time_limit' ? null : by)
    }
    if (this.#responseId !== null && this.#state.gate.state === 'active') this.#playback.discard(this.#responseId)
    if (by !== 'caller' && this.#state.gate.state === 'active') this.#session.cancelResponse(this.#responseId)
    this.#tap.flush(this.#nowMs())
  }

  #leave(say: string | null): void {
    if (this.#stream !== null) this.#endWords()
    this.#isSessionReady = false
    const stream = this.#stream
    this.#stream = null
    this.#deps.keepFarewell(this.call_sid, say)
    stream?.close()
    this.#ending.leave(say, stream !== null)
  }

  #finish(end: Ending): void {
    const now = this.#now()
    this.#end = end
    this.#ending.finish(!this.#state.hang_up_assumed, () => this.#guard(() => this.#close(this.#end ?? end, now.at)))
    this.#isSessionReady = false
    this.#timers.stopAll()
    for (const item of this.#playback.interrupt(now.ms)) this.#words.agentCut(item, null)
    this.#tap.close(this.#nowMs())
    this.#view.enter('ended', now.at)
    if (this.#responseId !== null) this.#session.cancelResponse(this.#responseId)
    this.#settleWhenAllIsThere()
  }

  /** Nothing more comes of this call: what the caller said is written down, what the model used is counted. */
  #settleWhenAllIsThere(): void {
    if (this.#state.hang_up_assumed) return
    if (this.#isModelLost || (!this.#words.awaitsCaller && this.#responseId === null)) this.#ending.settle()
  }

  #close(known: Ending, ended_at: Date): void {
    const end = this.#state.hang_up_assumed ? { ...known, end_reason: NOT_SAID_TO_BE_OVER } : known
    // Its end is laid down, whatever of the call is broken.
    this.#guard(() => this.#session.close())
    this.#guard(() => this.#words.close(this.#now()))
    const caller_spoke = this.#words.hasCallerSpoken
    this.#lay(this.#ledger.settle(end, this.quality(), caller_spoke, ended_at), () => this.#deps.observer.ended(this))
  }

  // ---- smaller things

  #sessionReady(): void {
    this.#isSessionReady = true
    this.#appendHeld()
    if (this.#stream !== null) this.#startTimer('time_limit')
    this.#happen({ type: 'session_ready', version: this.#context.opened() })
  }

  #sessionSettings() {
    const instructions = this.#context.compose(this.#context.newest.version)
    return { instructions, voices: this.#deps.realtimeVoices(this.agent.voice), tools: LIVE_TOOLS }
  }

  /** @returns the id that a refusal will name */
  #ask({ kind, as_note }: Extract<CallEffect, { type: 'create_response' }>): string {
    if (!as_note) return this.#session.createResponse(this.#context.request(kind))
    const task = this.#context.task(kind)
    if (task !== null) this.#session.addNote(task)
    return this.#session.createResponse(null)
  }

  /** An error of the model's says which message it is about, or at least what it was about. */
  #refused(event: Extract<RealtimeEvent, { type: 'request_refused' }>): void {
    const version = this.#context.refusedBy(event.event_id)
    if (version !== null) return this.#happen({ type: 'instructions_refused', version, reason: event.message })
    const isAboutResponses =
      event.code === 'conversation_already_has_active_response' || (event.param ?? '').startsWith('response')
    const isOurRequest = event.event_id === null ? isAboutResponses : event.event_id === this.#requestId
    const is_ours = event.event_id !== null
    if (isOurRequest) {
      const { code, message: reason, limit } = event
      return this.#happen({ type: 'request_refused', code, reason, limit, is_ours })
    }
    this.#deps.log.warn('The model refused a message of a call', { ...this.#fields(), code: event.code })
  }

  #rang(timer: TimerName): void {
    const heard_ms = this.#state.is_playing ? this.#playback.sinceProgress(this.#nowMs()) : Number.POSITIVE_INFINITY
    const quiet_ms = Math.min(heard_ms, this.#deps.clock.monotonic_ms() - this.#modelSpokeMs)
    // A long answer is no silence, neither while it is made nor while it is heard.
    if (timer === 'response' && quiet_ms < TIMER_MS.response)
      return this.#timers.start(timer, TIMER_MS.response - quiet_ms)
    if (timer === 'farewell' && heard_ms < STILL_HEARD_MS && this.#farewellWaits++ < FAREWELL_WAITS)
      return this.#startTimer(timer)
    this.#guard(() => this.#happen({ type: 'timer_rang', timer }))
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.onBroken(error)
    }
  }

  /** @param after_ms since the caller's voice began */
  #callerSpeaks(after_ms: number): void {
    const before = this.#quality.interruptions
    this.#happen({ type: 'speech_started' })
    if (this.#quality.interruptions > before) this.#quality.interruptedAfter(after_ms)
  }

  #agentSounds(item_id: string, starts_at_ms: number): void {
    const now = this.#now()
    const version = this.#responseVersion
    this.#responseSpoke = true
    this.#quality.agentHeard(now.ms)
    this.#view.enter(this.#lineSaid ? 'agent_speaking' : 'greeting', now.at)
    this.#lineSaid = true
    const { turn, reply_gap_ms } = this.#words.agentSounds(item_id, starts_at_ms, version, now)
    if (reply_gap_ms !== null) this.#view.replyGap(reply_gap_ms)
    if (version > this.#usedVersion) {
      this.#usedVersion = version
      this.#lay({ type: 'context_used', version, turn_index: turn.turn_index }, () =>
        this.#deps.observer.contextChanged(this, version),
      )
    }
    this.#happen({ type: 'audio_started' })
    this.#deps.observer.updated(this)
  }

  #agentAudioDone(item_id: string): void {
    const item = this.#playback.complete(item_id)
    if (item) this.#words.agentHeard(item)
  }

  #responseDone(event: Extract<RealtimeEvent, { type: 'response_done' }>): void {
    if (this.#doneResponses.has(event.response_id)) return
    this.#doneResponses.add(event.response_id)
    if (event.usage) this.#count(this.#ledger.countResponse(event.response_id, event.usage, this.#deps.clock.now()))
    const was_cut = this.#playback.isDiscarded(event.response_id)
    this.#responseId = null
    for (const item of this.#playback.completeResponse(event.response_id)) this.#words.agentHeard(item)
    this.#words.agentSilent((item_id) => this.#playback.isPlaying(item_id))
    this.#happen({
      type: 'response_done',
      status: event.status,
      reason: event.reason,
      limit: event.limit,
      spoke: this.#responseSpoke,
      was_cut,
      tool_calls: event.tool_calls,
    })
    this.#settleWhenAllIsThere()
    this.#deps.observer.updated(this)
  }

  #callerSaid(item_id: string, text: string): void {
    const fired = this.#words.callerFinal(item_id, text, escalationRules(this.#context.inForce()), this.#now())
    if (fired.length > 0)
      this.#escalate({ reason: 'escalation_keyword', evidence: text.trim(), speaker: 'caller', words: fired })
    this.#settleWhenAllIsThere()
  }

  #count(usage: CallFact | null): void {
    if (usage) this.#lay(usage)
  }

  #escalate(raised: Raised): void {
    this.#ledger.escalated()
    this.#raise(raised)
    this.#deps.observer.escalated(this, raised.reason)
  }

  #raise(raised: Raised): void {
    this.#view.raise(raised, this.#deps.clock.now())
    this.#deps.observer.attention(this)
  }

  #lay(fact: CallFact, told?: () => void): void {
    this.#record(fact).then(told, (error: unknown) => {
      this.#deps.log.error('A fact of a call could not be laid down', {
        ...this.#fields(),
        fact: fact.type,
        error: String(error),
      })
      told?.()
    })
  }

  #startTimer(timer: TimerName, after_ms?: number): void {
    const ms = timer === 'time_limit' ? this.#longestSeconds * 1_000 - this.#nowMs() : TIMER_MS[timer]
    this.#timers.start(timer, after_ms ?? Math.max(0, ms))
  }

  /** The agent's own limit, or the model's. */
  get #longestSeconds(): number {
    const { answered_at } = this.record
    const own = Math.min(this.agent.max_call_duration, LONGEST_CALL_SECONDS)
    if (this.#sessionExpiresAt === null || answered_at === null) return own
    const session = (this.#sessionExpiresAt.getTime() - answered_at.getTime()) / 1_000 - GOODBYE_SECONDS
    // One that ends before anybody could talk tells of a clock that is wrong.
    return session > 0 ? Math.min(own, session) : own
  }

  /** Milliseconds since the media stream started. */
  #nowMs(): number {
    return this.#streamStartedMs === 0 ? 0 : this.#deps.clock.monotonic_ms() - this.#streamStartedMs
  }

  #now(): Moment {
    return { at: this.#deps.clock.now(), ms: this.#nowMs() }
  }

  #fields() {
    return { tenant_id: this.tenant_id, call_sid: this.call_sid }
  }
}
