// Listening in: both voices of a call ten times a second, for as many listeners as there are. While nobody listens, only what
// the agent has said and the caller has not heard yet is kept, so that one who comes in the middle of an answer hears the rest
// of it. A listener that cannot keep up is its own socket's affair: it never delays the call.

import type { TapListener, Voice } from '../platform/ports.ts'
import { pcmuDurationMs } from './playback.ts'

/** What came of both voices goes together, every five frames of the caller's: each time costs more than the sound. */
const GIVEN_EVERY_MS = 90

/** Sounds of the agent follow each other to the millisecond, or belong to different answers. */
const SAME_ANSWER_MS = 1

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
  /** Not given yet. */
  #caller: Sound[] = []
  /** What the caller has not heard to its end, or the listeners have not been given. */
  #agent: Sound[] = []
  /** So many of them, from the first, have been given. */
  #agentGiven = 0
  /** Not a number before the first sound for those who listen now. */
  #given_at_ms = Number.NaN
  #isClosed = false

  get isOpen(): boolean {
    return this.#listeners.size > 0
  }

  /** @param now_ms on the call's clock */
  add(listener: TapListener, now_ms: number): () => void {
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
    this.#caller.push({ payload, at_ms: now_ms })
    this.#giveInTime(now_ms)
  }

  /** @param at_ms when it is heard: the model speaks ahead of what the caller hears */
  hearAgent(payload: string, at_ms: number, now_ms: number): void {
    if (this.#isClosed) return
    this.#forgetHeard(now_ms)
    this.#agent.push({ payload, at_ms })
    if (this.isOpen) this.#giveInTime(now_ms)
  }

  /** Time has passed without a sound. */
  tick(now_ms: number): void {
    if (this.isOpen) this.#giveInTime(now_ms)
    this.#forgetHeard(now_ms)
  }

  /** What the agent was about to say is not said. */
  flush(now_ms: number): void {
    this.#agent = this.#agent.filter(({ at_ms }) => at_ms < now_ms)
    this.#agentGiven = Math.min(this.#agentGiven, this.#agent.length)
    this.#give(now_ms)
    this.#agent = []
    this.#agentGiven = 0
    for (const listener of this.#listeners) listener.onFlush()
  }

  close(now_ms: number): void {
    this.#isClosed = true
    this.#give(now_ms)
    this.#agent = []
    for (const listener of this.#listeners) listener.onClose()
    this.#listeners.clear()
  }

  #giveInTime(now_ms: number): void {
    if (Number.isNaN(this.#given_at_ms)) this.#given_at_ms = now_ms
    if (now_ms - this.#given_at_ms >= GIVEN_EVERY_MS) this.#give(now_ms)
  }

  #give(now_ms: number): void {
    if (this.isOpen) {
      this.#given_at_ms = now_ms
      const caller = piecesOf(this.#caller, Number.POSITIVE_INFINITY)
      const agent = piecesOf(this.#agent.slice(this.#agentGiven), SAME_ANSWER_MS)
      const rest = this.#newcomers.size > 0 ? piecesOf(this.#agent, SAME_ANSWER_MS) : []
      for (const listener of this.#listeners) {
        give(listener, 'caller', caller)
        give(listener, 'agent', this.#newcomers.has(listener) ? rest : agent)
      }
    }
    this.#caller = []
    this.#newcomers.clear()
    this.#agentGiven = this.#agent.length
    this.#forgetHeard(now_ms)
  }

  /** Newcomers are given all that was ahead when they came; the others what they have not been given. */
  #forgetHeard(now_ms: number): void {
    if (this.#newcomers.size > 0) return
    const most = this.isOpen ? this.#agentGiven : this.#agent.length
    let heard = 0
    while (heard < most && endOf(this.#agent[heard]!) <= now_ms) heard++
    if (heard > 0) this.#agent.splice(0, heard)
    this.#agentGiven = most - heard
  }
}

interface Piece {
  at_ms: number
  mulaw: Buffer
}

const endOf = ({ payload, at_ms }: Sound): number => at_ms + pcmuDurationMs(payload)

/** @param apart_ms sounds that do not follow each other so closely are pieces of their own */
function piecesOf(sounds: Sound[], apart_ms: number): Piece[] {
  const runs: Sound[][] = []
  for (const sound of sounds) {
    const before = runs.at(-1)?.at(-1)
    if (before && Math.abs(sound.at_ms - endOf(before)) < apart_ms) runs.at(-1)!.push(sound)
    else runs.push([sound])
  }
  return runs.map((run) => ({
    at_ms: Math.round(run[0]!.at_ms),
    mulaw: Buffer.concat(run.map(({ payload }) => Buffer.from(payload, 'base64'))),
  }))
}

function give(listener: TapListener, voice: Voice, pieces: Piece[]): void {
  for (const { at_ms, mulaw } of pieces) listener.onPiece(voice, at_ms, mulaw)
}
