// How large the cards of the wall are while nobody chose it. Pure. Position is memory: a number of calls that wavers
// about a threshold must not lay the wall out anew each time.
import type { Density } from './state.ts'

/** The most calls for which cards are so large. Source: design.md section 1; desktop.md 5b. */
const MOST = { large: 12, medium: 60, compact: 200, row: Number.POSITIVE_INFINITY } as const
/** Larger first. */
const STEPS = ['large', 'medium', 'compact', 'row'] as const satisfies readonly Density[]
/** Cards grow again when so much less than what fits is on: 9 of 12. */
const WELL_BELOW = 0.75
/** And only when it stayed so. Milliseconds. */
const STAYS_MS = 10_000

export interface HeldDensity {
  density: Density
  /** Since when larger cards would do with room to spare. Epoch milliseconds; null while they would not. */
  roomy_since: number | null
}

/** How large cards are for so many calls, when nothing is seen yet. @source design.md section 1; desktop.md 5b */
export function densityFor(calls: number): Density {
  return STEPS.find((density) => calls <= MOST[density]) ?? 'row'
}

/**
 * How large cards are now: smaller as soon as there is no room, larger only after a while with room to spare.
 * @param held what was answered before; null at first
 * @param calls how many are live: those that are over and fade do not count
 * @param now epoch milliseconds
 * @returns the very same object when nothing changed
 * @source design.md principle 5
 */
export function holdDensity(held: HeldDensity | null, calls: number, now: number): HeldDensity {
  if (!held || calls > MOST[held.density]) return { density: densityFor(calls), roomy_since: null }
  const larger = densityFor(Math.ceil(calls / WELL_BELOW))
  if (STEPS.indexOf(larger) >= STEPS.indexOf(held.density)) {
    return held.roomy_since === null ? held : { ...held, roomy_since: null }
  }
  if (held.roomy_since === null) return { ...held, roomy_since: now }
  return now - held.roomy_since >= STAYS_MS ? { density: larger, roomy_since: null } : held
}
