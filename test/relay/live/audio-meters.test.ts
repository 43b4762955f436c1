// Where a delay is counted.
import { expect, test } from 'vitest'
import { AudioMeters } from '../../../relay/live/audio-meters.ts'
import { ADDED_DELAY_BOUNDS_MS } from '../../../shared/contract/calls.ts'

test('each delay is counted once, in the first bucket that holds it', () => {
  const { added_delay } = new AudioMeters()
  for (const bound of ADDED_DELAY_BOUNDS_MS) added_delay.add(bound)
  added_delay.add(0)
  added_delay.add(251)
  expect(added_delay.totals.counts).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
  expect(added_delay.totals.sum_ms).toBeCloseTo(ADDED_DELAY_BOUNDS_MS.reduce<number>((sum, ms) => sum + ms, 251))
})
