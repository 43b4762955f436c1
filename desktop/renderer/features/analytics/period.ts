// Periods of a report and changes against the period before. Pure.
import { clockOf, dayStart } from '../../../../shared/zone-clock.ts'
import { formatCount, MISSING } from '../../lib/format.ts'

export const PERIODS = ['today', '7d', '30d'] as const
export type PeriodName = (typeof PERIODS)[number]
export const PERIOD_WORDS: Record<PeriodName, string> = { today: 'Today', '7d': '7 days', '30d': '30 days' }

/** Instants, the end exclusive. */
export interface Period {
  start: string
  end: string
}

const DAYS: Record<PeriodName, number> = { today: 1, '7d': 7, '30d': 30 }

/**
 * The period up to now, whole days in the tenant's zone, and the one of the same length before it.
 * @param now epoch milliseconds
 * @source design.md section 8, analytics
 */
export function periodOf(name: PeriodName, now: number, time_zone: string): { period: Period; before: Period } {
  const start = midnight(now, time_zone, DAYS[name] - 1)
  const start_before = midnight(now, time_zone, 2 * DAYS[name] - 1)
  return {
    period: periodFrom(start, now),
    // A day of 23 hours among them: what is compared with never reaches into the period itself.
    before: periodFrom(start_before, Math.min(start, start_before + (now - start))),
  }
}

const periodFrom = (start: number, end: number): Period => ({
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
})

/** The first instant of a day, counted by the calendar. @param days_ago 0 for the day of `now` */
function midnight(now: number, time_zone: string, days_ago: number): number {
  const today = new Date(clockOf(time_zone)(now))
  return dayStart(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - days_ago), time_zone)
}

export interface Change {
  direction: 'up' | 'down' | 'same'
  words: string
}

/** A change as a share of what was: `6.2%`, from ten per cent `31%`. Null where there was nothing. @source design.md section 6 */
export function changeOf(now: number, before: number): Change | null {
  if (before === 0) return null
  const share = (now - before) / before
  if (Math.abs(share) < 0.0005) return { direction: 'same', words: 'no change' }
  return { direction: share > 0 ? 'up' : 'down', words: percentWords(Math.abs(share)) }
}

/** A change of a rate in points: `1.1 pts`. @source design.md section 6 */
export function changeOfRate(now: number, before: number): Change {
  const points = (now - before) * 100
  if (Math.abs(points) < 0.05) return { direction: 'same', words: 'no change' }
  return { direction: points > 0 ? 'up' : 'down', words: `${Math.abs(points).toFixed(1)} pts` }
}

/** A change of a duration: `3 s`. @source design.md section 8, analytics */
export function changeOfSeconds(now: number, before: number): Change {
  const seconds = Math.round(now - before)
  if (seconds === 0) return { direction: 'same', words: 'no change' }
  return { direction: seconds > 0 ? 'up' : 'down', words: `${Math.abs(seconds)} s` }
}

/** A round number not below the highest bar, in three steps. @source design.md section 4, chart */
export function scaleTop(highest: number): number {
  if (highest <= 3) return 3
  const magnitude = 10 ** Math.floor(Math.log10(highest / 3))
  const step =
    [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((factor) => factor * magnitude).find((each) => each * 3 >= highest) ??
    magnitude * 10
  return Math.ceil(step) * 3
}

/** A share in per cent, one decimal below ten: `83%`, `7.1%`. @source design.md section 8, analytics */
export function shareWords(part: number, whole: number): string {
  if (whole === 0) return MISSING
  return percentWords(part / whole)
}

const percentWords = (share: number) => `${share >= 0.0995 ? formatCount(share * 100) : (share * 100).toFixed(1)}%`
