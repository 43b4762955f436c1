import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Transcript, type TurnRecord } from '../../../relay/calls/transcript.ts'
import { LiveView } from '../../../relay/live/live-view.ts'

const at = (ms: number) => ({ at: new Date(ms), ms })
const MINUTE = 60_000

describe('the voices of a live call', () => {
  it('are those of the last two minutes; one that has not ended stays, and what nobody heard comes after the cut', () => {
    const view = new LiveView(new Date(0))
    const transcript = new Transcript()
    const segments = (ms: number) => view.state(transcript.turns, ms).segments
    transcript.callerStarted('old', 0, at(0))
    transcript.callerStopped('old', 2_000, at(2_000))
    transcript.callerStarted('open', 3_000, at(3_000))
    transcript.notice('Slow.', at(4_000))
    transcript.agentSounds('cut', MINUTE, 0, at(MINUTE))
    transcript.agentText('cut', 'A story.', 0, at(MINUTE))
    transcript.agentCut('cut', { heard_ms: 1_000, sent_ms: 4_000, is_complete: false }, 'caller')
    expect(segments(2 * MINUTE)).toEqual([
      { speaker: 'caller', from_ms: 0, to_ms: 2_000, unheard_from_ms: null },
      { speaker: 'caller', from_ms: 3_000, to_ms: null, unheard_from_ms: null },
      { speaker: 'agent', from_ms: MINUTE, to_ms: expect.any(Number), unheard_from_ms: MINUTE + 1_000 },
    ])
    expect(segments(3 * MINUTE + 1_001)).toEqual([
      { speaker: 'caller', from_ms: 3_000, to_ms: null, unheard_from_ms: null },
    ])
    transcript.callerStopped('open', 3 * MINUTE, at(3 * MINUTE + 2_000))
    transcript.agentSounds('next', 3 * MINUTE + 3_000, 0, at(3 * MINUTE + 3_000))
    expect(segments(4 * MINUTE).map(({ from_ms }) => from_ms)).toEqual([3_000, 3 * MINUTE + 3_000])
    expect(segments(6 * MINUTE).map(({ from_ms }) => from_ms)).toEqual([3 * MINUTE + 3_000])
  })

  it('however turns overlap, are what a look at all turns would show', () => {
    const turn = fc.record({
      starts_after: fc.nat(50_000),
      lasts: fc.option(fc.nat(200_000)),
      looks_after: fc.nat(60_000),
    })
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 40 }), (plan) => {
        const view = new LiveView(new Date(0))
        const turns: TurnRecord[] = []
        let now = 0
        for (const { starts_after, lasts, looks_after } of plan) {
          now += starts_after
          const started_ms = now
          const ended_ms = lasts === null ? null : started_ms + lasts
          turns.push({ kind: 'speech', speaker: 'caller', unheard_text: '', started_ms, ended_ms } as TurnRecord)
          now += looks_after
          const shown = turns.filter((one) => (one.ended_ms ?? now) >= now - 2 * MINUTE)
          expect(view.state(turns, now).segments.map(({ from_ms }) => from_ms)).toEqual(
            shown.map((one) => one.started_ms),
          )
        }
      }),
    )
  })
})
