import { expect, test } from 'vitest'
import { expiringMap } from '../../../relay/local/expiring-map.ts'
import { fakeClock } from '../../support/fake-clock.ts'

test('what is over is not seen, and starts no timer', () => {
  const clock = fakeClock()
  const map = expiringMap<number>(clock)
  map.set('a', 1, 2)
  clock.advance(1_999)
  expect(map.get('a')).toBe(1)
  clock.advance(1)
  expect(map.get('a')).toBeUndefined()
  expect(clock.pending()).toBe(0)
})

test('a hundred thousand short-lived entries are set in no time and do not pile up', () => {
  const clock = fakeClock()
  const map = expiringMap<number>(clock)
  const start = performance.now()
  for (let n = 0; n < 100_000; n++) {
    map.set(`k${n}`, n, 1)
    clock.advance(10)
  }
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(map.get('k0')).toBeUndefined()
  expect(map.get('k99999')).toBe(99_999)
})
