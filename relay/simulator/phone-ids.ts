// Identifiers and dates as the phone network writes them.
import { createHash, randomBytes } from 'node:crypto'

/** @returns e.g. `CA` and 32 hexadecimal digits */
export function newSid(prefix: 'CA' | 'MZ'): string {
  return prefix + randomBytes(16).toString('hex')
}

/** The SID of a number: the same at every start, as a bought number keeps its name. */
export function numberSid(phone_number: string): string {
  return `PN${createHash('md5').update(phone_number).digest('hex')}`
}

/** @returns e.g. `Mon, 23 Nov 2026 10:00:00 +0000` (RFC 2822, UTC) */
export function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}
