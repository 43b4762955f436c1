// The one message that comes fifty times a second, read without parsing it, in one pass over its bytes. Whatever does not
// look exactly like it is left to the ordinary way. Walk (i). Source: protocols B.1, the media message.

export interface ScannedMedia {
  /** Base64, checked. */
  payload: string
  chunk: number
  timestamp_ms: number
}

const BEGINNING = Buffer.from('{"event":"media"')
const CHUNK = Buffer.from('"chunk":"')
const TIMESTAMP = Buffer.from('"timestamp":"')
const PAYLOAD = Buffer.from('"payload":"')
const LONGEST_BYTES = 4_096
const QUOTE = 0x22
const BACKSLASH = 0x5c
const EQUALS = 0x3d
const ZERO = 0x30
const NINE = 0x39

const IS_BASE64 = new Uint8Array(256)
for (const letter of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'))
  IS_BASE64[letter] = 1

/** @returns null for a message that has to be parsed */
export function scanMedia(message: Buffer): ScannedMedia | null {
  if (message.length > LONGEST_BYTES || !standsAt(message, 0, BEGINNING)) return null
  let chunk = -1
  let timestamp_ms = -1
  let begin = 0
  let end = 0
  for (let at = BEGINNING.length; at < message.length; at++) {
    const byte = message[at]!
    // An escape would make a quote no end, and a name inside a text no name.
    if (byte === BACKSLASH) return null
    if (byte !== QUOTE) continue
    if (chunk < 0 && standsAt(message, at, CHUNK)) {
      at += CHUNK.length
      const to = digitsFrom(message, at)
      if (to === at || message[to] !== QUOTE) return null
      chunk = numberOf(message, at, to)
      at = to
    } else if (timestamp_ms < 0 && standsAt(message, at, TIMESTAMP)) {
      at += TIMESTAMP.length
      const to = digitsFrom(message, at)
      if (to === at || message[to] !== QUOTE) return null
      timestamp_ms = numberOf(message, at, to)
      at = to
    } else if (begin === 0 && standsAt(message, at, PAYLOAD)) {
      begin = at + PAYLOAD.length
      end = base64From(message, begin)
      if (end === begin || message[end] !== QUOTE) return null
      at = end
    }
    if (begin > 0 && chunk >= 0 && timestamp_ms >= 0) break
  }
  if (chunk < 0 || timestamp_ms < 0 || begin === 0) return null
  return { payload: message.toString('latin1', begin, end), chunk, timestamp_ms }
}

/** Compared here: asking Node's own comparison costs more than these few bytes. */
function standsAt(message: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (message[at + i] !== text[i]) return false
  return true
}

function digitsFrom(message: Buffer, from: number): number {
  let to = from
  while (to < message.length && message[to]! >= ZERO && message[to]! <= NINE) to++
  return to
}

function numberOf(message: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + message[at]! - ZERO
  return value
}

const areBase64 = (a: number, b: number, c: number, d: number): boolean =>
  (IS_BASE64[a]! & IS_BASE64[b]! & IS_BASE64[c]! & IS_BASE64[d]!) === 1

/** @returns where base64 that is whole (four letters each time) ends; `from` when it is not */
function base64From(message: Buffer, from: number): number {
  let to = from
  // By fours: this is what takes longest of a frame.
  const fours_to = message.length - 4
  while (to < fours_to && areBase64(message[to]!, message[to + 1]!, message[to + 2]!, message[to + 3]!)) to += 4
  while (to < message.length && IS_BASE64[message[to]!] === 1) to++
  for (let padding = 0; padding < 2 && message[to] === EQUALS; padding++) to++
  return (to - from) % 4 === 0 ? to : from
}
