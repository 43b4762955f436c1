// The simulator's voice: text in, telephone audio out. Flite runs in a worker thread; what it said is
// cached per sentence, and all that is handed out carries its words in the lowest bits (see audio-words.ts).
import { randomInt } from 'node:crypto'
import { markWords } from './audio-words.ts'
import { BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE } from './mulaw.ts'
import { SpeechThread } from './speech-thread.ts'
import { placeWords, splitSentences } from './spoken-words.ts'

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

export interface SpeechOptions {
  /** Rendered sentences kept; default 48 MiB, about 100 minutes. */
  cache_bytes?: number
  log?: Log
}

/** Between two sentences, besides the breath the engine leaves. */
const SENTENCE_GAP_MS = 180

/**
 * The voice engine. Its thread starts with the first sentence and ends with `close`.
 * @throws never; `render` rejects when the engine fails or after `close`
 * @source ours; Flite 2.3 as WebAssembly speaks 4 s in about 80 ms
 */
export function createSpeech(options: SpeechOptions = {}): Speech {
  const thread = new SpeechThread(options.log)
  const cache = new SentenceCache(options.cache_bytes ?? 48 * 1024 * 1024, (text, voice) => thread.speak(text, voice))
  let utterance = randomInt(65_536)
  return {
    async render(text, voice) {
      const sentences = splitSentences(text)
      const audio = await Promise.all(sentences.map((sentence) => cache.get(sentence, voice)))
      utterance = (utterance + 1) & 0xffff
      return joinSentences(sentences, audio, utterance)
    },
    close: () => thread.close(),
  }
}

function joinSentences(sentences: string[], audio: Uint8Array[], utterance: number): SpokenAudio {
  const gap = SENTENCE_GAP_MS * BYTES_PER_MS
  const bytes = audio.reduce((sum, part) => sum + part.length, gap * Math.max(0, audio.length - 1))
  const mulaw = new Uint8Array(Math.ceil(bytes / FRAME_BYTES) * FRAME_BYTES).fill(SILENCE_BYTE)
  const words: SpokenWord[] = []
  let at = 0
  for (const [index, part] of audio.entries()) {
    mulaw.set(part, at)
    const offset_ms = at / BYTES_PER_MS
    for (const word of placeWords(sentences[index]!, part.length / BYTES_PER_MS))
      words.push({ word: word.word, start_ms: word.start_ms + offset_ms, end_ms: word.end_ms + offset_ms })
    at += part.length + gap
  }
  markWords(mulaw, words, utterance)
  return { mulaw, duration_ms: mulaw.length / BYTES_PER_MS, words }
}

/** Least recently used first out; sentences being rendered are shared by all who ask. */
class SentenceCache {
  readonly #limit_bytes: number
  readonly #speak: (text: string, voice: Voice) => Promise<Uint8Array>
  readonly #rendered = new Map<string, Promise<Uint8Array>>()
  #bytes = 0

  constructor(limit_bytes: number, speak: (text: string, voice: Voice) => Promise<Uint8Array>) {
    this.#limit_bytes = limit_bytes
    this.#speak = speak
  }

  get(text: string, voice: Voice): Promise<Uint8Array> {
    const key = `${voice.flite} ${voice.rate} ${voice.pitch_hz ?? 0} ${text}`
    const known = this.#rendered.get(key)
    this.#rendered.delete(key)
    const audio = known ?? this.#render(key, text, voice)
    this.#rendered.set(key, audio)
    return audio
  }

  #render(key: string, text: string, voice: Voice): Promise<Uint8Array> {
    const audio = this.#speak(text, voice)
    audio.then(
      (mulaw) => this.#grow(mulaw.length),
      () => this.#rendered.delete(key),
    )
    return audio
  }

  async #grow(bytes: number): Promise<void> {
    this.#bytes += bytes
    for (const [key, audio] of this.#rendered) {
      if (this.#bytes <= this.#limit_bytes) return
      this.#rendered.delete(key)
      this.#bytes -= (await audio).length
    }
  }
}
