// The words of RFC 6455 that reading and writing frames share: opcodes, close codes, and what a refusal says. Pure.

export type Role = 'server' | 'client'

/** Source: RFC 6455, 5.2. */
export const CONTINUATION = 0x0
export const TEXT = 0x1
export const BINARY = 0x2
export const CLOSE = 0x8
export const PING = 0x9
export const PONG = 0xa
export const FIN = 0x80
export const RESERVED_BITS = 0x70
export const MASKED = 0x80
export const OPCODE_BITS = 0x0f
export const LENGTH_BITS = 0x7f
export const LENGTH_16 = 126
export const LENGTH_64 = 127
export const MASK_BYTES = 4
export const MAX_CONTROL_BYTES = 125

/** Source: RFC 6455, 7.1.5: what is reported when a close frame had no code, and when there was no close frame. */
export const NO_CODE = 1005
export const NO_CLOSE_FRAME = 1006

export const EMPTY: Buffer = Buffer.alloc(0)

/**
 * Whether a close frame may carry this code.
 * @throws never
 * @source RFC 6455, 7.4; IANA's registry of close codes (1012 to 1014); as `ws`
 */
export function mayBeSent(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_CODE && code !== NO_CLOSE_FRAME
}

/** Every reason to refuse what the other side sends: the close code it is told, and a sentence for our own log. */
const REFUSALS = {
  reserved_bits: [1002, 'The other side set reserved bits of a frame, although no extension was agreed.'],
  unknown_opcode: [1002, 'The other side sent a frame of a kind that does not exist.'],
  continues_nothing: [1002, 'The other side continued a message that had not begun.'],
  message_in_message: [1002, 'The other side began a message before the fragmented one before it was complete.'],
  fragmented_control: [1002, 'The other side sent a control frame in fragments.'],
  control_length: [1002, 'The other side sent a control frame of a length that is not allowed.'],
  mask_missing: [1002, 'The client sent a frame that is not masked.'],
  mask_unexpected: [1002, 'The server sent a masked frame.'],
  close_code: [1002, 'The other side closed with a code that may not be sent.'],
  not_utf8: [1007, 'The other side sent text that is not UTF-8.'],
  too_many_fragments: [1008, 'The other side cut one message into too many fragments.'],
  too_many_frames: [1008, 'The other side sent more messages in a short time than a call can need.'],
  too_big: [1009, 'The other side sent a message above the size limit.'],
  length_unsafe: [1009, 'The other side announced a frame longer than 2^53 - 1 bytes.'],
} as const satisfies Record<string, readonly [number, string]>

export type FrameRule = keyof typeof REFUSALS
export const FRAME_RULES = Object.keys(REFUSALS) as FrameRule[]

/** Something the other side sent breaks a rule: the connection ends with `close_code`. */
export class FrameRefusal extends Error {
  readonly rule: FrameRule
  readonly close_code: number

  constructor(rule: FrameRule) {
    const [close_code, sentence] = REFUSALS[rule]
    super(sentence)
    this.name = 'FrameRefusal'
    this.rule = rule
    this.close_code = close_code
  }
}
