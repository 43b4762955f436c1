// Rendered sentences on their way out: joined with a short breath, cut into pieces of 200 ms, each with the
// words that sound in it.
import { BYTES_PER_MS, silence } from './mulaw.ts'
import type { SpokenAudio, SpokenWord } from './speech.ts'

export const PIECE_MS = 200
const PIECE_BYTES = PIECE_MS * BYTES_PER_MS
const BREATH_MS = 160

export interface TrackPiece {
  readonly mulaw: Uint8Array
  /** Times from the start of the track. */
  readonly words: readonly SpokenWord[]
}

export class AudioTrack {
  #chunks: Uint8Array[] = []
  #words: SpokenWord[] = []
  #appended = 0
  #taken = 0
  #isComplete = false
  #wake: (() => void) | null = null

  /** All of it was appended and taken. */
  get isDone(): boolean {
    return this.#isComplete && this.#taken === this.#appended
  }

  append(audio: SpokenAudio): void {
    if (this.#appended > 0) this.#push(silence(BREATH_MS))
    const offset_ms = this.#appended / BYTES_PER_MS
    for (const { word, start_ms, end_ms } of audio.words)
      this.#words.push({ word, start_ms: start_ms + offset_ms, end_ms: end_ms + offset_ms })
    this.#push(audio.mulaw)
    this.#wake?.()
  }

  complete(): void {
    this.#isComplete = true
    this.#wake?.()
  }

  /** Resolves when there is more, or there will be no more. */
  grown(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /** @returns the next 200 ms (less at the end), or null while it is not rendered */
  next(): TrackPiece | null {
    const ready = this.#appended - this.#taken
    if (ready === 0 || (ready < PIECE_BYTES && !this.#isComplete)) return null
    const mulaw = this.#take(Math.min(PIECE_BYTES, ready))
    const end_ms = this.#taken / BYTES_PER_MS
    const isLast = this.isDone
    const count = isLast ? this.#words.length : this.#words.findIndex((word) => word.start_ms >= end_ms)
    return { mulaw, words: this.#words.splice(0, count < 0 ? this.#words.length : count) }
  }

  #push(mulaw: Uint8Array): void {
    this.#chunks.push(mulaw)
    this.#appended += mulaw.length
  }

  #take(bytes: number): Uint8Array {
    const piece = new Uint8Array(bytes)
    for (let filled = 0; filled < bytes; ) {
      const chunk = this.#chunks[0]!
      const part = chunk.subarray(0, bytes - filled)
      piece.set(part, filled)
      filled += part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    this.#taken += bytes
    return piece
  }
}
