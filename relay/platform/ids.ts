// Ids and secrets: a prefix that says what it names, then time-ordered or random letters and digits.
import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function base32(bytes: Uint8Array, length: number): string {
  let text = ''
  for (let index = 0; index < length; index++) text += ALPHABET[(bytes[index] ?? 0) & 31]
  return text
}

function timePart(now_ms: number): string {
  let rest = now_ms
  let text = ''
  for (let index = 0; index < 10; index++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/**
 * A new id that sorts by the time it was made.
 * @param prefix what it names: `agt`, `call`, `usr`, …
 * @source ULID layout (48 bits of milliseconds, 80 bits of chance), Crockford's base 32
 */
export function newId(prefix: string, now: Date): string {
  return `${prefix}_${timePart(now.getTime())}${base32(randomBytes(16), 16)}`
}

/** 256 random bits, base64url: tokens and tickets. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
