// A piece of a live call's sound on its way to who listens in, between relays and between processes:
//   byte 0 what it is · 1-8 milliseconds on the call's clock, a double, big endian · µ-law
import type { TapListener } from './ports.ts'

const KINDS = ['caller', 'agent', 'flush', 'close'] as const
export type PieceKind = (typeof KINDS)[number]

const HEAD_BYTES = 9

export function pieceOf(kind: PieceKind, at_ms = 0, mulaw: Uint8Array = Buffer.alloc(0)): Buffer {
  const piece = Buffer.allocUnsafe(HEAD_BYTES + mulaw.length)
  piece[0] = KINDS.indexOf(kind)
  piece.writeDoubleBE(at_ms, 1)
  piece.set(mulaw, HEAD_BYTES)
  return piece
}

/** @throws RangeError when it is no piece */
export function givePiece(piece: Buffer, listener: TapListener): void {
  const kind = KINDS[piece.readUInt8(0)]
  if (kind === 'flush') listener.onFlush()
  else if (kind === 'close') listener.onClose()
  else if (kind !== undefined) listener.onPiece(kind, piece.readDoubleBE(1), piece.subarray(HEAD_BYTES))
}
