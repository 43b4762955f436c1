// What the network has still to play to the caller: audio in order, unbounded, with marks between it.
// A mark is due when all audio before it was played, at once when nothing waits, and with `clear`. Pure.
import { BYTES_PER_MS, FRAME_BYTES } from './mulaw.ts'

export class PlaybackBuffer {
  #chunks: Uint8Array[] = []
  #offset = 0
  #appended = 0
  #played = 0
  #marks: { name: string; at_byte: number }[] = []

  get buffered_ms(): number {
    return (this.#appended - this.#played) / BYTES_PER_MS
  }

  append(mulaw: Uint8Array): void {
    if (mulaw.length === 0) return
    this.#chunks.push(mulaw)
    this.#appended += mulaw.length
  }

  /** @returns whether the mark is due at once, because nothing waits to be played */
  mark(name: string): boolean {
    if (this.#played === this.#appended) return true
    this.#marks.push({ name, at_byte: this.#appended })
    return false
  }

  /** Drops what waits. @returns the marks to echo now, in order, and how much was dropped */
  clear(): { marks: string[]; dropped_ms: number } {
    const dropped_ms = this.buffered_ms
    const marks = this.#marks.map((mark) => mark.name)
    this.#chunks = []
    this.#offset = 0
    this.#played = this.#appended
    this.#marks = []
    return { marks, dropped_ms }
  }

  /** Plays the next 20 ms. @returns at most 160 bytes (fewer at the end, null when nothing waits) */
  next(): Uint8Array | null {
    const first = this.#chunks[0]
    if (!first) return null
    const left = first.length - this.#offset
    if (left > FRAME_BYTES) return this.#take(first.subarray(this.#offset, this.#offset + FRAME_BYTES))
    const frame = new Uint8Array(Math.min(FRAME_BYTES, this.#appended - this.#played))
    for (let filled = 0; filled < frame.length; ) {
      const chunk = this.#chunks[0]!
      const piece = chunk.subarray(this.#offset, this.#offset + frame.length - filled)
      frame.set(piece, filled)
      filled += piece.length
      this.#take(piece)
    }
    return frame
  }

  /** Marks that became due by what `next` played. */
  dueMarks(): string[] {
    if (this.#marks.length === 0 || this.#marks[0]!.at_byte > this.#played) return []
    const due = this.#marks.filter((mark) => mark.at_byte <= this.#played).map((mark) => mark.name)
    this.#marks = this.#marks.slice(due.length)
    return due
  }

  #take(piece: Uint8Array): Uint8Array {
    this.#offset += piece.length
    this.#played += piece.length
    if (this.#offset >= this.#chunks[0]!.length) {
      this.#chunks.shift()
      this.#offset = 0
    }
    return piece
  }
}
