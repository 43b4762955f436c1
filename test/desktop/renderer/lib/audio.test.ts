import { afterEach, describe, expect, it, vi } from 'vitest'
import { openAudioPlayer } from '../../../../desktop/renderer/lib/audio-player.ts'
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

describe('the player', () => {
  afterEach(() => vi.unstubAllGlobals())

  /** A browser whose sound device opens when the test says so, and breaks off what waits when it is closed. */
  function soundDevice() {
    let refuse: (error: Error) => void = () => undefined
    const closed = { times: 0 }
    class Device {
      readonly audioWorklet = { addModule: () => new Promise<void>((_, fail) => (refuse = fail)) }
      async close() {
        closed.times += 1
        if (closed.times > 1) throw new Error('The device is closed already.')
        refuse(new Error('The user aborted a request.'))
      }
    }
    vi.stubGlobal('AudioContext', Device)
    return { closed, refuse: (error: Error) => refuse(error) }
  }
  const settle = () => new Promise((done) => setTimeout(done))

  it('takes it for no failure when it was closed before it was open, or twice', async () => {
    const { closed } = soundDevice()
    const failures: Error[] = []
    const player = openAudioPlayer('worklet.js', (error) => failures.push(error))
    player.close()
    player.close()
    await settle()
    expect(failures).toEqual([])
    expect(closed.times).toBe(1)
  })

  it('says why it did not open, in words to end a sentence with', async () => {
    const device = soundDevice()
    const failures: Error[] = []
    openAudioPlayer('worklet.js', (error) => failures.push(error))
    device.refuse(new Error('Unable to load the worklet.'))
    await settle()
    expect(failures.map((error) => error.message)).toEqual(['Unable to load the worklet'])
  })
})
