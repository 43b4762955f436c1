// What those who listen in hear crosses from a worker as it was.
import { expect, it } from 'vitest'
import { type HeardPiece, packPieces, unpackPieces } from '../../../relay/workers/heard-pieces.ts'

it('brings every piece to its listener, with its voice, its time and every byte', () => {
  const pieces: HeardPiece[] = [
    { listener_id: 1, voice: 'caller', at_ms: 0, mulaw: Buffer.alloc(0) },
    { listener_id: 4_294_967_295, voice: 'agent', at_ms: 7_200_000.5, mulaw: Buffer.from([0, 1, 255]) },
    { listener_id: 2, voice: 'caller', at_ms: -1, mulaw: Buffer.alloc(120_000, 7) },
  ]
  expect(unpackPieces(packPieces(pieces))).toEqual(pieces)
  expect(unpackPieces(packPieces([]))).toEqual([])
})
