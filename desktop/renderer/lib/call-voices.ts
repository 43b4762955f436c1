// Both voices of a call as its caller hears them. Pure. The caller's is played as it comes, and where it is in the call is the
// time of both: the agent's comes before it is heard, because a model speaks several times faster than anyone listens, and
// waits here until its time.
import { type Piece, SAMPLES_PER_MS, START_SAMPLES, VoiceQueue } from './voice-queue.ts'

/** An answer may begin so early before silence is put first: the clock it is held to is as uneven as the network. */
const EARLY_SAMPLES = 60 * SAMPLES_PER_MS
/** Later than this, its beginning is left out: by then the caller has heard it. */
const LATE_SAMPLES = 500 * SAMPLES_PER_MS
/** Pieces nearer to each other are of one answer, which is played without a hole whatever the clock says. */
const APART_SAMPLES = 10 * SAMPLES_PER_MS

export class CallVoices {
  readonly #caller = new VoiceQueue()
  /** Where in the call the newest of the caller ends. */
  #callerEnd = Number.NEGATIVE_INFINITY
  /** Of the agent, by time. */
  #agent: Piece[] = []
  /** What of the first piece has been played. */
  #offset = 0
  /** Where in the call what was played last of the agent ends. */
  #agentEnd = Number.NEGATIVE_INFINITY
  #isEarly = false
  /** Where the sound is in the call, in samples; null before there is any. */
  #now: number | null = null

  /** @param at_ms when the piece is heard, on the call's clock */
  push(speaker: 'caller' | 'agent', at_ms: number, samples: Float32Array): void {
    const piece = { at: at_ms * SAMPLES_PER_MS, samples }
    if (speaker === 'caller') {
      this.#caller.push(piece)
      this.#callerEnd = endOf(piece)
      return
    }
    // Only one that cut itself off comes back to an earlier time: what waits from there on was never heard.
    if (this.#agent.length > 0 && piece.at < endOf(this.#agent.at(-1)!) - APART_SAMPLES) this.#cut(piece.at)
    this.#agent.push(piece)
  }

  /** The caller cut in: of the agent is played what the caller had heard until then. */
  flush(): void {
    this.#cut(this.#callerEnd)
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

  get #agentLength(): number {
    return this.#agent.reduce((sum, { samples }) => sum + samples.length, 0)
  }

  #readAgent(out: Float32Array, now: number): void {
    let written = 0
    while (written < out.length && this.#agent[0]) {
      const piece = this.#agent[0]
      const early = piece.at + this.#offset - (now + written)
      const goesOn = this.#offset > 0 || Math.abs(piece.at - this.#agentEnd) < APART_SAMPLES
      this.#isEarly = !goesOn && early > (this.#isEarly ? 0 : EARLY_SAMPLES)
      if (this.#isEarly) {
        written += early
        continue
      }
      if (early < -LATE_SAMPLES) this.#offset = Math.min(this.#offset - early, piece.samples.length)
      const part = piece.samples.subarray(this.#offset, this.#offset + out.length - written)
      out.set(part, written)
      written += part.length
      this.#offset += part.length
      this.#agentEnd = piece.at + this.#offset
      if (this.#offset >= piece.samples.length) this.#next()
    }
  }

  /** Drops what is heard from there on. */
  #cut(at: number): void {
    const last = this.#agent.findIndex((piece) => endOf(piece) > at)
    if (last < 0) return
    const { at: from, samples } = this.#agent[last]!
    this.#agent.length = last
    if (from < at) this.#agent.push({ at: from, samples: samples.subarray(0, at - from) })
    if (last > 0) return
    if (this.#offset >= (this.#agent[0]?.samples.length ?? 0)) this.#next()
  }

  #next(): void {
    this.#agent.shift()
    this.#offset = 0
  }
}

const endOf = ({ at, samples }: Piece): number => at + samples.length
