// The simulator's voice: text in, telephone audio out. Flite runs in a worker thread; what it said is
// cached per sentence, and every sentence carries its words in the lowest bits (see audio-words.ts).

export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16' | 'kal'

/** A manner of speaking. */
export interface Voice {
  readonly flite: FliteVoice
  /** 1 is the voice's own pace, 1.2 a fifth faster. */
  readonly rate: number
  /** Mean of the fundamental frequency; absent keeps the voice's own. */
  readonly pitch_hz?: number
}

/** A word and when it is spoken, from the start of the audio. */
export interface SpokenWord {
  readonly word: string
  readonly start_ms: number
  readonly end_ms: number
}

/** Audio that carries its own words. */
export interface SpokenAudio {
  /** G.711 mu-law, 8 kHz, one byte a sample. */
  readonly mulaw: Uint8Array
  readonly duration_ms: number
  readonly words: readonly SpokenWord[]
}

export interface Speech {
  /** Speaks `text`; empty text gives empty audio. Rejects when the voice engine fails. */
  render(text: string, voice: Voice): Promise<SpokenAudio>
  close(): Promise<void>
}

export type Log = (message: string, fields?: Record<string, unknown>) => void
