// Partials of a transcript, at most four times a second: words arrive far faster than anyone reads.
import type { SpeechRecord } from '../calls/transcript.ts'
import type { Clock } from '../platform/ports.ts'

const EVERY_MS = 250

export class PartialTurns {
  readonly #clock: Clock
  readonly #tell: (turn: SpeechRecord) => void
  readonly #waiting = new Map<string, SpeechRecord>()
  #timer: { cancel(): void } | null = null

  constructor(clock: Clock, tell: (turn: SpeechRecord) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  show(turn: SpeechRecord): void {
    this.#waiting.set(turn.turn_id, turn)
    this.#timer ??= this.#clock.setTimeout(() => this.#send(), EVERY_MS)
  }

  /** It is final now, and told as such. */
  forget(turn_id: string): void {
    this.#waiting.delete(turn_id)
  }

  close(): void {
    this.#timer?.cancel()
    this.#waiting.clear()
  }

  #send(): void {
    this.#timer = null
    for (const turn of this.#waiting.values()) if (!turn.is_final && turn.text) this.#tell(turn)
    this.#waiting.clear()
  }
}
