import { describe, expect, it } from 'vitest'
import { instantOf } from '../../../relay/analytics/period.ts'

describe('period', () => {
  it.each([
    ['2026-03-01', 'UTC', 'start', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01', 'UTC', 'end', '2026-03-02T00:00:00.000Z'],
    ['2026-03-01', 'Asia/Kolkata', 'start', '2026-02-28T18:30:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', 'start', '2026-03-28T23:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', 'end', '2026-03-29T22:00:00.000Z'],
    ['2026-11-01', 'America/New_York', 'end', '2026-11-02T05:00:00.000Z'],
    // Clocks that skip midnight: the day begins at one.
    ['2026-09-06', 'America/Santiago', 'start', '2026-09-06T04:00:00.000Z'],
    ['2026-09-05', 'America/Santiago', 'end', '2026-09-06T04:00:00.000Z'],
    // And clocks that show it twice: with the first.
    ['2026-11-01', 'America/Havana', 'start', '2026-11-01T04:00:00.000Z'],
    ['2026-03-01T10:00:00+02:00', 'Asia/Kolkata', 'start', '2026-03-01T08:00:00.000Z'],
  ] as const)('%s in %s as %s is %s', (text, zone, edge, instant) =>
    expect(instantOf(text, zone, edge).toISOString()).toBe(instant),
  )
})
