// One media stream with a socket in the test's hand: what is told of it, counted and logged.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FramedListener } from '../../../relay/framing/framed.ts'
import type { MediaStreamListener } from '../../../relay/live/live-ports.ts'
import { serveMediaStream } from '../../../relay/twilio/media-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const FRAME = Buffer.alloc(160, 0x7f).toString('base64')

async function streaming(change: Partial<MediaStreamListener> = {}) {
  let carrier!: FramedListener
  const socket = {
    isOpen: true,
    bufferedBytes: 0,
    sendText() {},
    sendBinary() {},
    sendHot() {},
    ping() {},
    close() {},
    terminate() {
      socket.isOpen = false
      carrier.onClose(1006, '')
    },
  }
  const heard = { frames: 0, silence_ms: 0, timed: 0, ends: [] as string[], broken: 0 }
  const faults: string[] = []
  const listener: MediaStreamListener = {
    onAudio() {
      heard.frames++
      return true
    },
    onSilence: (payload) => {
      heard.silence_ms += Buffer.from(payload, 'base64').length / 8
    },
    onStale() {},
    onDelay: () => void heard.timed++,
    onMark() {},
    onDigit() {},
    onMalformed() {},
    onEnd: (how) => void heard.ends.push(how),
    onBroken: () => void heard.broken++,
    ...change,
  }
  serveMediaStream(
    (framed) => {
      carrier = framed
      return socket
    },
    async () => () => listener,
    { isOverloaded: false, looked_ms: 0 },
    (why) => void faults.push(why),
  )
  const say = (message: object): void => carrier.onText(Buffer.from(JSON.stringify(message)))
  const frame = (chunk: number, timestamp_ms = chunk * 20): void =>
    say({ event: 'media', media: { chunk: `${chunk}`, timestamp: `${timestamp_ms}`, payload: FRAME } })
  say({ event: 'start', start: { streamSid: 'MZ1', callSid: 'CA1', customParameters: { token: 't' } } })
  await vi.advanceTimersByTimeAsync(0)
  return { carrier, socket, heard, faults, say, frame }
}

it('one in ten of the frames that go on is timed', async () => {
  const { frame, heard } = await streaming()
  for (let chunk = 1; chunk <= 40; chunk++) frame(chunk)
  expect([heard.frames, heard.timed]).toEqual([40, 4])
})

it('frames that came twice, or wait for others, are not timed: nothing was written', async () => {
  const { frame, heard } = await streaming()
  frame(1)
  for (let again = 0; again < 50; again++) frame(1)
  expect(heard.timed).toBe(0)
  const waiting = await streaming({ onAudio: () => false })
  for (let chunk = 1; chunk <= 50; chunk++) waiting.frame(chunk)
  expect(waiting.heard.timed).toBe(0)
})

it('silence in place of frames that did not come is no frame', async () => {
  const { frame, heard } = await streaming()
  frame(1)
  frame(2, 540)
  expect(heard).toMatchObject({ frames: 2, silence_ms: 500 })
  vi.advanceTimersByTime(750)
  expect(heard).toMatchObject({ frames: 2, silence_ms: 1_500 })
})

it('a call that throws at the silence of a pause ends by itself, the others do not notice', async () => {
  const { frame, heard } = await streaming({
    onSilence() {
      throw new Error('a fault of ours')
    },
  })
  frame(1)
  vi.advanceTimersByTime(750)
  expect(heard.broken).toBe(1)
})

it('why it broke is told, but not of a stream that has ended', async () => {
  const broken = await streaming()
  broken.carrier.onError(new Error('The other side sent a message above the size limit.'))
  broken.carrier.onClose(1006, '')
  expect(broken.faults).toEqual(['The other side sent a message above the size limit.'])
  const stopped = await streaming()
  stopped.say({ event: 'stop' })
  stopped.carrier.onError(new Error('read ECONNRESET'))
  expect(stopped.faults).toEqual([])
})

it('a carrier that does not read what it is sent is left, before that fills the memory of all calls', async () => {
  const { frame, socket, heard, faults } = await streaming()
  socket.bufferedBytes = 4_000_000
  frame(1)
  vi.advanceTimersByTime(250)
  expect(heard.ends).toEqual([])
  socket.bufferedBytes = 9_000_000
  frame(2)
  vi.advanceTimersByTime(250)
  expect([heard.ends, faults]).toEqual([['lost'], ['the carrier does not read what it is sent']])
})
