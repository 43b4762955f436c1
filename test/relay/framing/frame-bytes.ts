// Frames as bytes, right and wrong ones: every field can be said, and nothing is checked.

export interface RawFrame {
  opcode: number
  fin?: boolean
  /** The three bits after FIN, 0 to 7. */
  rsv?: number
  /** Four bytes; none is an unmasked frame. */
  mask?: Buffer | null
  payload?: Uint8Array | string
  /** How the length is written: 7, 16 or 64 bits. The shortest that fits when not said. */
  length_bits?: 7 | 16 | 64
  /** What the length says, when it is not the payload's. */
  says_bytes?: number | bigint
}

export const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

export function frameBytes({ opcode, fin = true, rsv = 0, mask = null, payload = '', ...frame }: RawFrame): Buffer {
  const body = Buffer.from(payload as Uint8Array)
  const says = BigInt(frame.says_bytes ?? body.length)
  const length = lengthBytes(says, frame.length_bits ?? (says < 126n ? 7 : says < 65_536n ? 16 : 64))
  length[0] = length[0]! | (mask ? 0x80 : 0)
  if (mask) for (let i = 0; i < body.length; i++) body[i] = body[i]! ^ mask[i & 3]!
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]), length, mask ?? Buffer.alloc(0), body])
}

function lengthBytes(says: bigint, bits: 7 | 16 | 64): Buffer {
  if (bits === 7) return Buffer.from([Number(says & 0x7fn)])
  const bytes = Buffer.alloc(bits === 16 ? 3 : 9)
  bytes[0] = bits === 16 ? 126 : 127
  if (bits === 16) bytes.writeUInt16BE(Number(says & 0xffffn), 1)
  else bytes.writeBigUInt64BE(says, 1)
  return bytes
}

/** A close frame's payload, of any code. */
export function closePayload(code: number, reason: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(code)
  return Buffer.concat([bytes, Buffer.from(reason as Uint8Array)])
}

/** The bytes in pieces of their own memory, as a socket gives them. */
export function cut(bytes: Uint8Array, at: number[]): Buffer[] {
  const edges = [0, ...at, bytes.length]
  return edges.slice(1).map((end, i) => Buffer.from(bytes.subarray(edges[i], end)))
}

/** In pieces of so many bytes. */
export function cutEvery(bytes: Uint8Array, size: number): Buffer[] {
  return cut(
    bytes,
    Array.from({ length: Math.max(0, Math.ceil(bytes.length / size) - 1) }, (_, i) => (i + 1) * size),
  )
}
