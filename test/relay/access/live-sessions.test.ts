// How often the session store is asked whether a sign-in goes on, and what happens when it does not say.
import { describe, expect, it } from 'vitest'
import { liveSessions } from '../../../relay/access/live-sessions.ts'
import type { SessionRecord, SessionStore } from '../../../relay/platform/ports.ts'
import { fakeClock } from '../../support/fake-clock.ts'

/** A store of which tests hold each answer in their hands. */
function scripted() {
  const asked: { session_id: string; says: (goes_on: boolean) => void; fails: () => void }[] = []
  const clock = fakeClock()
  const store = {
    get: (session_id: string) =>
      new Promise<SessionRecord | null>((resolve, reject) => {
        const says = (goes_on: boolean) => resolve(goes_on ? ({ session_id } as SessionRecord) : null)
        asked.push({ session_id, says, fails: () => reject(new Error('away')) })
      }),
    revoke: async () => {},
    revokeUser: async () => {},
  } as unknown as SessionStore
  const sessions = liveSessions({ sessions: store, clock })
  const goesOn = () => sessions.goesOn('ses_1')
  /** Asks, and has the store say so. */
  const hears = async (goes_on: boolean) => {
    const answer = goesOn()
    asked.at(-1)!.says(goes_on)
    return answer
  }
  return { sessions, clock, asked, goesOn, hears }
}

describe('a sign-in', () => {
  it('is asked for once in two seconds, by however many', async () => {
    const { asked, goesOn, clock } = scripted()
    const answers = [goesOn(), goesOn(), goesOn()]
    asked[0]!.says(true)
    expect(await Promise.all(answers)).toEqual([true, true, true])
    clock.advance(1_999)
    expect(await goesOn()).toBe(true)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    void goesOn()
    expect(asked).toHaveLength(2)
  })

  it('that is over is asked for again each time', async () => {
    const { asked, hears } = scripted()
    expect(await hears(false)).toBe(false)
    expect(await hears(false)).toBe(false)
    expect(asked).toHaveLength(2)
  })

  it.each(['revoke', 'revokeUser'] as const)(
    'that ends here by %s is over at once, also for a yes on its way',
    async (end) => {
      const { sessions, asked, goesOn } = scripted()
      const before = goesOn()
      await sessions[end](end === 'revoke' ? 'ses_1' : 'usr_1')
      asked[0]!.says(true)
      await before
      const after = goesOn()
      asked[1]!.says(false)
      expect(await after).toBe(false)
    },
  )

  it('asked for anew is not answered from what was known, and corrects it', async () => {
    const { sessions, asked, goesOn, hears } = scripted()
    await hears(true)
    const now = sessions.goesOnNow('ses_1')
    asked[1]!.says(false)
    expect(await now).toBe(false)
    void goesOn()
    expect(asked).toHaveLength(3)
  })

  it('goes on when the store fails, and is asked for again', async () => {
    const { asked, goesOn, hears } = scripted()
    const answer = goesOn()
    asked[0]!.fails()
    expect(await answer).toBe(true)
    expect(await hears(false)).toBe(false)
  })

  it('goes on when the store has not said after 0.2 seconds', async () => {
    const { sessions, clock, goesOn, hears } = scripted()
    const answers = [goesOn(), sessions.goesOnNow('ses_1')]
    clock.advance(200)
    expect(await Promise.all(answers)).toEqual([true, true])
    expect(clock.pending()).toBe(0)
    expect(await hears(false)).toBe(false)
  })

  it('is forgotten when ten thousand others were asked for', async () => {
    const { sessions, asked, goesOn, hears } = scripted()
    await hears(true)
    for (let n = 0; n < 9_999; n++) void sessions.goesOn(`ses_other${n}`)
    await goesOn()
    expect(asked).toHaveLength(10_000)
    void sessions.goesOn('ses_one_more')
    void goesOn()
    expect(asked).toHaveLength(10_002)
  })
})
