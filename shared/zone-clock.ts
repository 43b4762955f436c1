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
