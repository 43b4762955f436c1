// One call as the network sees it, and as a test or the demo holds it.
import type { FaultSwitch, PhoneFaults } from './faults.ts'

export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled'

/** Why a call ended. */
export type CallEndReason =
  | 'caller_hung_up'
  | 'relay_hung_up'
  | 'rejected'
  | 'application_error'
  | 'not_answered'
  | 'time_limit'
  | 'network_closed'

export interface CallEnd {
  readonly status: CallStatus
  readonly reason: CallEndReason
  readonly duration_seconds: number
}

/** What the caller's ear really got. */
export interface Heard {
  /** Words in order, with the time of the call at which they were heard. */
  readonly words: readonly { word: string; at_ms: number }[]
  /** The words joined by spaces; "(speech, 2.1 s)" where sound carried none. */
  readonly text: string
  /** Milliseconds of the relay's audio played to the ear. */
  readonly played_ms: number
  /** Milliseconds of it that were voice by energy. */
  readonly voice_ms: number
  /** Milliseconds dropped by `clear`. */
  readonly cleared_ms: number
  readonly marks: readonly { name: string; at_ms: number; because: 'played' | 'idle' | 'cleared' }[]
}

/** A line of the account's debugger. */
export interface DebuggerEntry {
  readonly code: number
  readonly message: string
  readonly at_ms: number
}

/** One message of the media stream, in the order of the wire. Media frames are counted, not kept. */
export interface StreamMessage {
  readonly way: 'to_relay' | 'from_relay'
  readonly at_ms: number
  readonly message: Record<string, unknown>
}

/** A request made to the relay about this call, and its answer. */
export interface WebhookRecord {
  readonly url: string
  readonly params: Readonly<Record<string, string>>
  readonly status: number | null
  readonly body: string
  readonly error?: string
}

export interface PhoneCall {
  readonly call_sid: string
  readonly direction: 'inbound' | 'outbound-api'
  readonly from: string
  readonly to: string
  readonly status: CallStatus
  readonly answered_by: string | null
  /** The stream of now, or the last one. */
  readonly stream_sid: string | null
  /** Resolves when a media stream has sent `start`; rejects never: stays pending when the call ends without one. */
  readonly streaming: Promise<void>
  readonly ended: Promise<CallEnd>
  readonly heard: Heard
  readonly sent: { readonly media: number; readonly duplicates: number; readonly dropped: number }
  readonly received: { readonly media: number; readonly bytes: number }
  /** The last 400 messages beside media. */
  readonly stream: readonly StreamMessage[]
  readonly errors: readonly DebuggerEntry[]
  readonly requests: readonly WebhookRecord[]
  /** Faults of this call alone; they win over the network's. */
  readonly faults: FaultSwitch<PhoneFaults>
  /** The caller says it, in their voice; resolves when it was spoken. */
  say(text: string): Promise<void>
  /** Plays raw mu-law 8 kHz from the caller's side; resolves when it was spoken. */
  speak(mulaw: Uint8Array): Promise<void>
  press(digits: string): void
  hangUp(): void
  /** Sends exactly this on the media socket. */
  inject(raw: string | Uint8Array): void
  /** No media for that long; time passes, `timestamp` jumps. */
  gap(duration_ms: number): void
  /** Breaks the media socket without a close frame (1006 at the relay). */
  breakSocket(): void
}
