// One media stream with a socket in the test's hand: what is told of it, counted and logged.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FramedListener } from '../../../relay/framing/framed.ts'
import type { MediaStreamListener } from '../../../relay/live/live-ports.ts'
import { serveMediaStream } from '../../../relay/twilio/media-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const FRAME = Buffer.alloc(160, 0x7f).toString('base64')

async function streaming(change: Partial<MediaStreamListener> = {}, admitted: Promise<void> = Promise.resolve()) {
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
  const heard = { frames: 0, silence_ms: 0, stale: 0, timed: 0, ends: [] as string[], broken: 0 }
  const pressure = { isOverloaded: false, looked_ms: 0 }
  const faults: string[] = []
  const listener: MediaStreamListener = {
    onAudio() {
      heard.frames++
      return true
    },
    onSilence: (payload) => {
      heard.silence_ms += Buffer.from(payload, 'base64').length / 8
    },
    onStale: () => void heard.stale++,
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
    () => admitted.then(() => () => listener),
    pressure,
    (why) => void faults.push(why),
  )
  const say = (message: object): void => carrier.onText(Buffer.from(JSON.stringify(message)))
  const frame = (chunk: number, timestamp_ms = chunk * 20): void =>
    say({ event: 'media', media: { chunk: `${chunk}`, timestamp: `${timestamp_ms}`, payload: FRAME } })
  say({ event: 'start', start: { streamSid: 'MZ1', callSid: 'CA1', customParameters: { token: 't' } } })
  await vi.advanceTimersByTimeAsync(0)
  return { carrier, socket, pressure, heard, faults, say, frame }
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

it('while the process is behind, a frame that is too old is not passed on, and silence takes its place', async () => {
  const { frame, heard, pressure } = await streaming()
  frame(1)
  pressure.looked_ms = 3_000
  frame(2)
  expect(heard).toMatchObject({ frames: 2, stale: 0, silence_ms: 0 })
  pressure.isOverloaded = true
  // All of these took more than two seconds longer to come than the first; the next took two.
  for (let chunk = 3; chunk <= 50; chunk++) frame(chunk)
  expect(heard).toMatchObject({ frames: 2, stale: 48, silence_ms: 0 })
  frame(51)
  expect(heard).toMatchObject({ frames: 3, stale: 48, silence_ms: 48 * 20 })
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

const press = (digit: unknown) => ({ event: 'dtmf', dtmf: { track: 'inbound_track', digit } })

it('of the keys of a call the first 500 are told, each of them, and no more', async () => {
  const digits: string[] = []
  const strange: string[] = []
  const { say } = await streaming({
    onDigit: (digit) => void digits.push(digit),
    onMalformed: (what) => void strange.push(what),
  })
  for (let times = 0; times < 600; times++) say(press('0123456789*#'[times % 12]))
  expect([digits.length, digits.slice(8, 13)]).toEqual([500, ['8', '9', '*', '#', '0']])
  expect(strange).toEqual(Array(100).fill('more than 500 keys'))
})

it('what is no key of a telephone is none', async () => {
  const digits: string[] = []
  const { say } = await streaming({ onDigit: (digit) => void digits.push(digit) })
  for (const digit of ['1', '12', '', 'x'.repeat(60_000), 5, null, 'D']) say(press(digit))
  expect(digits).toEqual(['1', 'D'])
})

it('all that is said in the ten seconds that a token may be checked is heard, in order, and no more than fits is kept', async () => {
  let let_in = (): void => {}
  const admitted = new Promise<void>((resolve) => {
    let_in = resolve
  })
  const marks: string[] = []
  const { frame, say, heard } = await streaming({ onMark: (name) => void marks.push(name) }, admitted)
  for (let chunk = 1; chunk <= 490; chunk++) frame(chunk)
  say({ event: 'mark', mark: { name: 'within' } })
  for (let times = 0; times < 100; times++) say({ event: 'mark', mark: { name: 'x'.repeat(60_000) } })
  let_in()
  await vi.advanceTimersByTimeAsync(0)
  expect([heard.frames, marks[0]]).toEqual([490, 'within'])
  expect(marks.length).toBeLessThan(5)
})
