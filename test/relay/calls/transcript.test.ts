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

  it('a voice the model did not name is the turn of the words that come for it: above its answer, with its gap', () => {
    const transcript = new Transcript()
    transcript.callerStarted(null, 1_000, at(1_000))
    transcript.callerStopped(null, 2_000, at(2_050))
    const { reply_gap_ms } = transcript.agentSounds('a1', 2_900, 0, at(2_900))
    transcript.callerStarted(null, 6_000, at(6_000))
    transcript.callerText('c1', 'Where is', at(6_100))
    transcript.callerFinal('c1', 'Where is my order?', at(6_200))
    transcript.callerText('c2', 'Hello', at(6_300))
    transcript.callerStopped(null, 7_000, at(7_050))
    transcript.callerFinal('c2', 'Hello?', at(7_100))
    transcript.callerFinal('c3', 'Nobody heard my voice begin.', at(8_000))
    expect(reply_gap_ms).toBe(900)
    expect(transcript.turns).toMatchObject([
      { speaker: 'caller', text: 'Where is my order?', started_ms: 1_000, ended_ms: 2_000, is_final: true },
      { speaker: 'agent' },
      { speaker: 'caller', text: 'Hello?', started_ms: 6_000, ended_ms: 7_000, is_final: true },
      { speaker: 'caller', text: 'Nobody heard my voice begin.', started_ms: 8_000 },
    ])
  })

  it('[L3] an interrupted agent keeps what was heard; both parts together are what it said', () => {
    const transcript = new Transcript()
    transcript.agentSounds('a1', 100, 2, at(100))
    transcript.agentText('a1', 'Your next invoice is on the eighteenth of November.', 2, at(110))
    const turn = transcript.agentCut('a1', { heard_ms: 1_500, sent_ms: 3_200, is_complete: false }, 'caller')
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
    expect(transcript.agentCut('a1', { heard_ms: 0, sent_ms: 500, is_complete: false }, 'caller')).toBeNull()
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

  it('a text whose script has no spaces is cut between two letters', () => {
    expect(cutText('本日はお電話ありがとうございます。', 80, 100)).toEqual({
      heard: '本日はお電話ありがとうござい',
      unheard: 'ます。',
    })
    // No mark is parted from its letter.
    expect(cutText('ขอบคุณที่โทรมา', 60, 100)).toEqual({ heard: 'ขอบคุณ', unheard: 'ที่โทรมา' })
    expect(cutText('你好 Müller 先生', 70, 100)).toEqual({ heard: '你好', unheard: 'Müller 先生' })
  })

  it('what is all there is measured by its own length, and not by how fast people speak', () => {
    const text = 'Your order of three chairs left on Monday and comes on Thursday between eight and nine in the evening'
    const cut = (is_complete: boolean) => {
      const transcript = new Transcript()
      transcript.agentText('a1', text, 0, at(0))
      return transcript.agentCut('a1', { heard_ms: 4_800, sent_ms: 5_000, is_complete }, 'caller')?.unheard_text
    }
    expect(cut(true)).toBe('evening')
    expect(cut(false)).toBe('and nine in the evening')
  })
})
