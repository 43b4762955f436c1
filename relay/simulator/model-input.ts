// The input audio buffer of a session: hears turns, reads the words that ride in the audio, and hands out what a
// commit takes.
import { WordReader } from './audio-words.ts'
import type { TurnDetection } from './effective-session.ts'
import { BYTES_PER_MS } from './mulaw.ts'
import type { SpokenWord } from './speech.ts'
import { VoiceActivity, type VoiceEvent, type VoiceSettings } from './voice-activity.ts'

/** Audio kept for "retrieve". */
const KEPT_BYTES = 60_000 * BYTES_PER_MS
/** How long semantic detection waits for somebody who has not finished, by eagerness. */
const PATIENCE_MS = { low: 8_000, medium: 4_000, auto: 4_000, high: 2_000 } as const
/** And for somebody whose sentence is complete. */
const FINISHED_MS = 400

export interface TakenAudio {
  readonly duration_ms: number
  readonly voiced_ms: number
  readonly words: readonly SpokenWord[]
  readonly audio: readonly Uint8Array[]
}

export class ModelInput {
  readonly #voice: VoiceActivity
  readonly #reader: WordReader
  #detection: TurnDetection | null
  #words: SpokenWord[] = []
  #audio: Uint8Array[] = []
  #kept_bytes = 0
  #bytes = 0
  #start_byte = 0

  constructor(detection: TurnDetection | null) {
    this.#detection = detection
    this.#voice = new VoiceActivity(this.#settings())
    this.#reader = new WordReader((read) => {
      const at_ms = read.at_byte / BYTES_PER_MS
      this.#words.push({ word: read.word, start_ms: at_ms, end_ms: at_ms })
    })
  }

  get appended_ms(): number {
    return this.#bytes / BYTES_PER_MS
  }

  get isSpeaking(): boolean {
    return this.#voice.isSpeaking
  }

  get buffered_ms(): number {
    return (this.#bytes - this.#start_byte) / BYTES_PER_MS
  }

  configure(detection: TurnDetection | null): void {
    if (JSON.stringify(detection) === JSON.stringify(this.#detection)) return
    this.#detection = detection
    this.#voice.configure(this.#settings())
    if (!detection) this.#voice.reset()
  }

  append(mulaw: Uint8Array, onVoice: (event: VoiceEvent) => void): void {
    this.#bytes += mulaw.length
    this.#keep(mulaw)
    this.#reader.push(mulaw)
    if (this.#detection) this.#voice.push(mulaw, onVoice)
    // While nobody speaks only the padding before a coming turn is kept.
    if (this.#detection && !this.#voice.isSpeaking) this.#forgetOld()
  }

  clear(): void {
    this.#take()
    this.#voice.reset()
  }

  /** What the buffer holds; it is empty then. */
  commit(): TakenAudio {
    const voiced_ms = this.#voice.voiced_ms
    const taken = this.#take()
    this.#voice.reset()
    return { ...taken, voiced_ms: this.#detection ? voiced_ms : taken.duration_ms }
  }

  #take(): Omit<TakenAudio, 'voiced_ms'> {
    const taken = { duration_ms: this.buffered_ms, words: this.#words, audio: this.#audio }
    this.#start_byte = this.#bytes
    this.#words = []
    this.#audio = []
    this.#kept_bytes = 0
    return taken
  }

  #keep(mulaw: Uint8Array): void {
    this.#audio.push(mulaw)
    this.#kept_bytes += mulaw.length
    while (this.#kept_bytes > KEPT_BYTES) this.#kept_bytes -= this.#audio.shift()!.length
  }

  #forgetOld(): void {
    const padding = (this.#detection?.type === 'server_vad' ? this.#detection.prefix_padding_ms : 300) * BYTES_PER_MS
    while (this.#audio.length > 0 && this.#kept_bytes - this.#audio[0]!.length >= padding) {
      const { length } = this.#audio.shift()!
      this.#kept_bytes -= length
      this.#start_byte += length
    }
    const oldest_ms = this.#start_byte / BYTES_PER_MS
    if (this.#words.length > 0 && this.#words[0]!.start_ms < oldest_ms - 500) this.#words = []
  }

  #settings(): VoiceSettings {
    const detection = this.#detection
    if (detection?.type === 'server_vad') {
      const { threshold, prefix_padding_ms, silence_duration_ms } = detection
      return { threshold, prefix_padding_ms, silence_ms: () => silence_duration_ms }
    }
    const patience_ms = PATIENCE_MS[detection?.eagerness ?? 'auto']
    return { threshold: 0.5, prefix_padding_ms: 300, silence_ms: () => this.#semanticWait(patience_ms) }
  }

  /** A sentence that ended is answered soon; one that trails off is waited for. Without words there is only a guess. */
  #semanticWait(patience_ms: number): number {
    const last = this.#words.at(-1)?.word
    if (last === undefined) return Math.min(patience_ms, 1_200)
    return /[.!?]["')]?$/.test(last) ? FINISHED_MS : patience_ms
  }
}
