import { describe, expect, it } from 'vitest'
import { cutText, Transcript } from '../../../relay/calls/transcript.ts'

const at = (ms: number) => ({ at: new Date(ms), ms })

describe('transcript', () => {
  it('places turns by when they were spoken: the caller before the answer, though the text came after it', () => {
    const transcript = new Transcript()
    transcript.callerStarted('c1', 1_000, at(1_000))
    transcript.callerStopped('c1', 2_000, at(2_050))
    transcript.agentSounds('a1', 2_900, 0, at(2_900))
    transcript.callerFinal('c1', ' Where is my order? ', at(3_000))
    expect(transcript.turns.map((turn) => [turn.turn_id, turn.turn_index, 'text' in turn ? turn.text : ''])).toEqual([
      ['c1', 1, 'Where is my order?'],
      ['a1', 2, ''],
    ])
  })

  it('the reply gap is from the last word to the first sound, once a question', () => {
    const transcript = new Transcript()
    transcript.callerStarted('c1', 0, at(0))
    transcript.callerStopped('c1', 1_000, at(1_500))
    expect(transcript.agentSounds('a1', 1_900, 0, at(1_900)).reply_gap_ms).toBe(900)
    expect(transcript.agentSounds('a2', 5_000, 0, at(5_000)).reply_gap_ms).toBeNull()
  })

  it('[L3] an interrupted agent keeps what was heard; both parts together are what it said', () => {
    const transcript = new Transcript()
    transcript.agentSounds('a1', 100, 2, at(100))
    transcript.agentText('a1', 'Your next invoice is on the eighteenth of November.', 2, at(110))
    const turn = transcript.agentCut('a1', 1_500, 3_200, 'caller')
    expect(turn).toMatchObject({
      heard_ms: 1_500,
      ended_ms: 1_600,
      cut_off_by: 'caller',
      is_final: true,
      context_version: 2,
    })
    expect(`${turn?.text} ${turn?.unheard_text}`).toBe('Your next invoice is on the eighteenth of November.')
    expect(turn?.text).toBe('Your next invoice is on')
  })

  it('a final turn is final: later texts change nothing', () => {
    const transcript = new Transcript()
    transcript.agentSounds('a1', 0, 0, at(0))
    transcript.agentText('a1', 'Hello.', 0, at(1))
    transcript.agentHeard('a1', 500)
    expect(transcript.agentText('a1', ' More.', 0, at(600))).toBeNull()
    expect(transcript.agentCut('a1', 0, 500, 'caller')).toBeNull()
  })

  it('what is open at the end becomes final; words of the caller that never came as text are said to be missing', () => {
    const transcript = new Transcript()
    transcript.callerStarted('c1', 0, at(0))
    transcript.callerText('c1', 'Hello', at(10))
    transcript.callerStarted('c2', 900, at(900))
    expect(transcript.close(at(1_000)).map((turn) => [turn.turn_id, (turn as { text: string }).text])).toEqual([
      ['c1', 'Hello'],
      ['c2', '(not transcribed)'],
    ])
  })

  it('a text is cut at a word, in proportion', () => {
    expect(cutText('one two three', 0, 100)).toEqual({ heard: '', unheard: 'one two three' })
    expect(cutText('one two three', 100, 100)).toEqual({ heard: 'one two three', unheard: '' })
    expect(cutText('one two three', 60, 100)).toEqual({ heard: 'one two', unheard: 'three' })
  })
})
