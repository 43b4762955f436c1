// Listening in: what a listener is given of the two voices, and when.
import { expect, it } from 'vitest'
import { AudioTap } from '../../../relay/live/audio-tap.ts'
import type { TapListener } from '../../../relay/platform/ports.ts'

const FRAME_MS = 20
const voiced = (ms: number, byte: number) => Buffer.alloc(ms * 8, byte).toString('base64')

function listener() {
  const given: string[] = []
  const listener: TapListener = {
    onPiece: (voice, at_ms, mulaw) => void given.push(`${voice} ${at_ms} ${mulaw.length / 8} ms of ${mulaw[0]}`),
    onFlush: () => void given.push('flush'),
    onClose: () => void given.push('close'),
  }
  return { given, listener }
}

function listened() {
  const tap = new AudioTap()
  const { given, listener: first } = listener()
  const stop = tap.add(first, 0)
  /** The caller's frames from one moment to another. */
  const callerSpeaks = (from_ms: number, to_ms: number): void => {
    for (let at = from_ms; at < to_ms; at += FRAME_MS) tap.hearCaller(voiced(FRAME_MS, 1), at)
  }
  return { tap, given, stop, callerSpeaks }
}

it('ten times a second, with every byte of both voices and when each is heard', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_100)
  tap.hearAgent(voiced(200, 2), 1_100, 1_100)
  tap.hearAgent(voiced(200, 2), 1_300, 1_105)
  callerSpeaks(1_110, 1_310)
  expect(given).toEqual([
    'caller 1000 100 ms of 1',
    'agent 1100 200 ms of 2',
    'caller 1110 100 ms of 1',
    'agent 1300 200 ms of 2',
    'caller 1210 100 ms of 1',
  ])
})

it('what was said until then is given before what the agent was about to say is dropped', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_040)
  tap.hearAgent(voiced(200, 2), 1_040, 1_040)
  tap.hearAgent(voiced(200, 3), 1_240, 1_042)
  tap.flush(1_080)
  callerSpeaks(1_100, 1_220)
  expect(given).toEqual(['caller 1000 40 ms of 1', 'agent 1040 40 ms of 2', 'flush', 'caller 1100 100 ms of 1'])
})

it('sounds of two answers are two pieces', () => {
  const { tap, given } = listened()
  tap.hearAgent(voiced(50, 2), 1_000, 1_000)
  tap.hearAgent(voiced(50, 3), 4_000, 4_000)
  expect(given).toEqual(['agent 1000 50 ms of 2', 'agent 4000 50 ms of 3'])
})

it('the last sounds of a call are given before its end', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_040)
  tap.hearAgent(voiced(50, 2), 1_040, 1_040)
  tap.close(1_050)
  tap.hearAgent(voiced(50, 2), 1_090, 1_090)
  expect(given).toEqual(['caller 1000 40 ms of 1', 'agent 1040 50 ms of 2', 'close'])
})

it('what came while the line stands still is given in time', () => {
  const { tap, given } = listened()
  tap.hearAgent(voiced(50, 2), 1_000, 1_000)
  tap.tick(2_000)
  expect(given).toEqual(['agent 1000 50 ms of 2'])
})

it('one who comes later is given nothing of what was collected for another', () => {
  const { tap, given, stop, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_080)
  stop()
  expect(tap.isOpen).toBe(false)
  const later = listener()
  tap.add(later.listener, 5_000)
  callerSpeaks(5_000, 5_120)
  expect(later.given).toEqual(['caller 5000 120 ms of 1'])
  expect(given).toEqual([])
})

it('one who comes in the middle of an answer is given what of it the caller has not heard, once', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_020)
  // Two seconds that come within half of one.
  for (let n = 0; n < 10; n++) tap.hearAgent(voiced(200, n + 2), 1_020 + n * 200, 1_020 + n * 50)
  callerSpeaks(1_520, 2_100)
  const later = listener()
  tap.add(later.listener, 2_100)
  callerSpeaks(2_100, 2_300)
  expect(later.given).toEqual(['caller 2040 100 ms of 1', 'agent 2100 920 ms of 7', 'caller 2140 100 ms of 1'])
  const agent = given.filter((piece) => piece.startsWith('agent')).map((piece) => Number(piece.split(' ')[2]))
  expect(agent.reduce((sum, ms) => sum + ms)).toBe(2_000)
})

it('one who comes before a short word is given it, though it has been heard by then', () => {
  const tap = new AudioTap()
  const { listener: first, given } = listener()
  tap.add(first, 900)
  tap.hearCaller(voiced(FRAME_MS, 1), 1_000)
  tap.hearAgent(voiced(60, 2), 1_001, 1_001)
  tap.hearCaller(voiced(FRAME_MS, 1), 1_100)
  expect(given).toContain('agent 1001 60 ms of 2')
})

it('of an answer that was cut off or is over nothing is given', () => {
  const tap = new AudioTap()
  tap.hearAgent(voiced(4_000, 2), 1_000, 1_000)
  tap.flush(1_500)
  tap.hearAgent(voiced(200, 3), 2_000, 2_000)
  const later = listener()
  tap.add(later.listener, 3_000)
  tap.hearCaller(voiced(FRAME_MS, 1), 3_000)
  tap.hearCaller(voiced(FRAME_MS, 1), 3_100)
  expect(later.given).toEqual(['caller 3000 40 ms of 1'])
})

it('an answer of minutes that came at once is given five seconds ahead, and every byte of it in the end', () => {
  const { tap, given, callerSpeaks } = listened()
  tap.hearAgent(voiced(180_000, 2), 1_000, 1_000)
  callerSpeaks(1_000, 2_000)
  const later = listener()
  tap.add(later.listener, 2_000)
  callerSpeaks(2_000, 182_100)
  const lengths = (pieces: string[]) =>
    pieces.filter((piece) => piece.startsWith('agent')).map((piece) => Number(piece.split(' ')[2]))
  const sum = (pieces: string[]) => lengths(pieces).reduce((all, ms) => all + ms, 0)
  expect(lengths(given)[0]).toBeLessThanOrEqual(5_100)
  expect([sum(given), sum(later.given)]).toEqual([180_000, 179_000])
  expect(Math.max(...lengths(later.given))).toBeLessThanOrEqual(5_100)
})
