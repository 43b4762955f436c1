// The stamp at the start of every piece of sound: who sent it, which one it is and when. It is sound like any other to
// the bridge, 18 bytes and so 24 base64 characters, which lie the same whatever follows them.

export interface Stamp {
  call: number
  /** From 1, one more for each piece. */
  number: number
  /** On the clock that all processes of this machine share. */
  sent_us: number
}

export const STAMP_BYTES = 18
export const STAMP_CHARS = 24
const MAGIC = [0xa5, 0x5a] as const
const HIGH = 2 ** 32

/** Microseconds on CLOCK_MONOTONIC, which is the same for all processes of a machine. */
const offset_us = Number(process.hrtime.bigint() / 1_000n) - performance.now() * 1_000
export const nowUs = (): number => Math.round(performance.now() * 1_000 + offset_us)

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const VALUE_OF = new Uint8Array(256)
for (const [value, character] of ALPHABET.entries()) VALUE_OF[character] = value

const scratch = Buffer.alloc(STAMP_BYTES)

/** @param mask every character is written xor this: 0, or what the frame around it is masked with */
export function writeStamp(target: Buffer, at: number, { call, number, sent_us }: Stamp, mask = 0): void {
  scratch[0] = MAGIC[0]
  scratch[1] = MAGIC[1]
  scratch.writeUInt16BE(call, 2)
  scratch.writeUInt32BE(number, 4)
  scratch.writeUInt16BE(Math.floor(sent_us / HIGH), 8)
  scratch.writeUInt32BE(sent_us % HIGH, 10)
  for (let from = 0, to = at; from < STAMP_BYTES; from += 3, to += 4) {
    const group = (scratch[from]! << 16) | (scratch[from + 1]! << 8) | scratch[from + 2]!
    target[to] = ALPHABET[group >> 18]! ^ mask
    target[to + 1] = ALPHABET[(group >> 12) & 63]! ^ mask
    target[to + 2] = ALPHABET[(group >> 6) & 63]! ^ mask
    target[to + 3] = ALPHABET[group & 63]! ^ mask
  }
}

/** @returns null when this is not the start of one of our pieces */
export function readStamp(source: Buffer, at: number): Stamp | null {
  for (let from = at, to = 0; to < STAMP_BYTES; from += 4, to += 3) {
    const group =
      (VALUE_OF[source[from]!]! << 18) |
      (VALUE_OF[source[from + 1]!]! << 12) |
      (VALUE_OF[source[from + 2]!]! << 6) |
      VALUE_OF[source[from + 3]!]!
    scratch[to] = group >> 16
    scratch[to + 1] = (group >> 8) & 255
    scratch[to + 2] = group & 255
  }
  return stampOf(scratch, 0)
}

/** Of decoded sound. */
export function stampOf(bytes: Buffer, at: number): Stamp | null {
  if (bytes[at] !== MAGIC[0] || bytes[at + 1] !== MAGIC[1]) return null
  return {
    call: bytes.readUInt16BE(at + 2),
    number: bytes.readUInt32BE(at + 4),
    sent_us: bytes.readUInt16BE(at + 8) * HIGH + bytes.readUInt32BE(at + 10),
  }
}
