// The one message that comes fifty times a second, read without parsing it. Whatever does not look exactly like it is
// left to the ordinary way. Walk (i). Source: protocols B.1, the media message.

export interface ScannedMedia {
  payload: string
  chunk: number
  timestamp_ms: number
}

const BEGINNING = Buffer.from('{"event":"media"')
const CHUNK = Buffer.from('"chunk":"')
const TIMESTAMP = Buffer.from('"timestamp":"')
const PAYLOAD = Buffer.from('"payload":"')
const QUOTE = 0x22
const LONGEST_BYTES = 4_096
const BACKSLASH = 0x5c

/** @returns null for a message that has to be parsed */
export function scanMedia(message: Buffer): ScannedMedia | null {
  if (message.length < BEGINNING.length || message.length > LONGEST_BYTES) return null
  if (message.compare(BEGINNING, 0, BEGINNING.length, 0, BEGINNING.length) !== 0) return null
  const from = message.indexOf(PAYLOAD, BEGINNING.length)
  if (from < 0) return null
  const begin = from + PAYLOAD.length
  const end = message.indexOf(QUOTE, begin)
  // An escape would make a quote no end, and a name inside a text no name.
  if (end < 0 || message.indexOf(BACKSLASH) >= 0) return null
  const chunk = numberAfter(message, CHUNK)
  const timestamp_ms = numberAfter(message, TIMESTAMP)
  if (chunk === null || timestamp_ms === null) return null
  const payload = message.toString('latin1', begin, end)
  return { payload, chunk, timestamp_ms }
}

/** Digits up to the closing quote; null when there is anything else. */
function numberAfter(message: Buffer, name: Buffer): number | null {
  const from = message.indexOf(name, BEGINNING.length)
  if (from < 0) return null
  let value = 0
  for (let at = from + name.length; at < message.length; at++) {
    const byte = message[at]!
    if (byte === QUOTE) return at === from + name.length ? null : value
    if (byte < 0x30 || byte > 0x39) return null
    value = value * 10 + byte - 0x30
  }
  return null
}
