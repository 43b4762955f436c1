// Hears turns in the audio itself: energy per 20 ms window, a start after a few loud ones, an end after enough
// silence. Pure: time is the position in the audio.
import { BYTES_PER_MS, FRAME_BYTES, FRAME_MS, meanPower, powerOfDb } from './mulaw.ts'

export type VoiceEvent = { type: 'started'; audio_start_ms: number } | { type: 'stopped'; audio_end_ms: number }

export interface VoiceSettings {
  /** 0 to 1, as server_vad has it. */
  readonly threshold: number
  readonly prefix_padding_ms: number
  /** Silence that ends a turn now; asked at every window, because semantic detection waits by what was said. */
  readonly silence_ms: () => number
}

/** Loud windows, out of the last five, that make a start: a click is not speech. */
const START_WINDOWS = 3

export class VoiceActivity {
  #settings: VoiceSettings
  #power: number
  readonly #carry = new Uint8Array(FRAME_BYTES)
  #carried = 0
  #at_ms = 0
  #recent = 0
  #silence_ms = 0
  #isSpeaking = false
  #voiced_ms = 0

  constructor(settings: VoiceSettings) {
    this.#settings = settings
    this.#power = thresholdPower(settings.threshold)
  }

  configure(settings: VoiceSettings): void {
    this.#settings = settings
    this.#power = thresholdPower(settings.threshold)
  }

  get isSpeaking(): boolean {
    return this.#isSpeaking
  }

  /** Voice by energy in the turn that is or was last open. */
  get voiced_ms(): number {
    return this.#voiced_ms
  }

  /** Forgets an open turn: the buffer was cleared or committed by hand. */
  reset(): void {
    this.#isSpeaking = false
    this.#recent = 0
    this.#voiced_ms = 0
  }

  /** @param onEvent told in order, while the audio is gone through */
  push(mulaw: Uint8Array, onEvent: (event: VoiceEvent) => void): void {
    let at = 0
    while (at < mulaw.length) {
      if (this.#carried === 0 && mulaw.length - at >= FRAME_BYTES) {
        this.#window(meanPower(mulaw, at, at + FRAME_BYTES), onEvent)
        at += FRAME_BYTES
        continue
      }
      const piece = mulaw.subarray(at, at + FRAME_BYTES - this.#carried)
      this.#carry.set(piece, this.#carried)
      this.#carried += piece.length
      at += piece.length
      if (this.#carried < FRAME_BYTES) return
      this.#carried = 0
      this.#window(meanPower(this.#carry), onEvent)
    }
  }

  #window(power: number, onEvent: (event: VoiceEvent) => void): void {
    this.#at_ms += FRAME_MS
    const isLoud = power > this.#power
    this.#recent = ((this.#recent << 1) | (isLoud ? 1 : 0)) & 0b11111
    if (isLoud) this.#voiced_ms += FRAME_MS
    if (!this.#isSpeaking) {
      if (bitCount(this.#recent) >= START_WINDOWS) this.#start(onEvent)
      else if (this.#recent === 0) this.#voiced_ms = 0
      return
    }
    this.#silence_ms = isLoud ? 0 : this.#silence_ms + FRAME_MS
    if (this.#silence_ms < this.#settings.silence_ms()) return
    this.#isSpeaking = false
    this.#recent = 0
    onEvent({ type: 'stopped', audio_end_ms: this.#at_ms })
  }

  #start(onEvent: (event: VoiceEvent) => void): void {
    this.#isSpeaking = true
    this.#silence_ms = 0
    const heard_ms = START_WINDOWS * FRAME_MS
    onEvent({
      type: 'started',
      audio_start_ms: Math.max(0, this.#at_ms - heard_ms - this.#settings.prefix_padding_ms),
    })
  }
}

/** 0.5 is -40 dBFS: speech on a telephone line is 15 to 20 dB above, its noise below. */
function thresholdPower(threshold: number): number {
  return powerOfDb(-55 + threshold * 30)
}

function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest; rest >>= 1) count += rest & 1
  return count
}

/**
 * Milliseconds of mu-law audio.
 * @throws never
 * @source ITU-T G.711 at 8 kHz
 */
export function durationMs(bytes: number): number {
  return bytes / BYTES_PER_MS
}
