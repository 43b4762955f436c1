// What a relay may say on a two-way media stream: media, mark, clear, and not one field more. Pure.

export type RelayMessage =
  | { event: 'media'; mulaw: Uint8Array }
  | { event: 'mark'; name: string; raw: Record<string, unknown> }
  | { event: 'clear'; raw: Record<string, unknown> }
  | { event: 'invalid'; why: string }

/**
 * Reads one text message of the relay.
 * @returns `invalid` with the reason for anything the network would drop with warning 31951
 * @throws never
 * @source Twilio Media Streams, WebSocket messages to Twilio; error 31951
 */
export function readRelayMessage(text: string, stream_sid: string): RelayMessage {
  const raw = parseObject(text)
  if (!raw) return invalid('not a JSON object')
  if (raw.event !== 'media' && raw.event !== 'mark' && raw.event !== 'clear')
    return invalid(`unknown event ${JSON.stringify(raw.event)}`)
  if (raw.streamSid !== stream_sid) return invalid('streamSid is not this stream')
  const extra = Object.keys(raw).find((key) => key !== 'event' && key !== 'streamSid' && key !== raw.event)
  if (extra !== undefined) return invalid(`unknown field "${extra}"`)
  if (raw.event === 'clear') return 'clear' in raw ? invalid('unknown field "clear"') : { event: 'clear', raw }
  const body = raw[raw.event]
  if (!isObject(body)) return invalid(`"${raw.event}" is missing`)
  return raw.event === 'media' ? readMedia(body) : readMark(body, raw)
}

function readMedia(body: Record<string, unknown>): RelayMessage {
  if (!hasOnly(body, 'payload') || typeof body.payload !== 'string') return invalid('media must be { payload }')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(body.payload)) return invalid('payload is not base64')
  return { event: 'media', mulaw: Buffer.from(body.payload, 'base64') }
}

function readMark(body: Record<string, unknown>, raw: Record<string, unknown>): RelayMessage {
  if (!hasOnly(body, 'name') || typeof body.name !== 'string') return invalid('mark must be { name }')
  return { event: 'mark', name: body.name, raw }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasOnly(body: Record<string, unknown>, key: string): boolean {
  const keys = Object.keys(body)
  return keys.length === 1 && keys[0] === key
}

function invalid(why: string): RelayMessage {
  return { event: 'invalid', why }
}
