// Builds WebSocket frames, each whole in one buffer, so that one message is one write. The sound of both directions goes
// out through here: what stays the same of a message is prepared once, and only the payload is put between.
import { applyMask, writeMask } from './frame-mask.ts'
import type { Role } from './frame-rules.ts'
import * as rules from './frame-rules.ts'
import type { Room } from './room.ts'

/** What is the same in every message of a kind: the JSON before and after its payload. */
export class HotFrame {
  readonly head: Buffer
  readonly tail: Buffer

  constructor(head: string, tail: string) {
    this.head = Buffer.from(head)
    this.tail = Buffer.from(tail)
  }
}

const HIGHEST_16_BIT_LENGTH = 0xffff

export class FrameWriter {
  readonly #isMasked: boolean

  constructor(role: Role) {
    this.#isMasked = role === 'client'
  }

  text(payload: string | Uint8Array): Buffer {
    return this.#frame(rules.TEXT, payload)
  }

  binary(payload: Uint8Array): Buffer {
    return this.#frame(rules.BINARY, payload)
  }

  /**
   * A text message between a prepared head and tail.
   * @param payload base64 or other ASCII, already fit for JSON: it is neither escaped nor looked at
   * @param room where to build it if there is space; then it is whole only until the next one
   */
  hot({ head, tail }: HotFrame, payload: string, room?: Room): Buffer {
    const length = head.length + payload.length + tail.length
    const frame = this.#begin(rules.TEXT, length, room)
    const at = frame.length - length
    frame.set(head, at)
    frame.write(payload, at + head.length, 'latin1')
    frame.set(tail, frame.length - tail.length)
    return this.#end(frame, at, room?.holds(frame.length) ? room.words : undefined)
  }

  ping(): Buffer {
    return this.#frame(rules.PING, rules.EMPTY)
  }

  /** @param payload of the ping it answers, at most 125 bytes */
  pong(payload: Uint8Array): Buffer {
    return this.#frame(rules.PONG, payload)
  }

  /** @param body as `closeBody` makes it, or as the other side sent it */
  close(body: Uint8Array): Buffer {
    return this.#frame(rules.CLOSE, body)
  }

  #frame(opcode: number, payload: string | Uint8Array): Buffer {
    const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
    const frame = this.#begin(opcode, length)
    const at = frame.length - length
    if (typeof payload === 'string') frame.write(payload, at)
    else frame.set(payload, at)
    return this.#end(frame, at)
  }

  /** A frame with everything but its mask and its payload, which are its end. */
  #begin(opcode: number, length: number, room?: Room): Buffer {
    const mask_bytes = this.#isMasked ? rules.MASK_BYTES : 0
    const masked = this.#isMasked ? rules.MASKED : 0
    const length_bytes = length <= rules.MAX_CONTROL_BYTES ? 0 : length <= HIGHEST_16_BIT_LENGTH ? 2 : 8
    const size = 2 + length_bytes + mask_bytes + length
    const frame = room?.holds(size) ? room.first(size) : Buffer.allocUnsafe(size)
    frame[0] = rules.FIN | opcode
    if (length_bytes === 0) {
      frame[1] = masked | length
    } else if (length_bytes === 2) {
      frame[1] = masked | rules.LENGTH_16
      frame.writeUInt16BE(length, 2)
    } else {
      frame[1] = masked | rules.LENGTH_64
      frame.writeUInt16BE(0, 2)
      frame.writeUIntBE(length, 4, 6)
    }
    return frame
  }

  #end(frame: Buffer, payload: number, words?: Int32Array): Buffer {
    if (!this.#isMasked) return frame
    writeMask(frame, payload - rules.MASK_BYTES)
    applyMask(frame, payload, frame.length, words)
    return frame
  }
}

/**
 * The payload of a close frame.
 * @param code nothing for a close without a code
 * @param reason cut at the end of a character where it is longer than 123 bytes: it often quotes an error
 * @throws RangeError for a code that may not be sent
 * @source RFC 6455, 5.5.1 and 7.4
 */
export function closeBody(code?: number, reason = ''): Buffer {
  if (code === undefined) return rules.EMPTY
  if (!rules.mayBeSent(code)) throw new RangeError(`A connection cannot be closed with the code ${code}.`)
  const room = Buffer.allocUnsafe(rules.MAX_CONTROL_BYTES)
  const { written } = new TextEncoder().encodeInto(reason, room.subarray(2))
  room.writeUInt16BE(code)
  return room.subarray(0, 2 + written)
}
