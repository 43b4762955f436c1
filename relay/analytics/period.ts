// The ends of a period as people write them: an instant, or a day of the time zone they asked for. Pure.

const DAY = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000

/**
 * @param text an ISO instant, or a day such as 2026-03-01
 * @param edge a day as the start begins at its midnight, as the end it is included whole
 * @param time_zone IANA name, known to be one
 */
export function instantOf(text: string, time_zone: string, edge: 'start' | 'end'): Date {
  if (!DAY.test(text)) return new Date(text)
  const midnight_utc = Date.parse(`${text}T00:00:00Z`) + (edge === 'end' ? DAY_MS : 0)
  // The offset at the guess may be that of the other side of a clock change, so it is taken once more.
  const guess = midnight_utc - offsetMs(midnight_utc, time_zone)
  return new Date(midnight_utc - offsetMs(guess, time_zone))
}

/** How far a zone's clock is ahead of UTC at an instant. */
function offsetMs(at_ms: number, time_zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: time_zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at_ms)
  const get = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return (
    Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second')) -
    Math.floor(at_ms / 1000) * 1000
  )
}
