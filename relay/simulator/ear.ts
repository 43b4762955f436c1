// What somebody on the line really hears: sound by its energy, words by what rides in the audio.
import { WordReader } from './audio-words.ts'
import { BYTES_PER_MS, FRAME_MS, meanPower, powerOfDb } from './mulaw.ts'
import type { Heard } from './phone-call.ts'

/** Louder than this is sound; line noise and lowest bits stay far below. */
const VOICE_POWER = powerOfDb(-45)
/** Silence of this length ends a stretch of sound. */
const HANG_MS = 240
/** A sound without words that is shorter is a click, not speech. */
const SHORTEST_SPEECH_MS = 300
const KEPT_WORDS = 4_000
const KEPT_MARKS = 4_000

type Piece = { word: string; at_ms: number } | { speech_ms: number; at_ms: number }

export interface EarListener {
  onWord?(word: string, at_ms: number): void
  onVoice?(isSpeaking: boolean, at_ms: number): void
}

export class Ear {
  readonly #listener: EarListener
  readonly #reader: WordReader
  #pieces: Piece[] = []
  #marks: { name: string; at_ms: number; because: 'played' | 'idle' | 'cleared' }[] = []
  #at_ms = 0
  #played_ms = 0
  #voice_ms = 0
  #cleared_ms = 0
  #stretch: { started_ms: number; last_ms: number; words: number } | null = null

  constructor(listener: EarListener = {}) {
    this.#listener = listener
    this.#reader = new WordReader((read) => this.#onWord(read.word))
  }

  /** 20 ms pass. @param frame null for silence */
  hear(frame: Uint8Array | null, at_ms: number): void {
    this.#at_ms = at_ms
    if (frame) {
      this.#played_ms += frame.length / BYTES_PER_MS
      const isLoud = meanPower(frame) > VOICE_POWER
      if (isLoud) this.#onSound(frame.length / BYTES_PER_MS)
      this.#reader.push(frame)
    }
    if (this.#stretch && at_ms - this.#stretch.last_ms > HANG_MS) this.#endStretch()
  }

  noteMark(name: string, because: 'played' | 'idle' | 'cleared'): void {
    if (this.#marks.length < KEPT_MARKS) this.#marks.push({ name, at_ms: this.#at_ms, because })
  }

  noteCleared(dropped_ms: number): void {
    this.#cleared_ms += dropped_ms
  }

  /** Ends an open stretch of sound: the call is over. */
  close(): void {
    if (this.#stretch) this.#endStretch()
  }

  get heard(): Heard {
    return {
      words: this.#pieces.filter((piece) => 'word' in piece),
      text: this.#pieces.map((piece) => ('word' in piece ? piece.word : speechNote(piece.speech_ms))).join(' '),
      played_ms: this.#played_ms,
      voice_ms: this.#voice_ms,
      cleared_ms: this.#cleared_ms,
      marks: this.#marks,
    }
  }

  #onSound(duration_ms: number): void {
    this.#voice_ms += duration_ms
    if (this.#stretch) {
      this.#stretch.last_ms = this.#at_ms
      return
    }
    this.#stretch = { started_ms: this.#at_ms, last_ms: this.#at_ms, words: 0 }
    this.#listener.onVoice?.(true, this.#at_ms)
  }

  #onWord(word: string): void {
    if (this.#stretch) this.#stretch.words++
    this.#keep({ word, at_ms: this.#at_ms })
    this.#listener.onWord?.(word, this.#at_ms)
  }

  #endStretch(): void {
    const { started_ms, last_ms, words } = this.#stretch!
    this.#stretch = null
    const speech_ms = last_ms - started_ms + FRAME_MS
    if (words === 0 && speech_ms >= SHORTEST_SPEECH_MS) this.#keep({ speech_ms, at_ms: started_ms })
    this.#listener.onVoice?.(false, this.#at_ms)
  }

  #keep(piece: Piece): void {
    this.#pieces.push(piece)
    if (this.#pieces.length > KEPT_WORDS) this.#pieces = this.#pieces.slice(-KEPT_WORDS / 2)
  }
}

/**
 * How speech without readable words is written down.
 * @throws never
 * @source ours
 */
export function speechNote(duration_ms: number): string {
  return `(speech, ${(duration_ms / 1000).toFixed(1)} s)`
}
