import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WordReader } from '../../../relay/simulator/audio-words.ts'
import { meanPower } from '../../../relay/simulator/mulaw.ts'
import { createSpeech, type Speech, type Voice } from '../../../relay/simulator/speech.ts'
import { placeWords, splitSentences } from '../../../relay/simulator/spoken-words.ts'

let speech: Speech
beforeAll(() => {
  speech = createSpeech()
})
afterAll(() => speech.close())

describe('speech', () => {
  it.each(['slt', 'rms', 'awb', 'kal16', 'kal'] as const)(
    'is audible in the voice %s and carries its words through base64',
    async (flite) => {
      const text = 'Your order ships on Friday. Is there anything else?'
      const { mulaw, duration_ms, words } = await speech.render(text, { flite, rate: 1.2 })
      expect(duration_ms).toBeGreaterThan(1_800)
      expect(duration_ms).toBeLessThan(6_000)
      const level_db = 10 * Math.log10(meanPower(mulaw))
      expect(level_db).toBeGreaterThan(-26)
      expect(level_db).toBeLessThan(-14)
      expect(words.at(-1)!.end_ms).toBeLessThanOrEqual(duration_ms + 1)
      const heard: string[] = []
      new WordReader((read) => heard.push(read.word)).push(Buffer.from(Buffer.from(mulaw).toString('base64'), 'base64'))
      expect(heard.join(' ')).toBe(text)
    },
  )
  it('is faster with a higher rate, and rendered once for those who ask at the same time', async () => {
    const voice = (rate: number): Voice => ({ flite: 'kal', rate })
    const [slow, fast] = await Promise.all([
      speech.render('One two three four.', voice(1)),
      speech.render('One two three four.', voice(1.5)),
    ])
    expect(fast.duration_ms).toBeLessThan(slow.duration_ms * 0.8)
    await speech.render('A sentence said again.', voice(1))
    const started = performance.now()
    await Promise.all(Array.from({ length: 50 }, () => speech.render('A sentence said again.', voice(1))))
    expect(performance.now() - started).toBeLessThan(500)
  })
  it('has nothing to say for blank text, and says so after it was closed', async () => {
    expect((await speech.render('  ', { flite: 'kal', rate: 1 })).mulaw.length).toBe(0)
    const other = createSpeech()
    await other.close()
    await expect(other.render('Too late.', { flite: 'kal', rate: 1 })).rejects.toThrow('closed')
  })
})

describe('sentences and words', () => {
  it('are cut at their ends, not at decimal points', () => {
    expect(splitSentences('It costs $5.99 today. Really?  Yes!')).toEqual(['It costs $5.99 today.', 'Really?', 'Yes!'])
    expect(splitSentences('No end')).toEqual(['No end'])
    expect(splitSentences(' ')).toEqual([])
  })
  it('follow each other over the whole duration', () => {
    const words = placeWords('One, two three.', 1_000)
    expect(words.map((word) => word.word)).toEqual(['One,', 'two', 'three.'])
    expect(words[0]!.start_ms).toBe(0)
    expect(words[2]!.end_ms).toBeCloseTo(1_000)
  })
})
