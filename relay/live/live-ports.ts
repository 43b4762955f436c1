// What a live call speaks through. `twilio/` answers MediaStream and Telephony, `openai/` answers RealtimeSession;
// tests answer them with scripted objects. Audio is base64 of G.711 µ-law, 8 kHz, on both sides, and passes untouched.
import type { JsonObject } from '../../shared/primitives.ts'
import type { ResponseUsage, TranscriptionUsage } from '../calls/cost.ts'

/** The open two-way audio of one phone call. */
export interface MediaStream {
  /** Plays after all that was sent before. */
  sendAudio(payload: string): void
  /** Comes back through `onMark` once everything sent before it has been played. */
  sendMark(name: string): void
  /** Drops what is not played yet; every outstanding mark comes back at once. */
  clear(): void
  /** Leaves the call: the carrier then asks how to go on. */
  close(): void
}
export interface MediaStreamListener {
  /** The hot path: one frame of the caller's voice. @returns whether it has gone on; what waits has not */
  onAudio(payload: string): boolean
  /** In place of frames that did not come, so that the model's clock goes on. */
  onSilence(payload: string): void
  /** A frame too old to be of use, while the process is behind. It is not passed on. */
  onStale(): void
  /** @param ms how long the frame that has just gone on was in the relay's hands */
  onDelay(ms: number): void
  onMark(name: string): void
  onDigit(digit: string): void
  /** A message that is not of the protocol; the call goes on. */
  onMalformed(what: string): void
  /** `stopped`: the carrier said so; `lost`: the socket went without a word. */
  onEnd(how: 'stopped' | 'lost'): void
  /** The listener itself threw while it was told something. */
  onBroken(error: unknown): void
}

export interface ToolDefinition {
  name: string
  description: string
  parameters: JsonObject
}
export interface SessionSettings {
  instructions: string
  /** In the order they are tried; a server that refuses them all speaks with its own. */
  voices: string[]
  tools: ToolDefinition[]
}
/** One response to ask for. `instructions` stand in for the session's. */
export interface ResponseRequest {
  instructions: string
}

/** One conversation with the model. All calls return at once; what became of them comes as events. */
export interface RealtimeSession {
  /** Only once it is ready; what came before waits in `held-audio.ts`. */
  appendAudio(payload: string): void
  /** Changes the instructions only: audio formats and voice stay. @returns the id a refusal will name */
  updateInstructions(instructions: string): string
  /** @returns the id a refusal will name */
  createResponse(request: ResponseRequest | null): string
  /** @param response_id of the one that is meant; null for whichever runs */
  cancelResponse(response_id: string | null): void
  /** Takes back what nobody heard. @param audio_end_ms floored, never above what was received */
  truncate(item_id: string, audio_end_ms: number): void
  /** A note the model reads before its next response. */
  addNote(text: string): void
  answerTool(tool_call_id: string, output: string): void
  close(): void
}

export interface ToolCall {
  tool_call_id: string
  name: string
  /** JSON text as the model wrote it; may be malformed. */
  arguments_json: string
}

/** What the model reports, in our words. Source of each: OpenAI Realtime server events; protocols D.6. */
export type RealtimeEvent =
  /** `expires_at`: when it ends by itself; null when it does not say. */
  | {
      type: 'session_ready'
      model: string
      voice: string
      transcription_model: string | null
      expires_at: Date | null
    }
  | { type: 'session_failed'; reason: string }
  | { type: 'session_lost'; reason: string }
  /** `instructions` as the session now has them; null when it does not say. */
  | { type: 'instructions_confirmed'; instructions: string | null }
  /** `item_id` of the turn; null where a server does not say it: the caller speaks all the same. */
  | { type: 'speech_started'; item_id: string | null; audio_start_ms: number }
  | { type: 'speech_stopped'; item_id: string | null; audio_end_ms: number }
  | { type: 'caller_text'; item_id: string; delta: string }
  | { type: 'caller_transcribed'; item_id: string; text: string; usage: TranscriptionUsage | null }
  | { type: 'caller_not_transcribed'; item_id: string; reason: string }
  | { type: 'response_started'; response_id: string }
  | { type: 'agent_text'; response_id: string; item_id: string; delta: string }
  | { type: 'agent_text_done'; response_id: string; item_id: string; text: string }
  | { type: 'agent_audio_done'; response_id: string; item_id: string }
  | {
      type: 'response_done'
      response_id: string
      status: ResponseStatus
      reason: string | null
      limit: RateLimit | null
      tool_calls: ToolCall[]
      usage: ResponseUsage | null
    }
  | {
      type: 'request_refused'
      code: string | null
      message: string
      limit: RateLimit | null
      param: string | null
      event_id: string | null
    }

/** The model has too much to do just now. */
export interface RateLimit {
  /** After which it wants to be asked again; null when it does not say. */
  again_after_ms: number | null
}

export type ResponseStatus = 'completed' | 'cancelled' | 'incomplete' | 'failed'

export interface RealtimeListener {
  /** The hot path: one delta of the agent's voice. @returns whether it has gone on; what is not to be heard has not */
  onAgentAudio(response_id: string, item_id: string, payload: string): boolean
  /** @param ms how long the delta that has just gone on was in the relay's hands */
  onDelay(ms: number): void
  onEvent(event: RealtimeEvent): void
  /** Something else came of it, which needs no answer: the model is alive. */
  onSign(): void
  /** A message that is not of the protocol; the call goes on. */
  onMalformed(what: string): void
  /** The listener itself threw while it was told something. */
  onBroken(error: unknown): void
}

/** Opens the conversation at once; `settings` is asked for when the model is there. */
export type OpenRealtimeSession = (settings: () => SessionSettings, listener: RealtimeListener) => RealtimeSession

/** The carrier's switchboard. @throws RelayError CARRIER_FAILED */
export interface Telephony {
  /** Ends a call whatever it is doing; one that is already over is no error. */
  hangUp(call_sid: string): Promise<void>
}
