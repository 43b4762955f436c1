// What comes in on the relay's sockets: events and notices as text, a call's audio as bytes, and why a socket closed. Pure.
import { z } from 'zod'
import type { ListenMessage } from './bridge.ts'
import { CLOSE_CODES, RelayEvent, SocketNotice } from './events.ts'
import { parseJson } from './relay-answers.ts'

const SPEAKERS = ['caller', 'agent'] as const
const AUDIO_HEADER_BYTES = 8

const SocketMessage = z.union([SocketNotice, RelayEvent])

/** @returns null for what this console does not know. @source events.ts */
export function parseMessage(data: unknown): z.output<typeof SocketMessage> | null {
  const parsed = SocketMessage.safeParse(typeof data === 'string' ? parseJson(data) : null)
  return parsed.success ? parsed.data : null
}

/**
 * One binary message of the listen socket.
 * @param data byte 0 the speaker, byte 1 the kind (0 audio, 1 flush), bytes 4 to 7 the call's clock in milliseconds,
 *   big-endian, then mu-law
 * @returns null for what is not a message of ours
 * @source product text, "GET /calls/{call_sid}/listen"
 */
export function parseAudio(data: unknown): ListenMessage | null {
  if (!(data instanceof ArrayBuffer) || data.byteLength < AUDIO_HEADER_BYTES) return null
  const view = new DataView(data)
  if (view.getUint8(1) === 1) return { type: 'flush', speaker: 'agent' }
  const speaker = SPEAKERS[view.getUint8(0)]
  if (!speaker) return null
  const mulaw = new Uint8Array(data, AUDIO_HEADER_BYTES)
  return { type: 'audio', piece: { speaker, at_ms: view.getUint32(4), mulaw } }
}

/** Why the audio of a call ended. @source events.ts, CLOSE_CODES */
export function closeWords(code: number, reason: string): string {
  if (code === CLOSE_CODES.call_over) return 'No relay answers for this call: it is over, or out of reach.'
  if (code === CLOSE_CODES.too_slow) return 'The link is too slow for the audio.'
  if (code === CLOSE_CODES.token_over) return 'The sign-in is over.'
  if (code === CLOSE_CODES.wrong_tenant) return 'Your roles here do not include listening in.'
  return reason || 'The audio link was closed.'
}
