import { describe, expect, it } from 'vitest'
import { mulawTable, sampleOfMulaw } from '../../../../desktop/renderer/lib/mulaw.ts'
import { LIMIT_SAMPLES, START_SAMPLES, VoiceQueue } from '../../../../desktop/renderer/lib/voice-queue.ts'

const piece = (length: number, value: number, at = 0) => ({ at, samples: new Float32Array(length).fill(value) })
const read = (queue: VoiceQueue, length: number) => {
  const out = new Float32Array(length)
  queue.read(out)
  return [...out]
}

describe('mu-law', () => {
  it('has silence at 0xff, full scale at 0x00 and 0x80, and is symmetric', () => {
    expect(sampleOfMulaw(0xff)).toBe(0)
    expect(sampleOfMulaw(0x80) * 32_768).toBe(32_124)
    expect(sampleOfMulaw(0x00) * 32_768).toBe(-32_124)
    const table = mulawTable()
    for (let byte = 0; byte < 128; byte += 1) expect(table[byte]).toBeCloseTo(-(table[byte + 128] ?? 0), 8)
  })
})

describe('the queue of a voice', () => {
  it('waits for a little before the first sound', () => {
    const queue = new VoiceQueue()
    queue.push(piece(START_SAMPLES - 1, 0.5))
    expect(read(queue, 4)).toEqual([0, 0, 0, 0])
    queue.push(piece(1, 0.5))
    expect(read(queue, 4)).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it('plays across pieces without a hole', () => {
    const queue = new VoiceQueue()
    queue.push(piece(START_SAMPLES, 0.25))
    queue.push(piece(800, 0.5))
    read(queue, START_SAMPLES - 2)
    expect(read(queue, 4)).toEqual([0.25, 0.25, 0.5, 0.5])
  })

  it('is silent when it runs dry, and waits again', () => {
    const queue = new VoiceQueue()
    queue.push(piece(START_SAMPLES, 0.5))
    read(queue, START_SAMPLES)
    expect(read(queue, 2)).toEqual([0, 0])
    expect(queue.underruns).toBe(1)
    queue.push(piece(10, 0.5))
    expect(read(queue, 2)).toEqual([0, 0])
  })

  it('skips to the present when it grew too long', () => {
    const queue = new VoiceQueue()
    for (let index = 0; index < 40; index += 1) queue.push(piece(800, index))
    expect(queue.length).toBeLessThan(LIMIT_SAMPLES + 800)
    expect(read(queue, 1)[0]).toBeGreaterThan(24)
  })

  it('says where in the call it is', () => {
    const queue = new VoiceQueue()
    expect(queue.position).toBe(null)
    queue.push(piece(800, 0.25, 80_000))
    queue.push(piece(800, 0.5, 80_900))
    read(queue, 700)
    expect(queue.position).toBe(80_700)
    read(queue, 200)
    expect(queue.position).toBe(81_000)
  })
})
