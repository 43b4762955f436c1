// Both voices of a call as its caller hears them. Pure. The caller's is played as it comes, and where it is in the call is the
// time of both: the agent's comes before it is heard, because a model speaks several times faster than anyone listens, and
// waits here until its time.
import { type Piece, SAMPLES_PER_MS, START_SAMPLES, VoiceQueue } from './voice-queue.ts'

/** The agent's next piece may be so early before silence is put between: the clock it is held to is as uneven as the network. */
const EARLY_SAMPLES = 60 * SAMPLES_PER_MS
/** Later than this, its beginning is left out: by then the caller has heard it. */
const LATE_SAMPLES = 500 * SAMPLES_PER_MS
/** No answer is longer than five minutes. */
const LONGEST_AHEAD_SAMPLES = 300_000 * SAMPLES_PER_MS

export class CallVoices {
  readonly #caller = new VoiceQueue()
  #agent: Piece[] = []
  #agentLength = 0
  #offset = 0
  #isEarly = false
  /** Where the sound is in the call, in samples; null before there is any. */
  #now: number | null = null

  /** @param at_ms when the piece is heard, on the call's clock */
  push(speaker: 'caller' | 'agent', at_ms: number, samples: Float32Array): void {
    const piece = { at: at_ms * SAMPLES_PER_MS, samples }
    if (speaker === 'caller') return this.#caller.push(piece)
    this.#agent.push(piece)
    this.#agentLength += samples.length
    while (this.#agentLength > LONGEST_AHEAD_SAMPLES) this.#nextOfAgent()
  }

  /** Drops what the agent was about to say: nobody heard it. */
  flush(): void {
    this.#agent = []
    this.#agentLength = 0
    this.#offset = 0
    this.#isEarly = false
  }

  /** Fills both with the next samples of their voice, or silence. */
  read(caller: Float32Array, agent: Float32Array): void {
    this.#caller.read(caller)
    agent.fill(0)
    const now = this.#time(caller.length)
    if (now !== null) this.#readAgent(agent, now)
  }

  /** The caller's voice says what time it is; while it is not there, time goes on. @returns at the first sample */
  #time(length: number): number | null {
    const position = this.#caller.position
    if (position !== null) this.#now = position
    else if (this.#now !== null) this.#now += length
    else if (this.#agentLength >= START_SAMPLES) this.#now = this.#agent[0]!.at + length
    return this.#now === null ? null : this.#now - length
  }

  #readAgent(out: Float32Array, now: number): void {
    let written = 0
    while (written < out.length && this.#agent[0]) {
      const { at, samples } = this.#agent[0]
      const early = at + this.#offset - (now + written)
      this.#isEarly = early > (this.#isEarly ? 0 : EARLY_SAMPLES)
      if (this.#isEarly) {
        written += early
        continue
      }
      if (early < -LATE_SAMPLES) this.#offset = Math.min(this.#offset - early, samples.length)
      const part = samples.subarray(this.#offset, this.#offset + out.length - written)
      out.set(part, written)
      written += part.length
      this.#offset += part.length
      if (this.#offset === samples.length) this.#nextOfAgent()
    }
  }

  #nextOfAgent(): void {
    this.#agentLength -= this.#agent.shift()?.samples.length ?? 0
    this.#offset = 0
  }
}
