// What one who listens in is still to be given, in order. It grows only while the way to them is behind, and then the oldest is
// dropped: when they read again they hear what is now, not what was. Pure.
import type { Voice } from './ports.ts'

/** `flush`: what the agent was about to say is not said. */
export type Heard = { voice: Voice; at_ms: number; mulaw: Buffer } | 'flush'

const BYTES_PER_MS = 8
/** What was heard in the call before this is dropped. */
const KEPT_MS = 1_000
/** Of both voices together, with what the agent is going to say (audio-tap.ts): where no caller says what time it is. */
const MOST_MS = 8_000

export class HeardQueue {
  #waiting: Heard[] = []
  /** In the call, by the newest of the caller. */
  #now_ms = Number.NEGATIVE_INFINITY

  add(heard: Heard): void {
    // One says what all before it said; it is never dropped, or what was given would be heard though nobody said it.
    if (heard === 'flush') this.#waiting = this.#waiting.filter((one) => one !== 'flush')
    else if (heard.voice === 'caller') this.#now_ms = heard.at_ms
    this.#waiting.push(heard)
    if (this.#waiting.length > 1) this.#dropOld()
  }

  /** @returns the next to give; undefined when there is nothing */
  take(): Heard | undefined {
    return this.#waiting.shift()
  }

  takeAll(): Heard[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  #dropOld(): void {
    const oldest_ms = this.#now_ms - KEPT_MS
    let over_ms = this.#waiting.reduce((sum, one) => sum + lengthMs(one), 0) - MOST_MS
    this.#waiting = this.#waiting.filter((one) => {
      if (one === 'flush') return true
      const isOld = over_ms > 0 || one.at_ms + lengthMs(one) < oldest_ms
      if (isOld) over_ms -= lengthMs(one)
      return !isOld
    })
  }
}

const lengthMs = (heard: Heard): number => (heard === 'flush' ? 0 : heard.mulaw.length / BYTES_PER_MS)
