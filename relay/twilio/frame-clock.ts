// The order and completeness of a caller's frames. Doubles and late ones are dropped; time that is missing is filled
// with silence, or the model's clock would run short and its voice detection could never close a turn. Pure.
// Source: protocols B.1.

const SILENCE_BYTE = 0xff
const BYTES_PER_MS = 8
/** Jitter of one frame is no gap. */
const TOLERANCE_MS = 40
const LONGEST_FILL_MS = 10_000
/** When frames have stopped coming while a call is open, the model is given this much silence. */
const QUIET_FILL_MS = 1_000

/** A frame that took this much longer to come than others of its stream is too old where there is too much to do. */
const STALE_MS = 2_000

export type FrameVerdict = { pass: false; why: 'again' | 'stale' } | { pass: true; silence_before: string | null }

/** Made once: of the one that comes fifty times a second, nothing is left to collect. */
const PASSES: FrameVerdict = { pass: true, silence_before: null }

export class FrameClock {
  #lastChunk = 0
  #expectedMs: number | null = null
  /** The least time between a frame's own time and its coming. */
  #quickestMs: number | null = null
  #hasBegun = false

  /**
   * @param chunk number of the media message, from 1; 0 when the carrier gave none
   * @param timestamp_ms since the stream's start; NaN when the carrier gave none
   * @param duration_ms of this frame
   * @param now_ms on a monotonic clock; some 20 ms do not matter
   * @param skip_stale frames that are too old do not pass; their time is filled with silence before the next that does
   */
  accept(chunk: number, timestamp_ms: number, duration_ms: number, now_ms: number, skip_stale = false): FrameVerdict {
    if (chunk > 0 && chunk <= this.#lastChunk) return { pass: false, why: 'again' }
    if (chunk > 0) this.#lastChunk = chunk
    this.#hasBegun = true
    if (Number.isNaN(timestamp_ms)) return PASSES
    const took_ms = now_ms - timestamp_ms
    if (this.#quickestMs === null || took_ms < this.#quickestMs) this.#quickestMs = took_ms
    if (skip_stale && took_ms - this.#quickestMs > STALE_MS) return { pass: false, why: 'stale' }
    const expected_ms = this.#expectedMs ?? timestamp_ms
    this.#expectedMs = Math.max(expected_ms, timestamp_ms) + duration_ms
    const missing_ms = timestamp_ms - expected_ms
    if (missing_ms <= TOLERANCE_MS) return PASSES
    return { pass: true, silence_before: silence(Math.min(missing_ms, LONGEST_FILL_MS)) }
  }

  /** Frames have stopped coming: told once for each pause. @returns silence to feed; null before the first frame */
  quiet(): string | null {
    if (!this.#hasBegun) return null
    if (this.#expectedMs !== null) this.#expectedMs += QUIET_FILL_MS
    return silence(QUIET_FILL_MS)
  }
}

function silence(ms: number): string {
  return Buffer.alloc(Math.round(ms) * BYTES_PER_MS, SILENCE_BYTE).toString('base64')
}
