// Listening in: both voices of a call ten times a second, for as many listeners as there are. Nothing is collected while
// nobody listens. A listener that cannot keep up is its own socket's affair: it never delays the call.

import type { TapListener, Voice } from '../platform/ports.ts'

/** What came of both voices goes together, every five frames of the caller's: each time costs more than the sound. */
const GIVEN_EVERY_MS = 90

export class AudioTap {
  readonly #listeners = new Set<TapListener>()
  readonly #waiting: Record<Voice, { payloads: string[]; at_ms: number }> = {
    caller: { payloads: [], at_ms: 0 },
    agent: { payloads: [], at_ms: 0 },
  }
  #given_at_ms = 0

  get isOpen(): boolean {
    return this.#listeners.size > 0
  }

  add(listener: TapListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      if (!this.isOpen) for (const voice of ['caller', 'agent'] as const) this.#take(voice)
    }
  }

  /**
   * @param payload base64 µ-law
   * @param at_ms when it is heard, on the call's clock: the model speaks ahead of what the caller hears
   * @param now_ms on the same clock
   */
  hear(voice: Voice, payload: string, at_ms: number, now_ms: number): void {
    const waiting = this.#waiting[voice]
    if (waiting.payloads.length === 0) waiting.at_ms = at_ms
    waiting.payloads.push(payload)
    if (now_ms - this.#given_at_ms < GIVEN_EVERY_MS) return
    this.#given_at_ms = now_ms
    this.#give('caller')
    this.#give('agent')
  }

  flush(): void {
    this.#take('agent')
    for (const listener of this.#listeners) listener.onFlush()
  }

  close(): void {
    for (const listener of this.#listeners) listener.onClose()
    this.#listeners.clear()
  }

  #give(voice: Voice): void {
    const { payloads, at_ms } = this.#take(voice)
    if (payloads.length === 0) return
    const mulaw = Buffer.concat(payloads.map((payload) => Buffer.from(payload, 'base64')))
    for (const listener of this.#listeners) listener.onPiece(voice, Math.round(at_ms), mulaw)
  }

  #take(voice: Voice): { payloads: string[]; at_ms: number } {
    const taken = this.#waiting[voice]
    this.#waiting[voice] = { payloads: [], at_ms: 0 }
    return taken
  }
}
