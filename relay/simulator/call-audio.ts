// The sound of one call, 20 ms at a time: the caller's mouth goes to the stream or to the bridged leg; the
// stream's playback, an announcement or the leg's mouth goes to the caller's ear.

import { Mouth } from './mouth.ts'
import { FRAME_MS } from './mulaw.ts'
import type { PersonOnLine } from './person-on-line.ts'
import type { PhoneStream } from './phone-stream.ts'
import type { Ticker } from './ticker.ts'

export class CallAudio {
  readonly #person: PersonOnLine
  readonly #ticker: Ticker
  readonly #announcer = new Mouth()
  stream: PhoneStream | null = null
  /** Who is bridged by <Dial>. */
  leg: PersonOnLine | null = null
  #started_ms = 0
  #frames = 0
  #stopTicking: (() => void) | null = null

  constructor(person: PersonOnLine, ticker: Ticker) {
    this.#person = person
    this.#ticker = ticker
  }

  /** Milliseconds since the call was answered. */
  get now_ms(): number {
    return this.#started_ms === 0 ? 0 : performance.now() - this.#started_ms
  }

  start(): void {
    if (this.#stopTicking) return
    this.#started_ms = performance.now()
    this.#stopTicking = this.#ticker.add((now_ms) => this.#tick(now_ms))
  }

  stop(): void {
    this.#stopTicking?.()
    this.#announcer.hush()
    this.leg?.leave()
    this.leg = null
  }

  /** Plays to the caller what the network itself says; resolves when played or silenced. */
  announce(mulaw: Uint8Array): Promise<void> {
    return this.#announcer.speak(mulaw)
  }

  silenceAnnouncements(): void {
    this.#announcer.hush()
  }

  /** Plays all frames that are due, also those a late tick left behind. */
  #tick(now_ms: number): void {
    const due = Math.floor((now_ms - this.#started_ms) / FRAME_MS)
    while (this.#frames < due) {
      this.#frames++
      this.#frame(this.#frames * FRAME_MS)
    }
  }

  #frame(at_ms: number): void {
    const spoken = this.#person.mouth.next()
    this.stream?.sendFrame(spoken)
    this.leg?.ear.hear(spoken, at_ms)
    const heard = this.stream?.playFrame() ?? this.leg?.mouth.next() ?? this.#announcer.next()
    this.#person.ear.hear(heard, at_ms)
  }
}
