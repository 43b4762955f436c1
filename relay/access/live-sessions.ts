// Sign-ins, and whether one still goes on. That is asked with every request, so a yes is kept for a moment: a sign-in
// that ends through this process is over here at once, one that ends elsewhere within that moment.
import { KeptAnswers } from '../platform/kept-answers.ts'
import type { Clock, SessionStore } from '../platform/ports.ts'
import { answerWithin } from './answer-within.ts'

/** Milliseconds. A sign-in that ends at another relay is let in for so long, and costs one question in that time. */
const KEPT_MS = 2_000
/** Longer than any store in good health takes. One that is away must not stop people who are signed in. */
const ANSWER_WITHIN_MS = 200

export interface LiveSessions extends SessionStore {
  /**
   * Whether a sign-in goes on, as it was at most two seconds ago.
   * @returns true, too, when the store cannot be asked: access tokens then live out their ten minutes; never rejects
   * @source data design, "Tokens"
   */
  goesOn(session_id: string): Promise<boolean>
  /** The same, asked anew: where a door is opened that stays open. */
  goesOnNow(session_id: string): Promise<boolean>
}

export function liveSessions({ sessions, clock }: { sessions: SessionStore; clock: Clock }): LiveSessions {
  const kept = new KeptAnswers<boolean>(clock, KEPT_MS)

  /** Only a yes of the store is kept. */
  async function ask(session_id: string): Promise<boolean> {
    const found = sessions.get(session_id).then((session) => session !== null)
    const goes_on = await answerWithin(clock, ANSWER_WITHIN_MS, found)
    if (goes_on !== true) kept.forget(session_id)
    return goes_on ?? true
  }

  return {
    create: (session, ttl_seconds) => sessions.create(session, ttl_seconds),
    get: (session_id) => sessions.get(session_id),
    replace: (session, expected_hash, ttl_seconds) => sessions.replace(session, expected_hash, ttl_seconds),
    // Forgotten also when it fails, because it may be done all the same.
    revoke: (session_id) => sessions.revoke(session_id).finally(() => kept.forget(session_id)),
    revokeUser: (user_id) => sessions.revokeUser(user_id).finally(() => kept.forget()),
    goesOn: (session_id) => kept.get(session_id, () => ask(session_id)),
    goesOnNow: ask,
  }
}
