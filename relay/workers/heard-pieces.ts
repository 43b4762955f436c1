// Sound on its way from a worker to those who listen in, many pieces as one run of bytes: each as a value of its own costs
// more to carry than to hear. Of each, big endian: 0-3 who listens · 4-7 length · the piece (platform/heard-piece.ts)

/** For one listener, as `pieceOf` made it. */
export interface HeardPiece {
  listener_id: number
  piece: Buffer
}

const HEAD_BYTES = 8

export function packPieces(pieces: readonly HeardPiece[]): Buffer {
  const bytes = Buffer.allocUnsafe(pieces.reduce((sum, { piece }) => sum + HEAD_BYTES + piece.length, 0))
  let at = 0
  for (const { listener_id, piece } of pieces) {
    bytes.writeUInt32BE(listener_id, at)
    bytes.writeUInt32BE(piece.length, at + 4)
    bytes.set(piece, at + HEAD_BYTES)
    at += HEAD_BYTES + piece.length
  }
  return bytes
}

/** @param bytes as `packPieces` made them; the pieces stay views of them */
export function unpackPieces(bytes: Buffer): HeardPiece[] {
  const pieces: HeardPiece[] = []
  let at = 0
  while (at < bytes.length) {
    const begin = at + HEAD_BYTES
    const end = begin + bytes.readUInt32BE(at + 4)
    pieces.push({ listener_id: bytes.readUInt32BE(at), piece: bytes.subarray(begin, end) })
    at = end
  }
  return pieces
}
