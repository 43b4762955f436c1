import { describe, expect, it } from 'vitest'
import type { HeldDensity } from '../../../../desktop/renderer/store/density.ts'
import { densityFor, holdDensity } from '../../../../desktop/renderer/store/density.ts'

const at = (seconds: number) => seconds * 1000
/** What is held after so many calls at each second. */
const heldAfter = (calls: readonly number[], from: HeldDensity | null = null) =>
  calls.reduce<HeldDensity | null>((held, count, second) => holdDensity(held, count, at(second)), from)

describe('how large cards are', () => {
  it('depends on how many calls there are', () => {
    expect([12, 13, 60, 61, 200, 201].map(densityFor)).toEqual([
      'large',
      'medium',
      'medium',
      'compact',
      'compact',
      'row',
    ])
  })

  it('does not waver with the number of calls about a threshold', () => {
    const wavering = Array.from({ length: 45 }, (_, second) => (second % 3 === 0 ? 13 : 11))
    const seen = new Set<string>()
    let held: HeldDensity | null = null
    wavering.forEach((count, second) => {
      held = holdDensity(held, count, at(second))
      seen.add(held.density)
    })
    expect([...seen]).toEqual(['medium'])
  })

  it('gets smaller at once, when there is no room any more', () => {
    expect(heldAfter([12, 13])?.density).toBe('medium')
    expect(heldAfter([12, 230])?.density).toBe('row')
  })

  it('gets larger only well below the threshold, and after a while of staying there', () => {
    expect(heldAfter([13, ...Array<number>(60).fill(10)])?.density).toBe('medium')
    expect(heldAfter([13, ...Array<number>(10).fill(9)])?.density).toBe('medium')
    expect(heldAfter([13, ...Array<number>(12).fill(9)])?.density).toBe('large')
    expect(heldAfter([13, 9, 9, 9, 9, 9, 9, 10, 9, 9, 9, 9, 9, 9])?.density).toBe('medium')
  })

  it('is the same object while nothing changed, so that nobody is told', () => {
    const held = holdDensity(null, 20, 0)
    expect(holdDensity(held, 21, at(1))).toBe(held)
  })
})
