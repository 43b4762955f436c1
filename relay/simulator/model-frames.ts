// From a text message to a value. The event that comes 50 times a second is read without a JSON parser. Pure.
import { ModelRefusal } from './model-errors.ts'

const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"'
const QUOTE = 0x22
const CLOSING_BRACE = 0x7d

/**
 * The audio of an append event in its usual spelling.
 * @returns null for anything else, which goes the long way
 * @throws never
 * @source ours; a quotation mark before the end means more fields, which the long way refuses
 */
export function plainAppend(data: Buffer): Buffer | null {
  const end = data.length - 2
  if (end < APPEND_HEAD.length || data.toString('latin1', 0, APPEND_HEAD.length) !== APPEND_HEAD) return null
  if (data.indexOf(QUOTE, APPEND_HEAD.length) !== end || data[end + 1] !== CLOSING_BRACE) return null
  return Buffer.from(data.toString('latin1', APPEND_HEAD.length, end), 'base64')
}

/**
 * The JSON object of a message.
 * @throws ModelRefusal invalid_json
 * @source OpenAI Realtime: messages are JSON text
 */
export function readJson(data: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Answered below: whatever it was, it is no event.
  }
  throw new ModelRefusal(
    'invalid_json',
    'We could not parse the JSON body of your message. The message must be a JSON object.',
  )
}
