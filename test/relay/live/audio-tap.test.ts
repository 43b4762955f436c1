// Listening in: what a listener is given of the two voices, and when.
import { expect, it } from 'vitest'
import { AudioTap } from '../../../relay/live/audio-tap.ts'
import type { TapListener } from '../../../relay/platform/ports.ts'

const FRAME_MS = 20
const voiced = (ms: number, byte: number) => Buffer.alloc(ms * 8, byte).toString('base64')

function listened() {
  const tap = new AudioTap()
  const given: string[] = []
  const listener: TapListener = {
    onPiece: (voice, at_ms, mulaw) => void given.push(`${voice} ${at_ms} ${mulaw.length / 8} ms of ${mulaw[0]}`),
    onFlush: () => void given.push('flush'),
    onClose: () => void given.push('close'),
  }
  const stop = tap.add(listener)
  /** The caller's frames from one moment to another. */
  const callerSpeaks = (from_ms: number, to_ms: number): void => {
    for (let at = from_ms; at < to_ms; at += FRAME_MS) tap.hear('caller', voiced(FRAME_MS, 1), at, at)
  }
  return { tap, given, stop, callerSpeaks }
}

it('ten times a second, with every byte of both voices and when each is heard', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_100)
  tap.hear('agent', voiced(200, 2), 1_100, 1_100)
  tap.hear('agent', voiced(200, 2), 1_300, 1_105)
  callerSpeaks(1_110, 1_310)
  expect(given).toEqual([
    'caller 1000 20 ms of 1',
    'caller 1020 80 ms of 1',
    'agent 1100 200 ms of 2',
    'caller 1110 100 ms of 1',
    'agent 1300 200 ms of 2',
    'caller 1210 100 ms of 1',
  ])
})

it('what the agent was about to say is dropped when it is cut off', () => {
  const { tap, given, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_020)
  tap.hear('agent', voiced(200, 2), 1_050, 1_050)
  tap.flush()
  callerSpeaks(1_100, 1_120)
  expect(given).toEqual(['caller 1000 20 ms of 1', 'flush', 'caller 1100 20 ms of 1'])
})

it('one who comes later is given nothing of what was collected for another', () => {
  const { tap, given, stop, callerSpeaks } = listened()
  callerSpeaks(1_000, 1_080)
  stop()
  expect(tap.isOpen).toBe(false)
  const later: number[] = []
  tap.add({ onPiece: (_voice, at_ms) => void later.push(at_ms), onFlush() {}, onClose() {} })
  callerSpeaks(5_000, 5_020)
  expect(later).toEqual([5_000])
  expect(given).toHaveLength(1)
})
