// Listening in: both voices of a call ten times a second, for as many listeners as there are. While nobody listens, only what
// the agent has said and the caller has not heard yet is kept, so that one who comes in the middle of an answer hears the rest
// of it. A listener that cannot keep up is its own socket's affair: it never delays the call.

import type { TapListener, Voice } from '../platform/ports.ts'
import { type SoundPiece, SoundQueue } from './sound-queue.ts'

/** What came of both voices goes together, every five frames of the caller's: each time costs more than the sound. */
const GIVEN_EVERY_MS = 90
/** The agent's sound is given so long before it is heard, and no longer: a listener who is behind would hold minutes of it. */
const AHEAD_MS = 5_000

export class AudioTap {
  readonly #listeners = new Set<TapListener>()
  /** Those who have not been given anything yet. */
  readonly #newcomers = new Set<TapListener>()
  /** Base64 µ-law that was not given yet, and when the first of it was heard. */
  #caller: string[] = []
  #caller_at_ms = 0
  /** What the caller has not heard yet, or the listeners have not been given. */
  readonly #agent = new SoundQueue()
  /** The place in it up to which it has been given. */
  #agentGiven = 0
  /** Not a number before the first sound for those who listen now. */
  #given_at_ms = Number.NaN
  #isClosed = false

  get isOpen(): boolean {
    return this.#listeners.size > 0
  }

  /** @param now_ms on the call's clock */
  add(listener: TapListener, now_ms: number): () => void {
    if (!this.isOpen) this.#agentGiven = this.#agent.end
    this.#forgetHeard(now_ms)
    this.#listeners.add(listener)
    this.#newcomers.add(listener)
    return () => {
      this.#listeners.delete(listener)
      this.#newcomers.delete(listener)
      if (this.isOpen) return
      this.#caller = []
      this.#given_at_ms = Number.NaN
    }
  }

  /** @param now_ms on the call's clock, which is when it is heard */
  hearCaller(payload: string, now_ms: number): void {
    if (!this.isOpen) return
    if (this.#caller.length === 0) this.#caller_at_ms = now_ms
    this.#caller.push(payload)
    this.#giveInTime(now_ms)
  }

  /** @param at_ms when it is heard: the model speaks ahead of what the caller hears */
  hearAgent(payload: string, at_ms: number, now_ms: number): void {
    if (this.#isClosed) return
    this.#forgetHeard(now_ms)
    this.#agent.add(payload, at_ms)
    if (this.isOpen) this.#giveInTime(now_ms)
  }

  /** Time has passed without a sound. */
  tick(now_ms: number): void {
    if (this.isOpen) this.#giveInTime(now_ms)
    this.#forgetHeard(now_ms)
  }

  /** What the agent was about to say is not said. */
  flush(now_ms: number): void {
    this.#agent.cutAt(this.#agent.heardBy(now_ms))
    this.#give(now_ms)
    for (const listener of this.#listeners) listener.onFlush()
  }

  close(now_ms: number): void {
    this.#isClosed = true
    this.#give(now_ms)
    this.#agent.forgetTo(this.#agent.end)
    for (const listener of this.#listeners) listener.onClose()
    this.#listeners.clear()
  }

  #giveInTime(now_ms: number): void {
    if (Number.isNaN(this.#given_at_ms)) this.#given_at_ms = now_ms
    if (now_ms - this.#given_at_ms >= GIVEN_EVERY_MS) this.#give(now_ms)
  }

  #give(now_ms: number): void {
    const due = this.#agent.heardBy(now_ms + AHEAD_MS)
    if (this.isOpen) {
      this.#given_at_ms = now_ms
      const caller = this.#takeCaller()
      const agent = this.#agent.from(this.#agentGiven, due)
      const rest = this.#newcomers.size > 0 ? this.#agent.from(0, due) : []
      for (const listener of this.#listeners) {
        give(listener, 'caller', caller)
        give(listener, 'agent', this.#newcomers.has(listener) ? rest : agent)
      }
    }
    this.#newcomers.clear()
    this.#agentGiven = due
    this.#forgetHeard(now_ms)
  }

  #takeCaller(): SoundPiece[] {
    const sounds = this.#caller
    if (sounds.length === 0) return []
    this.#caller = []
    const mulaw = Buffer.concat(sounds.map((payload) => Buffer.from(payload, 'base64')))
    return [{ at_ms: Math.round(this.#caller_at_ms), mulaw }]
  }

  /** Newcomers are given all that was ahead when they came; the others what they have not been given. */
  #forgetHeard(now_ms: number): void {
    if (this.#newcomers.size > 0) return
    const heard = this.#agent.heardBy(now_ms)
    this.#agent.forgetTo(this.isOpen ? Math.min(heard, this.#agentGiven) : heard)
  }
}

function give(listener: TapListener, voice: Voice, pieces: SoundPiece[]): void {
  for (const { at_ms, mulaw } of pieces) listener.onPiece(voice, at_ms, mulaw)
}
