// What every session store must do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SessionRecord, SessionStore } from '../../relay/platform/ports.ts'
import type { SharedStateBench } from './shared-state-bench.ts'

export function sessionsSuite(name: string, bench: SharedStateBench<SessionStore>): void {
  describe(`${name}: sessions`, () => {
    let opened: Awaited<ReturnType<typeof bench.open>>
    let sessions: SessionStore
    beforeAll(async () => {
      opened = await bench.open()
      sessions = opened.port
    }, 60_000)
    afterAll(() => opened.close())

    const sessionOf = (fields: Partial<SessionRecord> = {}): SessionRecord => ({
      session_id: `ses_${bench.fresh()}`,
      user_id: `usr_${bench.fresh()}`,
      tenant_id: 'tn_one',
      token_hash: 'hash 1',
      previous: null,
      created_at_ms: 1_893_456_000_123,
      ...fields,
    })

    test('a session comes back as it was created', async () => {
      for (const session of [sessionOf(), sessionOf({ tenant_id: null })]) {
        await sessions.create(session, 60)
        expect(await sessions.get(session.session_id)).toEqual(session)
      }
      expect(await sessions.get('ses_unknown')).toBeNull()
    })

    test('it is over after its time', async () => {
      const session = sessionOf()
      await sessions.create(session, 1)
      await bench.wait(1_100)
      expect(await sessions.get(session.session_id)).toBeNull()
      expect(await sessions.replace({ ...session, token_hash: 'hash 2' }, 'hash 1', 60)).toBe(false)
    })

    test('a rotation replaces it while the expected token is current, and remembers the one before', async () => {
      const session = sessionOf()
      await sessions.create(session, 60)
      const previous = { token_hash: 'hash 1', replaced_at_ms: 5, successor: 'token 2' }
      const next = { ...session, token_hash: 'hash 2', previous }
      expect(await sessions.replace(next, 'hash 1', 60)).toBe(true)
      expect(await sessions.get(session.session_id)).toEqual(next)
      expect(await sessions.replace({ ...next, token_hash: 'hash 3', previous: null }, 'hash 1', 60)).toBe(false)
      expect(await sessions.get(session.session_id)).toEqual(next)
    })

    test('a rotation gives the session new time', async () => {
      const session = sessionOf()
      await sessions.create(session, 1)
      expect(await sessions.replace({ ...session, token_hash: 'hash 2' }, 'hash 1', 60)).toBe(true)
      await bench.wait(1_100)
      expect(await sessions.get(session.session_id)).toMatchObject({ token_hash: 'hash 2' })
    })

    test('of two rotations at once one wins', async () => {
      const session = sessionOf()
      await sessions.create(session, 60)
      const rotations = ['hash a', 'hash b'].map((token_hash) =>
        sessions.replace(
          {
            ...session,
            token_hash,
            previous: { token_hash: 'hash 1', replaced_at_ms: 1, successor: token_hash },
          },
          'hash 1',
          60,
        ),
      )
      expect((await Promise.all(rotations)).filter(Boolean)).toHaveLength(1)
      const kept = await sessions.get(session.session_id)
      expect(kept?.previous?.successor).toBe(kept?.token_hash)
    })

    test('a revoked session is gone, others stay', async () => {
      const [one, two] = [sessionOf(), sessionOf()]
      for (const session of [one, two]) await sessions.create(session, 60)
      await sessions.revoke(one.session_id)
      expect(await sessions.get(one.session_id)).toBeNull()
      expect(await sessions.get(two.session_id)).toEqual(two)
    })

    test('a revoked user has no session left', async () => {
      const user_id = `usr_${bench.fresh()}`
      const [one, two, other] = [sessionOf({ user_id }), sessionOf({ user_id }), sessionOf()]
      for (const session of [one, two, other]) await sessions.create(session, 60)
      await sessions.revokeUser(user_id)
      expect(await sessions.get(one.session_id)).toBeNull()
      expect(await sessions.get(two.session_id)).toBeNull()
      expect(await sessions.get(other.session_id)).toEqual(other)
    })

    test('a restart signs nobody out', async () => {
      if (opened.reopen === undefined) return
      const session = sessionOf()
      await sessions.create(session, 60)
      const next = { ...session, token_hash: 'hash 2' }
      expect(await sessions.replace(next, 'hash 1', 60)).toBe(true)
      sessions = await opened.reopen()
      expect(await sessions.get(session.session_id)).toEqual(next)
    })
  })
}
