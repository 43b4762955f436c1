// The simulated phone network: numbers, calls in both directions, signed webhooks, Media Streams and
// the part of the REST API that a relay uses. Any relay can be pointed at it.
import type { Callee, Caller } from './callers.ts'
import type { FaultSwitch, PhoneFaults } from './faults.ts'
import type { PhoneCall } from './phone-call.ts'
import type { Log, Speech } from './speech.ts'

/** A number as it is bought; its webhooks may also be set through REST. */
export interface PhoneNumberOptions {
  phone_number: string
  friendly_name: string
  voice_url?: string
  voice_fallback_url?: string
  status_callback?: string
}

export interface PhoneNetworkOptions {
  /** Default: a free port. */
  port?: number
  account_sid: string
  auth_token: string
  numbers: PhoneNumberOptions[]
  speech: Speech
  /** Who answers at a number that is dialled. Default: somebody who picks up and talks. */
  callee?: (dialled: { from: string; to: string }) => Callee
  /** Calls a second taken from the queue of REST-created calls. Default 5. */
  calls_per_second?: number
  faults?: Partial<PhoneFaults>
  log?: Log
}

/** A number as the network sees it now. */
export interface PhoneNumber {
  readonly sid: string
  readonly phone_number: string
  readonly friendly_name: string
  readonly voice_url: string
  readonly voice_fallback_url: string
  readonly status_callback: string
}

export interface PhoneNetwork {
  /** `http://127.0.0.1:PORT`, for `client.api.baseUrl` (TWILIO_API_BASE_URL). */
  readonly base_url: string
  readonly faults: FaultSwitch<PhoneFaults>
  /** An inbound call: rings `to`, which must be one of the numbers. Without a caller nobody speaks by themselves. */
  placeCall(options: { from: string; to: string; caller?: Caller }): PhoneCall
  /** Calls of both directions, oldest first: the live ones and the last 500 ended. */
  calls(): PhoneCall[]
  numbers(): PhoneNumber[]
  close(): Promise<void>
}
