// Sound on its way from a worker to those who listen in, many pieces as one run of bytes: each as a value of its own costs
// more to carry than to hear. Of each piece, big endian:
//   0-3 who listens · 4 voice (0 caller, 1 agent) · 5-12 milliseconds on the call's clock, a double · 13-16 length · µ-law
import type { Voice } from '../platform/ports.ts'

/** Sound for one listener. */
export interface HeardPiece {
  listener_id: number
  voice: Voice
  at_ms: number
  mulaw: Buffer
}

const VOICES: readonly Voice[] = ['caller', 'agent']
const HEAD_BYTES = 17

export function packPieces(pieces: readonly HeardPiece[]): Buffer {
  const bytes = Buffer.allocUnsafe(pieces.reduce((sum, { mulaw }) => sum + HEAD_BYTES + mulaw.length, 0))
  let at = 0
  for (const { listener_id, voice, at_ms, mulaw } of pieces) {
    bytes.writeUInt32BE(listener_id, at)
    bytes[at + 4] = VOICES.indexOf(voice)
    bytes.writeDoubleBE(at_ms, at + 5)
    bytes.writeUInt32BE(mulaw.length, at + 13)
    bytes.set(mulaw, at + HEAD_BYTES)
    at += HEAD_BYTES + mulaw.length
  }
  return bytes
}

/** @param bytes as `packPieces` made them; the sound stays a view of them */
export function unpackPieces(bytes: Buffer): HeardPiece[] {
  const pieces: HeardPiece[] = []
  let at = 0
  while (at < bytes.length) {
    const begin = at + HEAD_BYTES
    const end = begin + bytes.readUInt32BE(at + 13)
    pieces.push({
      listener_id: bytes.readUInt32BE(at),
      voice: VOICES[bytes.readUInt8(at + 4)]!,
      at_ms: bytes.readDoubleBE(at + 5),
      mulaw: bytes.subarray(begin, end),
    })
    at = end
  }
  return pieces
}
