/**
 * What the clocks of a time zone show at an instant, to the second, in milliseconds as if it were UTC.
 * @param time_zone IANA name, known to be one
 */
export function clockOf(time_zone: string): (at_ms: number) => number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: time_zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  })
  return (at_ms) => {
    const parts = clock.formatToParts(at_ms)
    const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value)
    return Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second'))
  }
}

const DAY_MS = 86_400_000

/**
 * The first instant of a day in a zone: its midnight, or what comes after it where the clocks skip that.
 * @param day the day's midnight as if the zone were UTC. Epoch milliseconds
 * @param time_zone IANA name, known to be one
 */
export function dayStart(day: number, time_zone: string): number {
  const shown = clockOf(time_zone)
  // By how the clocks stood the day before, and by how they stand the day after: where they changed, one of them is wrong.
  const found = [day - DAY_MS, day + DAY_MS].map((near) => day - (shown(near) - near))
  // Where the clocks skip midnight the day begins later, and where they show it twice, with the first.
  return Math.min(...found.filter((at) => shown(at) >= day))
}
