// Sign-ins, and whether one still goes on. That is asked with every request, so a yes is kept for a moment: a sign-in
// that ends through this process is over here at once, one that ends elsewhere within that moment.
import type { Clock, SessionStore } from '../platform/ports.ts'
import { answerWithin } from './answer-within.ts'

/** Milliseconds. A sign-in that ends at another relay is let in for so long, and costs one question in that time. */
const KEPT_MS = 2_000
/** About 2 MB; of more, the yes that was asked for first is forgotten, and asked for again. */
const MOST_KEPT = 10_000
/** Longer than any store in good health takes. One that is away must not stop people who are signed in. */
const ANSWER_WITHIN_MS = 200

export interface LiveSessions extends SessionStore {
  /**
   * Whether a sign-in goes on, as it was at most two seconds ago.
   * @returns true, too, when the store cannot be asked: access tokens then live out their ten minutes; never rejects
   * @source data design, "Tokens"
   */
  goesOn(session_id: string, user_id: string): Promise<boolean>
  /** The same, asked anew: where a door is opened that stays open. */
  goesOnNow(session_id: string): Promise<boolean>
}

export function liveSessions({ sessions, clock }: { sessions: SessionStore; clock: Clock }): LiveSessions {
  /** In the order in which they were asked. */
  const kept = new Map<string, { user_id: string; asked_at_ms: number; goes_on: Promise<boolean> }>()

  /** Null when the store does not say. */
  const ask = (session_id: string): Promise<boolean | null> =>
    answerWithin(
      clock,
      ANSWER_WITHIN_MS,
      sessions.get(session_id).then((session) => session !== null),
    )

  function askAndKeep(session_id: string, user_id: string): Promise<boolean> {
    const answer = ask(session_id)
    const entry = { user_id, asked_at_ms: clock.monotonic_ms(), goes_on: answer.then((goes_on) => goes_on ?? true) }
    kept.delete(session_id)
    kept.set(session_id, entry)
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break
      kept.delete(oldest)
    }
    void answer.then((goes_on) => {
      if (goes_on !== true && kept.get(session_id) === entry) kept.delete(session_id)
    })
    return entry.goes_on
  }

  return {
    create: (session, ttl_seconds) => sessions.create(session, ttl_seconds),
    get: (session_id) => sessions.get(session_id),
    replace: (session, expected_hash, ttl_seconds) => sessions.replace(session, expected_hash, ttl_seconds),
    async revoke(session_id) {
      // Also when it fails, because it may be done all the same.
      await sessions.revoke(session_id).finally(() => kept.delete(session_id))
    },
    async revokeUser(user_id) {
      await sessions.revokeUser(user_id).finally(() => {
        for (const [session_id, entry] of kept) if (entry.user_id === user_id) kept.delete(session_id)
      })
    },
    goesOn(session_id, user_id) {
      const known = kept.get(session_id)
      if (known && clock.monotonic_ms() - known.asked_at_ms < KEPT_MS) return known.goes_on
      return askAndKeep(session_id, user_id)
    },
    async goesOnNow(session_id) {
      const goes_on = await ask(session_id)
      if (goes_on === false) kept.delete(session_id)
      return goes_on ?? true
    },
  }
}
