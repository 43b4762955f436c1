// Listening in: both voices of a call ten times a second, for as many listeners as there are. While nobody listens, only what
// the agent has said and the caller has not heard yet is kept, so that one who comes in the middle of an answer hears the rest
// of it. A listener that cannot keep up is its own socket's affair: it never delays the call.

import type { TapListener, Voice } from '../platform/ports.ts'
import { pcmuDurationMs } from './playback.ts'

/** What came of both voices goes together, every five frames of the caller's: each time costs more than the sound. */
const GIVEN_EVERY_MS = 90

interface Sound {
  /** Base64 µ-law. */
  payload: string
  /** When it is heard, on the call's clock. */
  at_ms: number
}

export class AudioTap {
  readonly #listeners = new Set<TapListener>()
  /** Those who have not been given anything yet. */
  readonly #newcomers = new Set<TapListener>()
  #caller: Sound[] = []
  #agent: Sound[] = []
  /** Of the agent, what the caller has not heard to its end. */
  #ahead: Sound[] = []
  /** Not a number before the first sound for those who listen now. */
  #given_at_ms = Number.NaN

  get isOpen(): boolean {
    return this.#listeners.size > 0
  }

  add(listener: TapListener): () => void {
    this.#listeners.add(listener)
    this.#newcomers.add(listener)
    return () => {
      this.#listeners.delete(listener)
      this.#newcomers.delete(listener)
      if (!this.isOpen) this.#forgetCollected()
    }
  }

  /** @param now_ms on the call's clock, which is when it is heard */
  hearCaller(payload: string, now_ms: number): void {
    if (!this.isOpen) return
    this.#caller.push({ payload, at_ms: now_ms })
    this.#give(now_ms)
  }

  /** @param at_ms when it is heard: the model speaks ahead of what the caller hears */
  hearAgent(payload: string, at_ms: number, now_ms: number): void {
    this.forgetHeard(now_ms)
    this.#ahead.push({ payload, at_ms })
    if (!this.isOpen) return
    this.#agent.push({ payload, at_ms })
    this.#give(now_ms)
  }

  /** What the caller has heard meanwhile is kept no longer. */
  forgetHeard(now_ms: number): void {
    const first = this.#ahead.findIndex(({ payload, at_ms }) => at_ms + pcmuDurationMs(payload) > now_ms)
    if (first !== 0) this.#ahead.splice(0, first < 0 ? this.#ahead.length : first)
  }

  /** What the agent was about to say is not said. */
  flush(): void {
    this.#ahead = []
    this.#agent = []
    for (const listener of this.#listeners) listener.onFlush()
  }

  close(): void {
    this.#ahead = []
    for (const listener of this.#listeners) listener.onClose()
    this.#listeners.clear()
    this.#newcomers.clear()
  }

  #give(now_ms: number): void {
    if (Number.isNaN(this.#given_at_ms)) this.#given_at_ms = now_ms
    if (now_ms - this.#given_at_ms < GIVEN_EVERY_MS) return
    this.forgetHeard(now_ms)
    const caller = pieceOf(this.#caller)
    const agent = pieceOf(this.#agent)
    const rest = this.#newcomers.size > 0 ? pieceOf(this.#ahead) : null
    this.#forgetCollected()
    this.#given_at_ms = now_ms
    for (const listener of this.#listeners) {
      give(listener, 'caller', caller)
      give(listener, 'agent', this.#newcomers.has(listener) ? rest : agent)
    }
    this.#newcomers.clear()
  }

  #forgetCollected(): void {
    this.#caller = []
    this.#agent = []
    this.#given_at_ms = Number.NaN
  }
}

interface Piece {
  at_ms: number
  mulaw: Buffer
}

function pieceOf(sounds: Sound[]): Piece | null {
  if (sounds.length === 0) return null
  return {
    at_ms: Math.round(sounds[0]!.at_ms),
    mulaw: Buffer.concat(sounds.map(({ payload }) => Buffer.from(payload, 'base64'))),
  }
}

function give(listener: TapListener, voice: Voice, piece: Piece | null): void {
  if (piece) listener.onPiece(voice, piece.at_ms, piece.mulaw)
}
