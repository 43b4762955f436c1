// Listening in: both voices of a call in 100 ms pieces, for as many listeners as there are. Nothing is collected while
// nobody listens. A listener that cannot keep up is its own socket's affair: it never delays the call.

import type { TapListener, Voice } from '../platform/ports.ts'

const PIECE_BYTES = 800
const BYTES_PER_MS = 8

export class AudioTap {
  readonly #listeners = new Set<TapListener>()
  readonly #waiting: Record<Voice, { chunks: Buffer[]; bytes: number; at_ms: number }> = {
    caller: { chunks: [], bytes: 0, at_ms: 0 },
    agent: { chunks: [], bytes: 0, at_ms: 0 },
  }

  get isOpen(): boolean {
    return this.#listeners.size > 0
  }

  add(listener: TapListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param payload base64 µ-law */
  hear(voice: Voice, payload: string, at_ms: number): void {
    const waiting = this.#waiting[voice]
    if (waiting.bytes === 0) waiting.at_ms = at_ms
    const audio = Buffer.from(payload, 'base64')
    waiting.chunks.push(audio)
    waiting.bytes += audio.length
    if (waiting.bytes >= PIECE_BYTES) this.#give(voice)
  }

  flush(): void {
    this.#waiting.agent = { chunks: [], bytes: 0, at_ms: 0 }
    for (const listener of this.#listeners) listener.onFlush()
  }

  close(): void {
    for (const listener of this.#listeners) listener.onClose()
    this.#listeners.clear()
  }

  #give(voice: Voice): void {
    const { chunks, at_ms } = this.#waiting[voice]
    const audio = Buffer.concat(chunks)
    this.#waiting[voice] = { chunks: [], bytes: 0, at_ms: 0 }
    for (let from = 0; from < audio.length; from += PIECE_BYTES) {
      const piece = audio.subarray(from, from + PIECE_BYTES)
      for (const listener of this.#listeners) listener.onPiece(voice, Math.round(at_ms + from / BYTES_PER_MS), piece)
    }
  }
}
