// What a caller is to the phone network: somebody with a line. The people themselves are in
// caller-scripts-*.ts, what makes them listen and answer in caller-mind.ts.
import type { Voice } from './speech.ts'

/** The end of the line a caller (or callee) holds: mouth, fingers, ear and a watch. */
export interface PhoneLine {
  /** Says it; resolves when the last of it was spoken (or cut off by `hush`, or the call ended). */
  say(text: string, voice?: Voice): Promise<void>
  /** Stops speaking at once. */
  hush(): void
  press(digits: string): void
  hangUp(): void
  /** Runs `action` after that much time of the call; never after the call ended. @returns cancels it */
  after(delay_ms: number, action: () => void): () => void
  /** Milliseconds since the call was answered. */
  now(): number
}

/** What reaches a caller's ear. */
export interface CallerEar {
  /** The call was answered and audio flows. */
  onConnected?(): void
  /** A word was heard (only from a speaker whose audio carries its words). */
  onWord?(word: string, at_ms: number): void
  /** Sound began or ended (by energy), whoever makes it. */
  onVoice?(isSpeaking: boolean, at_ms: number): void
  /** Our audio is played by somebody else now: the other side is gone from the stream (a transfer, an announcement). */
  onEnded?(): void
}

/** Somebody who calls or is called. `attach` is called once per call. */
export interface Caller {
  readonly name: string
  readonly voice: Voice
  attach(line: PhoneLine): CallerEar
}

/** How a number that the relay dials behaves. */
export interface Callee {
  readonly answer: 'human' | 'machine' | 'fax' | 'busy' | 'no-answer' | 'failed'
  /** Ringing time before it. Default 1,500 ms. */
  readonly after_ms?: number
  /** Who speaks; a machine plays its greeting, then a beep. */
  readonly caller?: Caller
}
