// Masks of client frames: where their randomness comes from, and laying one over a payload or taking it off again.
import { randomFillSync } from 'node:crypto'
import { MASK_BYTES } from './frame-rules.ts'

/** Asking the system once per frame costs more than the frame. Of the whole process: a pool for each connection is memory. */
const pool = Buffer.allocUnsafeSlow(4_096)
let used = pool.length
/** Measured: below this, making a view of words costs more than it saves. */
const WORDS_FROM_BYTES = 256
/** Less may hold no whole word. */
const FEW_BYTES = 16

/**
 * Writes the next mask, four bytes, into `frame` at `at`: one that nobody can foretell, and none is used twice.
 * @source RFC 6455, 5.3 and 10.3: chosen anew for every frame from a strong source, so that no one who chooses a payload
 *   can choose what an intermediary sees
 */
export function writeMask(frame: Buffer, at: number): void {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  for (let i = 0; i < MASK_BYTES; i++) frame[at + i] = pool[used++]!
}

/**
 * Lays the four bytes before `from` over the bytes of `frame` from `from` to `to`, in place. Twice is as if never.
 * @param words the memory of the frame by fours, from its first byte on, where there is such a view already
 * @throws never
 * @source RFC 6455, 5.3
 */
export function applyMask(frame: Buffer, from: number, to: number, words?: Int32Array): void {
  if (to - from < (words ? FEW_BYTES : WORDS_FROM_BYTES)) return maskBytes(frame, from, to)
  const words_from = from + (-(words ? from : frame.byteOffset + from) & 3)
  const words_to = to - ((to - words_from) & 3)
  maskEdge(frame, from, from, words_from)
  if (words) maskWords(frame, from, words_from, words, words_from >> 2, words_to >> 2)
  else {
    const count = (words_to - words_from) >> 2
    maskWords(frame, from, words_from, new Int32Array(frame.buffer, frame.byteOffset + words_from, count), 0, count)
  }
  maskEdge(frame, from, words_to, to)
}

function maskBytes(frame: Buffer, from: number, to: number): void {
  const a = frame[from - 4]!
  const b = frame[from - 3]!
  const c = frame[from - 2]!
  const d = frame[from - 1]!
  const fours_to = to - 3
  let at = from
  for (; at < fours_to; at += 4) {
    frame[at] = frame[at]! ^ a
    frame[at + 1] = frame[at + 1]! ^ b
    frame[at + 2] = frame[at + 2]! ^ c
    frame[at + 3] = frame[at + 3]! ^ d
  }
  maskEdge(frame, from, at, to)
}

/** The few bytes that fill no word. */
function maskEdge(frame: Buffer, payload: number, from: number, to: number): void {
  for (let at = from; at < to; at++) frame[at] = frame[at]! ^ maskByte(frame, payload, at)
}

/** The first word is masked by its bytes: what that changed is the mask, turned and in the byte order of this machine. */
function maskWords(frame: Buffer, payload: number, from: number, words: Int32Array, first: number, end: number): void {
  const before = words[first]!
  maskEdge(frame, payload, from, from + MASK_BYTES)
  const mask = words[first]! ^ before
  for (let i = first + 1; i < end; i++) words[i] = words[i]! ^ mask
}

const maskByte = (frame: Buffer, payload: number, at: number): number =>
  frame[payload - MASK_BYTES + ((at - payload) & 3)]!
