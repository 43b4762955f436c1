// The simulated model: a listener that speaks the Realtime GA protocol. Any relay can be pointed at it.
import type { FaultSwitch, ModelFaults } from './faults.ts'
import type { Log, Speech } from './speech.ts'

/** Which server's habits it has; see protocols of compatible servers. */
export type ModelProfile = 'openai' | 'no_acks' | 'beta_names' | 'pcm_only'

export interface ModelOptions {
  /** Default: a free port. */
  port?: number
  api_key: string
  speech: Speech
  profile?: ModelProfile
  /** Longest session; default 3,600,000 ms. */
  session_limit_ms?: number
  /** How much faster than real time audio is made; default 4. */
  audio_pace?: number
  faults?: Partial<ModelFaults>
  log?: Log
}

/** One open session, for tests and the demo. */
export interface ModelSessionView {
  readonly id: string
  readonly model: string
  readonly instructions: string
  readonly active_response_id: string | null
  /** Types of the client's and server's events in the order of the wire; append and audio deltas are counted, not kept. */
  readonly log: readonly { way: 'from_client' | 'to_client'; type: string; at_ms: number }[]
  readonly appended_ms: number
  /** Breaks the socket without a close frame (1006). */
  drop(): void
}

export interface Model {
  /** `http://127.0.0.1:PORT/v1`, for OPENAI_BASE_URL. */
  readonly base_url: string
  readonly faults: FaultSwitch<ModelFaults>
  sessions(): ModelSessionView[]
  close(): Promise<void>
}
