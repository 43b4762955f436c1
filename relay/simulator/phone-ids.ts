// Identifiers and dates as the phone network writes them.
import { randomBytes } from 'node:crypto'

/** @returns e.g. `CA` and 32 hexadecimal digits */
export function newSid(prefix: 'CA' | 'MZ' | 'PN'): string {
  return prefix + randomBytes(16).toString('hex')
}

/** @returns e.g. `Mon, 23 Nov 2026 10:00:00 +0000` (RFC 2822, UTC) */
export function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}
