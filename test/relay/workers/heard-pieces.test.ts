// What those who listen in hear crosses from a worker as it was.
import { expect, it } from 'vitest'
import { givePiece, pieceOf } from '../../../relay/platform/heard-piece.ts'
import type { Voice } from '../../../relay/platform/ports.ts'
import { packPieces, unpackPieces } from '../../../relay/workers/heard-pieces.ts'

interface Heard {
  listener_id: number
  voice: Voice
  at_ms: number
  mulaw: Buffer
}

it('brings every piece to its listener, with its voice, its time and every byte', () => {
  const said: Heard[] = [
    { listener_id: 1, voice: 'caller', at_ms: 0, mulaw: Buffer.alloc(0) },
    { listener_id: 4_294_967_295, voice: 'agent', at_ms: 7_200_000.5, mulaw: Buffer.from([0, 1, 255]) },
    { listener_id: 2, voice: 'caller', at_ms: -1, mulaw: Buffer.alloc(120_000, 7) },
  ]
  const packed = packPieces(
    said.map(({ listener_id, voice, at_ms, mulaw }) => ({ listener_id, piece: pieceOf(voice, at_ms, mulaw) })),
  )
  const heard: Heard[] = []
  for (const { listener_id, piece } of unpackPieces(packed))
    givePiece(piece, {
      onPiece: (voice, at_ms, mulaw) => void heard.push({ listener_id, voice, at_ms, mulaw }),
      onFlush() {},
      onClose() {},
    })
  expect(heard).toEqual(said)
  expect(unpackPieces(packPieces([]))).toEqual([])
})
