// How numbers, times and money are written on screen. All through Intl. Source: design.md section 6 ("Words").
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

const MINUS = '−'
/** What stands where there is no value: never 0, never NaN. */
export const MISSING = '–'
const LOCALE = 'en-US'

const wholeNumber = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const dollars = new Intl.NumberFormat(LOCALE, { style: 'currency', currency: 'USD' })
const wholeDollars = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
})
const dollarRate = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 3,
  maximumFractionDigits: 3,
})

const two = (value: number) => String(value).padStart(2, '0')
const minus = (text: string) => text.replace('-', MINUS)

/** @returns `8,412`. @source design.md section 6 */
export function formatCount(value: number): string {
  return minus(wholeNumber.format(value))
}

/** @param usd dollars of one call. @returns `$0.41`. @source design.md section 6 */
export function formatCost(usd: number): string {
  return minus(dollars.format(usd))
}

/** @param usd dollars of a report. @returns `$2,318`; cents below $100, where they still say something. @source design.md section 6 */
export function formatReportCost(usd: number): string {
  return usd < 100 ? formatCost(usd) : minus(wholeDollars.format(usd))
}

/** @param usd dollars a minute. @returns `$0.108`. @source design.md section 6 */
export function formatCostRate(usd: number): string {
  return minus(dollarRate.format(usd))
}

/** @param rate 0 to 1. @returns `83.2%`. @source design.md section 6 */
export function formatRate(rate: number): string {
  return Number.isFinite(rate) ? `${oneDecimal.format(rate * 100)}%` : MISSING
}

/** Length of a call. @returns `04:12`, over an hour `1:04:12`. @source design.md section 6 */
export function formatCallTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`
}

/** How long ago. @returns `0:21`, over an hour `1:04:12`. @source design.md section 6 */
export function formatAge(ms: number): string {
  return formatCallTime(ms).replace(/^0(\d:)/, '$1')
}

/** A delay. @returns `0.9 s`, under 0.1 s `38 ms`, from 10 s `12 s`. @source design.md section 6 */
export function formatDelay(ms: number | null): string {
  if (ms === null) return MISSING
  if (ms < 100) return `${Math.round(ms)} ms`
  return ms < 9_950 ? `${oneDecimal.format(ms / 1000)} s` : `${wholeNumber.format(ms / 1000)} s`
}

/** Seconds since an instant, for words such as `21 s ago`. @returns `21 s`, over a minute `2:40`. @source design.md section 8, live */
export function formatSince(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return seconds < 60 ? `${seconds} s` : formatAge(ms)
}

/** Average length in a report. @param seconds seconds. @returns `2:32`. @source design.md section 8, analytics */
export function formatAverage(seconds: number): string {
  return formatAge(Math.round(seconds) * 1000)
}

/** Clock time of an instant. @returns `12:03:04` in the zone given. @source design.md section 6 */
export function formatClock(at: string, time_zone: string | undefined, seconds = true): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    ...(time_zone ? { timeZone: time_zone } : {}),
  })
  return format.format(new Date(at))
}

/** A date with its time. @returns `18 Nov 09:10`, with the year when it is not this one. @source design.md section 6 */
export function formatDate(at: string, time_zone: string | undefined, now: number): string {
  const zone = time_zone ? { timeZone: time_zone } : {}
  const year = new Intl.DateTimeFormat('en-GB', { year: 'numeric', ...zone })
  const date = new Date(at)
  const day = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(year.format(date) === year.format(new Date(now)) ? {} : { year: 'numeric' as const }),
    ...zone,
  })
  return `${day.format(date)} ${formatClock(at, time_zone, false)}`
}

/** Days from the first to the last. @returns `17–23 Nov`, `28 Oct – 3 Nov`, of one day `18 Nov`. @source design.md section 8, analytics */
export function formatDays(from: string, to: string, time_zone: string | undefined): string {
  const days = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(time_zone ? { timeZone: time_zone } : {}),
  })
  // Newer engines set thin spaces around the dash of a range, older ones none.
  return days
    .formatRange(new Date(from), new Date(to))
    .replace(/\s*–\s*/, ' – ')
    .replace(/^(\d+) – (?=\d+ \D+$)/, '$1–')
}

/** A phone number in full. @param number E.164. @returns `+1 312 555 0188`; anything else as it came. @source ITU-T E.123; design.md section 6 */
export function formatNumber(number: string): string {
  return parsePhoneNumberFromString(number)?.formatInternational() ?? number
}

/**
 * A caller's number with its middle hidden.
 * @param number E.164, or the carrier's word for a withheld caller
 * @returns `+1 415 ••• 0142`; a word as it came
 * @source design.md section 6
 */
export function maskNumber(number: string): string {
  const parsed = parsePhoneNumberFromString(number)
  if (!parsed) return number
  const groups = parsed.formatInternational().split(/[ -]/)
  const [country = '', area = '', ...rest] = groups
  if (rest.length === 0) return `${country} ${hide(area.slice(0, -3))} ${area.slice(-3)}`
  if (rest.length === 1 && rest[0] !== undefined && rest[0].length > 4) {
    return `${country} ${area} ${hide(rest[0].slice(0, -3))} ${rest[0].slice(-3)}`
  }
  const last = rest.at(-1) ?? ''
  const kept = last.length > 4 ? last.slice(-4) : last
  const hidden = rest.slice(0, -1).map(hide)
  return [country, area, ...hidden, kept].join(' ')
}

const hide = (digits: string) => '•'.repeat(digits.length)

/** Last digits of a number, for the smallest card. @returns `0142`. @source design.md section 4, card */
export function lastDigits(number: string): string {
  return /^\+\d+$/.test(number) ? (maskNumber(number).split(' ').at(-1) ?? number) : number
}

/** Letters for a face. @returns `DO` for `Dana Ortiz`. @source design.md section 4, faces */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  const first = words[0]?.[0] ?? ''
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : ''
  return (first + last).toUpperCase()
}

/** @returns `Dana` for `Dana Ortiz`. @source design.md section 4, faces */
export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name
}

/** `1 call`, `12 calls`. @source design.md section 6 */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/** `agent_manager` as `Agent manager`. @source design.md section 6, sentence case */
export function words(name: string): string {
  const text = name.replaceAll('_', ' ').replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
