// What somebody on the line is saying: utterances in order, handed out 20 ms at a time.
import { FRAME_BYTES, SILENCE_BYTE } from './mulaw.ts'

interface Utterance {
  readonly mulaw: Uint8Array
  readonly finish: () => void
}

export class Mouth {
  #queue: Utterance[] = []
  #at = 0

  get isSpeaking(): boolean {
    return this.#queue.length > 0
  }

  /** Resolves when the last frame was handed out, or the mouth was hushed. */
  speak(mulaw: Uint8Array): Promise<void> {
    if (mulaw.length === 0) return Promise.resolve()
    return new Promise((finish) => this.#queue.push({ mulaw, finish }))
  }

  hush(): void {
    const cut = this.#queue
    this.#queue = []
    this.#at = 0
    for (const utterance of cut) utterance.finish()
  }

  /** @returns 160 bytes, or null for silence */
  next(): Uint8Array | null {
    const utterance = this.#queue[0]
    if (!utterance) return null
    const piece = utterance.mulaw.subarray(this.#at, this.#at + FRAME_BYTES)
    this.#at += FRAME_BYTES
    if (this.#at >= utterance.mulaw.length) {
      this.#at = 0
      this.#queue.shift()
      utterance.finish()
    }
    if (piece.length === FRAME_BYTES) return piece
    const padded = new Uint8Array(FRAME_BYTES).fill(SILENCE_BYTE)
    padded.set(piece)
    return padded
  }
}
