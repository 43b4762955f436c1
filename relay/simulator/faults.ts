// Everything that can be made to go wrong, as one typed list: the phone's faults and the model's.
// A switch holds what is on now; both listeners read it at the moment of the deed, so a test may
// turn a fault on in the middle of a call.

/** Faults of the telephone side. Absent means: behaves. */
export interface PhoneFaults {
  /** REST requests answered 429 / 20429 before the next one is served. */
  rest_429?: number
  /** REST requests answered 503 before the next one is served. */
  rest_503?: number
  /** REST answers wait this long. */
  rest_delay_ms?: number
  /** Status callbacks are sent this much later. */
  status_delay_ms?: number
  /** Each status callback is sent this many times more. */
  status_duplicates?: number
  /** Status callbacks of a call arrive in reverse pairs (the later one first). */
  status_reordered?: boolean
  /** Status callbacks are never sent: best effort, after all. */
  status_lost?: boolean
  /** Webhooks and upgrades carry a wrong signature. */
  bad_signature?: boolean
  /** The first attempt of every voice webhook fails to connect, so that a retry carries the idempotency token. */
  webhook_connect_failures?: number
  /** Media frames are held back this long, then arrive together. */
  media_late_ms?: number
  /** One of this many media messages is sent twice. */
  media_duplicate_every?: number
  /** One of this many media messages is preceded by text that is not JSON. */
  media_malformed_every?: number
  /** One of this many media messages never arrives; its time passes (`timestamp` jumps). */
  media_drop_every?: number
  /** Mark echoes are sent this much later. */
  mark_delay_ms?: number
  /** The media socket breaks (1006) this long after `start`. */
  socket_break_after_ms?: number
  /** Simulated price arrives this long after the end; default 3,000 ms. */
  price_delay_ms?: number
}

/** Faults of the model side. */
export interface ModelFaults {
  /** Handshakes refused with this status before one is let through; use with `refuse_count`. */
  refuse_status?: 401 | 403 | 404 | 429 | 500 | 503
  /** How many handshakes `refuse_status` refuses; default all. */
  refuse_count?: number
  /** The upgrade is answered this much later. */
  open_delay_ms?: number
  /** The upgrade is never answered. */
  never_open?: boolean
  /** `session.created` comes this much later. */
  created_delay_ms?: number
  /** `session.updated` comes this much later. */
  updated_delay_ms?: number
  /** Thinking time before the first output of a response; default 350 ms. */
  response_delay_ms?: number
  /** Responses end as `failed` with this error code, e.g. `rate_limit_exceeded`; use with `fail_responses_count`. */
  fail_responses?: 'rate_limit_exceeded' | 'insufficient_quota' | 'server_error'
  fail_responses_count?: number
  /** Responses stop as `incomplete` after this many audio deltas. */
  incomplete_after_deltas?: number
  /** A response starts and then nothing more comes. */
  stall_responses?: boolean
  /** Deltas of a cancelled response that still arrive after its `response.done`. */
  late_deltas?: number
  /** The socket breaks (1006) this long after it opened. */
  drop_after_ms?: number
  /** The socket breaks (1006) after this many audio deltas of the session. */
  drop_after_deltas?: number
  /** The next responses are text only although audio was asked (a known habit after a long replay). */
  text_only_responses?: number
  /** Text items created by the client after which the first response is text only; default never. */
  text_only_after_items?: number
  /** Transcription fails. */
  transcription_fails?: boolean
  /** Transcription comes this much later; default 250 ms after the response started. */
  transcription_delay_ms?: number
  /** Transcription is never sent. */
  transcription_lost?: boolean
  /** Arguments of tool calls are cut in the middle, as on a cancelled response. */
  malformed_tool_arguments?: boolean
  /** One of this many server events is preceded by text that is not JSON. */
  malformed_every?: number
  /** An unknown event type is sent before each response. */
  unknown_events?: boolean
  /** Cached details are left out of `usage`. */
  usage_without_cached_details?: boolean
}

/** What is broken right now; read at the moment of the deed. */
export interface FaultSwitch<F extends object> {
  /** Adds or replaces single faults. `undefined` turns one off. */
  set(faults: Partial<F>): void
  clear(): void
  readonly active: Readonly<F>
  /** Counts a fault of "how many times" down. @returns whether it still applies now */
  take(name: keyof F): boolean
}

/**
 * A switch for one listener.
 * @param initial faults that are on from the start
 * @throws never
 * @source ours
 */
export function createFaultSwitch<F extends object>(initial: Partial<F> = {}): FaultSwitch<F> {
  let active = { ...initial } as F
  return {
    set(faults) {
      active = { ...active, ...faults }
    },
    clear() {
      active = {} as F
    },
    get active() {
      return active
    },
    take(name) {
      const left = active[name]
      if (typeof left !== 'number' || left <= 0) return false
      active = { ...active, [name]: left - 1 }
      return true
    },
  }
}
