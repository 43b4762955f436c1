// The load "talk": what a conversation does and when. The agent speaks 4 s of every 8 s, in pieces of 200 ms that come
// four times faster than they are played; in every second turn the caller speaks into it.

export const TURN_MS = 8_000
export const PIECE_MS = 200
const PIECES = 20
const PIECE_EVERY_MS = 50
const GREETING_PIECES = 5

export type Deed = 'answer' | 'piece' | 'end' | 'caller_starts' | 'cut_in' | 'caller_stops' | 'caller_written'
export interface Step {
  at_ms: number
  deed: Deed
}

const pieces = (count: number): Step[] =>
  Array.from({ length: count }, (_, index) => ({ at_ms: index * PIECE_EVERY_MS, deed: 'piece' }))

export const GREETING: Step[] = [
  { at_ms: 0, deed: 'answer' },
  ...pieces(GREETING_PIECES),
  { at_ms: GREETING_PIECES * PIECE_EVERY_MS, deed: 'end' },
]
export const HEARD_OUT: Step[] = [
  { at_ms: 0, deed: 'answer' },
  ...pieces(PIECES),
  { at_ms: PIECES * PIECE_EVERY_MS, deed: 'end' },
  { at_ms: 4_600, deed: 'caller_starts' },
  { at_ms: 7_300, deed: 'caller_stops' },
  { at_ms: 7_500, deed: 'caller_written' },
]
/** The model is about to send its last piece, and the carrier has played a quarter of what it has. */
export const INTERRUPTED: Step[] = [
  { at_ms: 0, deed: 'answer' },
  ...pieces(PIECES - 1),
  { at_ms: (PIECES - 1) * PIECE_EVERY_MS - 25, deed: 'cut_in' },
  { at_ms: 3_000, deed: 'caller_stops' },
  { at_ms: 3_200, deed: 'caller_written' },
]
