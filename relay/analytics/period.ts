// The ends of a period as people write them: an instant, or a day of the time zone they asked for. Pure.
import { dayStart } from '../../shared/zone-clock.ts'

const DAY = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000

/**
 * @param text an ISO instant, or a day such as 2026-03-01
 * @param edge a day as the start begins at its midnight, as the end it is included whole
 * @param time_zone IANA name, known to be one
 */
export function instantOf(text: string, time_zone: string, edge: 'start' | 'end'): Date {
  if (!DAY.test(text)) return new Date(text)
  const day = Date.parse(`${text}T00:00:00Z`) + (edge === 'end' ? DAY_MS : 0)
  return new Date(dayStart(day, time_zone))
}
