// What is read of the model's messages without parsing them: their type, and its voice. An audio delta is a few thousand
// letters of base64 between names that never change. Whatever does not look exactly like one is left to the ordinary way.
// Walk (i). Source: protocols D.6.

export interface ScannedDelta {
  response_id: string
  item_id: string
  delta: string
}

const TYPES = ['response.output_audio.delta', 'response.audio.delta'].map((type) => Buffer.from(`"type":"${type}"`))
const TYPE_AHEAD = Buffer.from('{"type":"')
const RESPONSE = Buffer.from('"response_id":"')
const ITEM = Buffer.from('"item_id":"')
const DELTA = Buffer.from('"delta":"')
const QUOTE = 0x22
const BACKSLASH = 0x5c
const BRACE = 0x7b
/** The names stand before the sound, so little is searched. */
const HEAD_BYTES = 512

/** @returns null for a message that has to be parsed */
export function scanDelta(message: Buffer): ScannedDelta | null {
  const head = message.subarray(0, HEAD_BYTES)
  if (!TYPES.some((type) => head.includes(type))) return null
  // One object with plain texts: nothing nested, nothing escaped.
  if (head.indexOf(BRACE, 1) >= 0 || message.indexOf(BACKSLASH) >= 0) return null
  const response_id = textAfter(head, RESPONSE)
  const item_id = textAfter(head, ITEM)
  const from = head.indexOf(DELTA)
  const end = from < 0 ? -1 : message.indexOf(QUOTE, from + DELTA.length)
  if (response_id === null || item_id === null || end < 0) return null
  return { response_id, item_id, delta: message.toString('latin1', from + DELTA.length, end) }
}

/** @returns the type of a message that begins with it; empty for any other */
export function typeAhead(message: Buffer): string {
  const from = TYPE_AHEAD.length
  if (message.length < from || TYPE_AHEAD.compare(message, 0, from) !== 0) return ''
  return message.toString('latin1', from, Math.max(from, message.indexOf(QUOTE, from)))
}

function textAfter(head: Buffer, name: Buffer): string | null {
  const from = head.indexOf(name)
  const end = from < 0 ? -1 : head.indexOf(QUOTE, from + name.length)
  return end < 0 ? null : head.toString('latin1', from + name.length, end)
}
