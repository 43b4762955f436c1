import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markWords, WordReader } from '../../../relay/simulator/audio-words.ts'
import { decodeMulaw, encodeMulawSample, meanPower, tone } from '../../../relay/simulator/mulaw.ts'
import { placeWords } from '../../../relay/simulator/spoken-words.ts'

function marked(text: string, ms_per_word = 240, utterance = 7): Uint8Array {
  const count = text.split(' ').length
  const audio = tone([310, 470], Math.ceil((count * ms_per_word) / 20) * 20, 6_000)
  markWords(audio, placeWords(text, count * ms_per_word), utterance)
  return audio
}

function read(...pieces: Uint8Array[]): string {
  const words: string[] = []
  const reader = new WordReader((found) => words.push(found.word))
  for (const piece of pieces) reader.push(piece)
  return words.join(' ')
}

const TEXT = 'The refund policy is 30 days, on the original card, señorita; internationalization included.'

describe('words that ride in the audio', () => {
  it('come back through base64, whole and in order', () => {
    expect(read(Buffer.from(Buffer.from(marked(TEXT)).toString('base64'), 'base64'))).toBe(TEXT)
  })
  it('are found at any byte offset and however the audio is cut', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 24 }).map((text) => text.replace(/\s/g, '_'))
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 8 }),
        fc.nat(400),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
        (words, offset, cuts) => {
          const text = words.join(' ')
          const whole = Buffer.concat([Buffer.alloc(offset, 0xff), marked(text, 600), Buffer.alloc(160, 0xff)])
          const pieces: Uint8Array[] = []
          for (let at = 0, i = 0; at < whole.length; i++) {
            const next = at + cuts[i % cuts.length]!
            pieces.push(whole.subarray(at, next))
            at = next
          }
          expect(read(...pieces)).toBe(text)
        },
      ),
      { numRuns: 60 },
    )
  })
  it('survive lost and repeated frames', () => {
    const audio = marked(TEXT, 300)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: audio.length / 160 - 1 }), { maxLength: 12 }), (lost) => {
        const pieces: Uint8Array[] = []
        for (let frame = 0; frame < audio.length / 160; frame++) {
          const bytes = audio.subarray(frame * 160, frame * 160 + 160)
          if (lost.includes(frame)) continue
          pieces.push(bytes)
          if (frame % 9 === 0) pieces.push(bytes)
        }
        const heard = read(...pieces).split(' ')
        const spoken = TEXT.split(' ')
        expect(heard.length).toBeGreaterThanOrEqual(spoken.length - 2)
        expect(spoken.filter((word) => heard.includes(word))).toEqual(heard)
      }),
      { numRuns: 60 },
    )
  })
  it('stop where the audio stops', () => {
    const heard = read(marked(TEXT).subarray(0, 8 * 1_000))
    expect(TEXT.startsWith(heard)).toBe(true)
    expect(heard.split(' ').length).toBeGreaterThan(2)
    expect(heard.split(' ').length).toBeLessThan(7)
  })
  it('are told apart when the same is said twice, and are not found in plain audio', () => {
    expect(read(marked('Yes, sure.', 300), marked('Yes, sure.', 300))).toBe('Yes, sure. Yes, sure.')
    expect(read(tone([440], 4_000))).toBe('')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2_000, maxLength: 4_000 }), (noise) => read(noise) === ''),
      { numRuns: 50 },
    )
  })
  it('cannot be heard: the noise stays 25 dB below the speech', () => {
    const clean = decodeMulaw(tone([310, 470], 2_880, 6_000))
    const audio = decodeMulaw(marked(TEXT))
    let noise = 0
    let signal = 0
    for (let i = 0; i < clean.length; i++) {
      noise += (audio[i]! - clean[i]!) ** 2
      signal += clean[i]! ** 2
    }
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(25)
  })
})

describe('mu-law', () => {
  it('gives every byte back', () => {
    for (let byte = 0; byte < 256; byte++) {
      const again = encodeMulawSample(decodeMulaw(Uint8Array.of(byte))[0]!)
      expect(byte === 0x7f ? 0xff : byte).toBe(again)
    }
  })
  it('takes 0xFF for silence', () => {
    expect(meanPower(new Uint8Array(160).fill(0xff))).toBe(0)
  })
})
