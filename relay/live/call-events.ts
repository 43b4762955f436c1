// What can happen to a live call, what it then does, and the timers between. Data only; `call-machine.ts` decides.
import type { CallStatus, Outcome } from '../../shared/contract/calls.ts'
import type { RateLimit, ResponseStatus, ToolCall } from './live-ports.ts'
import type { ResponseKind } from './response-gate.ts'

export type TimerName =
  | 'stream'
  | 'session'
  | 'time_limit'
  | 'farewell'
  | 'instructions'
  | 'response'
  | 'retry'
  | 'digits'
/**
 * Milliseconds; `time_limit` is the agent's own, `response` is how long the model may be silent while an answer is due,
 * `retry` how long a model that has too much to do is left alone when it does not say it, `digits` how long after the last
 * key the caller is taken to have pressed them all.
 * Source: ours, but `session`: protocols D.13, a call cannot wait long.
 */
export const TIMER_MS: Record<Exclude<TimerName, 'time_limit'>, number> = {
  stream: 30_000,
  session: 10_000,
  farewell: 15_000,
  instructions: 5_000,
  response: 10_000,
  retry: 1_500,
  digits: 2_000,
}

export type CallEvent =
  | { type: 'stream_opened' }
  | { type: 'stream_ended'; how: 'stopped' | 'lost'; reason: string | null }
  /** The carrier could not open it, or asks how to go on without it. */
  | { type: 'stream_failed'; reason: string }
  | { type: 'carrier_ended'; status: CallStatus }
  | { type: 'session_ready'; version: number }
  | { type: 'session_failed'; reason: string }
  | { type: 'session_lost'; reason: string }
  | { type: 'speech_started' }
  | { type: 'speech_stopped' }
  | { type: 'response_started' }
  /**
   * `spoke`: it was heard, or is about to be. `was_cut`: the caller cut in, so what it made was not let through.
   * `limit`: the model has too much to do just now.
   */
  | {
      type: 'response_done'
      status: ResponseStatus
      reason: string | null
      limit: RateLimit | null
      spoke: boolean
      was_cut: boolean
      tool_calls: ToolCall[]
    }
  /** Of a request for a response; `is_ours`: it names the one that was sent last. */
  | { type: 'request_refused'; code: string | null; reason: string; limit: RateLimit | null; is_ours: boolean }
  | { type: 'audio_started' }
  | { type: 'playback_idle' }
  | { type: 'context_overridden'; version: number; speak_now: boolean }
  | { type: 'instructions_confirmed'; version: number }
  | { type: 'instructions_refused'; version: number; reason: string }
  /** `say`: what the carrier is to say before it hangs up. */
  | { type: 'hang_up_commanded'; by: string; outcome: Outcome | null; say: string | null }
  | { type: 'digit_pressed'; digit: string }
  | { type: 'timer_rang'; timer: TimerName }

/** How a call ended. */
export interface Ending {
  status: CallStatus
  end_reason: string
  failed: boolean
  outcome: Outcome | null
  by_supervisor: boolean
  summary: string | null
}

/** Who silences the agent. */
export type Interrupter = 'caller' | 'supervisor' | 'time_limit'

export type CallEffect =
  /** `as_note`: its task is told in a note of the conversation instead of in the request, which was refused. */
  | { type: 'create_response'; kind: ResponseKind; as_note: boolean }
  | { type: 'update_instructions'; version: number }
  | { type: 'context_applied'; version: number }
  | { type: 'context_refused'; version: number; reason: string }
  /** Of a call that has ended and whose record waits: the agent's word, where nobody else has given one. */
  | { type: 'amend_end'; outcome: Outcome | null; summary: string | null }
  /** The same, of what was recorded as a hang-up and was none. */
  | { type: 'correct_end'; end_reason: string; failed: boolean }
  | { type: 'interrupt_playback'; by: Interrupter }
  /** The one that runs; nothing of it is let through. */
  | { type: 'cancel_response' }
  | { type: 'answer_tool'; call: ToolCall; output: string; failed: boolean }
  | { type: 'raise_escalation'; reason: string; is_urgent: boolean; caller_asks: boolean }
  | { type: 'add_note'; text: string }
  | { type: 'report_trouble'; text: string }
  | { type: 'start_timer'; timer: TimerName; after_ms?: number }
  | { type: 'stop_timer'; timer: TimerName }
  /** Close both sides; the carrier says `say`, then hangs up. */
  | { type: 'leave'; say: string | null }
  | ({ type: 'finish' } & Ending)
