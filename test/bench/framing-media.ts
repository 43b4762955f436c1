// The media message that the measurement of framing sends: 20 ms of sound with everything the carrier puts around it.
import { frameBytes } from '../relay/framing/frame-bytes.ts'

export const PAYLOAD = Buffer.alloc(160, 0x7f).toString('base64')
export const FRAME_HEAD =
  '{"event":"media","sequenceNumber":"123456","media":{"track":"inbound","chunk":"123455","timestamp":"2469100",' +
  '"payload":"'
export const FRAME_TAIL = '"},"streamSid":"MZ0123456789abcdef0123456789abcdef"}'
/** Where the payload stands: the measurement is of framing, so nobody looks for it. */
export const PAYLOAD_AT = FRAME_HEAD.length
export const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"'
export const APPEND_TAIL = '"}'

/** As a client sends it, 430 bytes in all with its head. */
export function mediaFrame(): Buffer {
  const text = FRAME_HEAD + PAYLOAD + FRAME_TAIL
  const blanks = ' '.repeat(Math.max(0, 430 - 8 - text.length))
  return frameBytes({ opcode: 1, payload: text + blanks, mask: Buffer.from([0x37, 0xfa, 0x21, 0x3d]) })
}
