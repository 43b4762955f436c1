// Ports that more than one folder speaks through: time, and the shared state of an installation.
// `local/` answers the shared-state ports inside one process, `redis/` across relays; one suite holds both.
import type { NewEvent, RelayEvent } from '../../shared/events.ts'

export interface Clock {
  /** Wall clock. */
  now(): Date
  /** Milliseconds that never jump, for durations. */
  monotonic_ms(): number
  setTimeout(run: () => void, ms: number): { cancel(): void }
}

/** One sign-in: its refresh tokens are a family, of which one is current. */
export interface SessionRecord {
  session_id: string
  user_id: string
  tenant_id: string | null
  /** SHA-256 of the current refresh token, hex. */
  token_hash: string
  /** The token before it and when it was replaced: good once more for a moment, in case the answer was lost. */
  previous: { token_hash: string; replaced_at_ms: number; successor: string } | null
  created_at_ms: number
}
export interface SessionStore {
  create(session: SessionRecord, ttl_seconds: number): Promise<void>
  get(session_id: string): Promise<SessionRecord | null>
  /** Replaces the record only while `expected_hash` is still its `token_hash`. */
  replace(session: SessionRecord, expected_hash: string, ttl_seconds: number): Promise<boolean>
  revoke(session_id: string): Promise<void>
  revokeUser(user_id: string): Promise<void>
}

export interface TicketStore<T> {
  put(ticket: string, value: T, ttl_seconds: number): Promise<void>
  /** Takes it away: a second take gets null. */
  take(ticket: string): Promise<T | null>
}

export interface RateLimiter {
  /** Counts one; when over the limit says after how many milliseconds to come back. */
  consume(
    key: string,
    limit: { points: number; seconds: number },
  ): Promise<{ allowed: true } | { allowed: false; retry_after_ms: number }>
}

/** The tenant's events in order. Numbers only grow, also over restarts. */
export interface EventLog {
  append(event: NewEvent): RelayEvent
  /** Shown to who is there now, numbered, but not kept for who comes later (partials of a transcript). */
  announce(event: NewEvent): RelayEvent
  /** Kept events after `seq`, or null when some of them are gone. */
  since(tenant_id: string, seq: number): RelayEvent[] | null
  last_seq(tenant_id: string): number
  subscribe(tenant_id: string, listener: (event: RelayEvent) => void): () => void
}

/** Commands to the process that has the call. Resolves with what it answers; null when no one has it. */
export interface CallBus<Command, Answer> {
  send(call_sid: string, command: Command, deadline_ms: number): Promise<Answer | null>
  /** The owner of a call listens; the returned function ends it. */
  serve(call_sid: string, handler: (command: Command) => Promise<Answer>): () => void
}

/** How many calls a tenant has in progress, and the right to have one more. Leases end by themselves. */
export interface CallLeases {
  acquire(tenant_id: string, call_sid: string, limit: number, ttl_seconds: number): Promise<boolean>
  renew(tenant_id: string, call_sid: string, ttl_seconds: number): Promise<boolean>
  release(tenant_id: string, call_sid: string): Promise<void>
  count(tenant_id: string): Promise<number>
}

/** Answers to requests with an Idempotency-Key. */
export interface IdempotencyStore {
  /** Claims the key, or says what is there: `running`, or the kept answer. */
  begin(
    key: string,
    request_hash: string,
    ttl_seconds: number,
  ): Promise<
    { state: 'new' } | { state: 'running' } | { state: 'mismatch' } | { state: 'done'; status: number; body: string }
  >
  finish(key: string, status: number, body: string): Promise<void>
  abandon(key: string): Promise<void>
}
