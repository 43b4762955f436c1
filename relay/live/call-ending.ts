// How a call leaves the line: what the carrier is to say, how long it is waited for, and the caller's last words.
//
//   leave: our stream closes ──▶ the carrier asks how to go on (farewell) ──▶ it says that the call is over (carrierEnded)
//   finish: the caller's last words are waited for, shortly ──▶ close; a carrier that says nothing is told to hang up
import type { Clock } from '../platform/ports.ts'

/** After we have left, the carrier has so long to end the call before it is told to. */
const CARRIER_PATIENCE_MS = 5_000
const CARRIER_PATIENCE_SAYING_MS = 20_000
/** What the caller said last is often written down, and what the model used last counted, after the line is closed. */
const LAST_WORDS_MS = 2_500

export class CallEnding {
  readonly #clock: Clock
  readonly #hangUpAtCarrier: () => void
  #farewell: string | null = null
  #isLeft = false
  #hasCarrierEnded = false
  #patience: { cancel(): void } | null = null
  /** Set while a call that ended waits for the caller's last words. */
  #close: (() => void) | null = null

  constructor(clock: Clock, hangUpAtCarrier: () => void) {
    this.#clock = clock
    this.#hangUpAtCarrier = hangUpAtCarrier
  }

  /** We have left, and the carrier has neither asked how to go on nor said that the call is over. */
  get isCarrierDue(): boolean {
    return this.#isLeft && !this.#hasCarrierEnded
  }

  /** The carrier asks what to say after we have left; null when nothing. Also once more, if our answer was lost. */
  farewell(): string | null {
    this.#isLeft = false
    return this.#farewell
  }

  /** @param hadStream without one the carrier has nothing to ask: it is told to hang up, unless it is to say something */
  leave(say: string | null, hadStream: boolean): void {
    this.#farewell = say
    this.#isLeft = hadStream
    if (!hadStream && say === null) this.#hangUpAtCarrier()
  }

  carrierEnded(): void {
    this.#hasCarrierEnded = true
    this.#patience?.cancel()
  }

  /**
   * [L13] The line is closed.
   * @param isOurs we left: where the carrier ended the stream, the call may go on without us, and is not to be ended
   * @param close called once: when the last words are there, or do not come in time
   */
  finish(isOurs: boolean, close: () => void): void {
    if (isOurs && !this.#hasCarrierEnded)
      this.#patience = this.#clock.setTimeout(
        () => this.#hangUpAtCarrier(),
        this.#farewell ? CARRIER_PATIENCE_SAYING_MS : CARRIER_PATIENCE_MS,
      )
    const late = this.#clock.setTimeout(() => this.settle(), LAST_WORDS_MS)
    this.#close = () => {
      late.cancel()
      close()
    }
  }

  /** Nothing more is waited for. */
  settle(): void {
    const close = this.#close
    this.#close = null
    close?.()
  }

  dispose(): void {
    this.#patience?.cancel()
    this.settle()
  }
}
