// Ports that more than one folder speaks through: time, and the shared state of an installation.
// `local/` answers the shared-state ports inside one process, `redis/` across relays; one suite holds both.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
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

/**
 * The tenant's events in order, over all relays of the installation. Numbers only grow, also over restarts. Nothing here
 * rejects or throws: while the shared log is away, those who listen at this relay are still told, and what was appended
 * reaches the others once it is back.
 */
export interface EventLog {
  /** Numbered, kept and told soon, in the order of the appends of one relay. */
  append(event: NewEvent): void
  /** Shown to who is there now, numbered, but not kept for who comes later (partials of a transcript). */
  announce(event: NewEvent): void
  /**
   * The first kept events after `seq`: none when there are none, else one at least, and as many more as a page holds; who
   * wants the rest asks again. Null when some after `seq` are gone or cannot be had. The newest are kept, up to a count
   * and a size, which stand with the page's in kept-events.ts.
   */
  since(tenant_id: string, seq: number): Promise<RelayEvent[] | null>
  /** The newest number given. */
  last_seq(tenant_id: string): Promise<number>
  /** @param onMissed told that kept events are gone which `listener` was not told of and which the next one follows */
  subscribe(tenant_id: string, listener: (event: RelayEvent) => void, onMissed?: () => void): () => void
}

/** A call by the two names that its keys and channels carry. */
export interface CallRef {
  tenant_id: string
  call_sid: string
}

/** What lets one media stream in, once: of a call, from the account of the carrier that asked about it, if it named one. */
export interface StreamTicket extends CallRef {
  account_sid?: string | undefined
}

/**
 * Commands to the process that has the call. Resolves with what it answers; null when no one has it, it belongs to
 * another tenant, or its owner does not answer in time. Rejects with the owner's message when the owner failed.
 */
export interface CallBus<Command, Answer> {
  send(call: CallRef, command: Command, deadline_ms: number): Promise<Answer | null>
  /** The owner of a call listens; the returned function ends it. */
  serve(call: CallRef, handler: (command: Command) => Promise<Answer>): () => void
}

export interface LiveListing<Summary> {
  summaries: Summary[]
  /** False while other relays cannot be asked: calls of theirs may be missing, and one that is missing may be in progress. */
  is_whole: boolean
}

/** The calls in progress of a tenant, over all relays, as the wall lists them. Entries of a relay that died go by themselves. */
export interface LiveDirectory<Summary> {
  /** Never throws; an entry that could not be put comes with the next one. */
  put(call: CallRef, summary: Summary): void
  remove(call: CallRef): void
  /** The call moves to another relay, which puts it from now on. */
  give(call: CallRef): void
  /** Never rejects: this relay's calls are listed at any time. */
  list(tenant_id: string): Promise<LiveListing<Summary>>
}

export type Voice = 'caller' | 'agent'
/** One who hears a live call. Nothing it does may delay the call. */
export interface TapListener {
  /** @param at_ms on the call's clock, when the caller says or hears its beginning */
  onPiece(voice: Voice, at_ms: number, mulaw: Buffer): void
  /** What was sent of the agent's voice and not yet heard will not be heard. */
  onFlush(): void
  /** @param how `out_of_reach`: nobody answers for the call any more, and whether it goes on is not known; else it has ended */
  onClose(how?: 'out_of_reach'): void
}
export interface Person {
  id: string
  name: string
}

/** The sound of live calls, wherever they live. */
export interface ListenLines {
  /** The owner of a call lets listeners in; the returned function ends it for all. */
  serve(call: CallRef, open: (person: Person, listener: TapListener) => () => void): () => void
  /** @returns what ends the listening; null when no one has this call of this tenant */
  listen(call: CallRef, person: Person, listener: TapListener): Promise<(() => void) | null>
}

/** How many calls a tenant has in progress, and the right to have one more. Leases end by themselves. None rejects. */
export interface CallLeases {
  acquire(tenant_id: string, call_sid: string, limit: number, ttl_seconds: number): Promise<boolean>
  renew(tenant_id: string, call_sid: string, ttl_seconds: number): Promise<boolean>
  release(tenant_id: string, call_sid: string): Promise<void>
  count(tenant_id: string): Promise<number>
}

/** Answers to requests with an Idempotency-Key. */
export interface IdempotencyStore {
  /**
   * Claims the key, or says what is there: `running`, or the kept answer.
   * @throws (rejects) RelayError ANSWER_NOT_KEPT for a request that was carried out and has no answer any more
   */
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

/** What is left of an upgrade request when its socket changes hands. */
export type UpgradeRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>
/** Takes the carrier's socket for a call, with what came in together with its request. */
export type TakeMedia = (request: UpgradeRequest, socket: Duplex, head: Buffer) => void
