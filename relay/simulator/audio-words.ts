// Words ride in the audio. Each 20 ms frame of rendered speech is 160 mu-law bytes; their lowest bits are
// 160 bits = 20 bytes:
//
//   magic 2 | utterance 2 | frame position 2 | word index (12 bits) chunk index (4) | chunks - 1 (4) length (4) | text 9 | CRC-16 2
//
// A word rides from its own middle to the middle of the next one, chunk after chunk, over and over: who hears
// half of it knows it, and lost frames do little. So whoever gets the untouched PCMU knows what was really
// heard, across processes and through any relay. Flipping the lowest bit of mu-law moves a sample by one
// quantising step, which is below the codec's own noise. Pure.
import { FRAME_BYTES, FRAME_MS } from './mulaw.ts'
import type { SpokenWord } from './speech.ts'

const MAGIC = 0xb5e3
const CHUNK_BYTES = 9
const CARRIED_BYTES = FRAME_BYTES / 8
const MAX_CHUNKS = 16
const MAX_WORDS = 4_096
/** Going back by more frames than this is the same utterance said again, not a late frame. */
const REORDER_FRAMES = 3

const CRC = new Uint16Array(256)
for (let i = 0; i < 256; i++) {
  let value = i << 8
  for (let bit = 0; bit < 8; bit++) value = value & 0x8000 ? ((value << 1) ^ 0x1021) & 0xffff : (value << 1) & 0xffff
  CRC[i] = value
}

function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0xffff
  for (let i = 0; i < length; i++) crc = ((crc << 8) ^ CRC[(crc >> 8) ^ bytes[i]!]!) & 0xffff
  return crc
}

/**
 * Writes `words` into the lowest bits of `mulaw`, in place.
 * @param words times from the start of `mulaw`; a word that finds no room is not carried
 * @param utterance any number of 16 bits that differs from the one before on the same line
 * @throws never
 * @source ours
 */
export function markWords(mulaw: Uint8Array, words: readonly SpokenWord[], utterance: number): void {
  const frames = Math.floor(mulaw.length / FRAME_BYTES)
  const texts = words.slice(0, MAX_WORDS).map((word) => new TextEncoder().encode(word.word))
  const starts = words.map((word) => Math.floor((word.start_ms + word.end_ms) / 2 / FRAME_MS))
  const carried = new Uint8Array(CARRIED_BYTES)
  let frame = 0
  for (const [index, text] of texts.entries()) {
    const chunks = Math.min(Math.max(Math.ceil(text.length / CHUNK_BYTES), 1), MAX_CHUNKS)
    frame = Math.max(frame, starts[index]!)
    const end = Math.min(Math.max(starts[index + 1] ?? frames, frame + chunks), frames)
    for (let turn = 0; frame < end; frame++, turn++) {
      const chunk = turn % chunks
      fillFrame(carried, { utterance, frame, word: index, chunk, chunks, text })
      writeBits(mulaw, frame * FRAME_BYTES, carried)
    }
  }
}

interface Ride {
  utterance: number
  frame: number
  word: number
  chunk: number
  chunks: number
  text: Uint8Array
}

function fillFrame(carried: Uint8Array, ride: Ride): void {
  const piece = ride.text.subarray(ride.chunk * CHUNK_BYTES, (ride.chunk + 1) * CHUNK_BYTES)
  carried.fill(0)
  put16(carried, 0, MAGIC)
  put16(carried, 2, ride.utterance)
  put16(carried, 4, ride.frame)
  put16(carried, 6, (ride.word << 4) | ride.chunk)
  carried[8] = ((ride.chunks - 1) << 4) | piece.length
  carried.set(piece, 9)
  put16(carried, 18, crc16(carried, 18))
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >> 8) & 0xff
  bytes[at + 1] = value & 0xff
}

function writeBits(mulaw: Uint8Array, at: number, carried: Uint8Array): void {
  for (let bit = 0; bit < FRAME_BYTES; bit++) {
    const value = (carried[bit >> 3]! >> (7 - (bit & 7))) & 1
    mulaw[at + bit] = (mulaw[at + bit]! & 0xfe) | value
  }
}

/** A word read back from audio. */
export interface ReadWord {
  readonly word: string
  readonly utterance: number
  /** Bytes pushed to the reader up to the frame that completed the word. */
  readonly at_byte: number
}

/**
 * Reads words out of a stream of mu-law bytes cut anywhere: a window of 160 lowest bits slides byte by byte, so
 * no alignment is needed, and the magic with the CRC tells a frame from noise.
 */
export class WordReader {
  readonly #onWord: (word: ReadWord) => void
  readonly #bits = new Uint8Array(256)
  readonly #carried = new Uint8Array(CARRIED_BYTES)
  #pushed = 0
  #oldest = 0
  #ones = 0
  #utterance = -1
  #position = 0
  #nextWord = 0
  #collecting = -1
  #chunks: (Uint8Array | undefined)[] = []

  constructor(onWord: (word: ReadWord) => void) {
    this.#onWord = onWord
  }

  /** Bytes pushed so far. */
  get pushed_bytes(): number {
    return this.#pushed
  }

  push(mulaw: Uint8Array): void {
    // Locals, not fields: this loop sees every byte of every call.
    const bits = this.#bits
    let pushed = this.#pushed
    let oldest = this.#oldest
    let ones = this.#ones
    for (let i = 0; i < mulaw.length; i++) {
      const bit = mulaw[i]! & 1
      const index = pushed++
      bits[index & 255] = bit
      // Long silence is all ones; nothing can start in it, so nothing is looked at.
      ones = bit === 1 ? ones + 1 : 0
      if (ones > FRAME_BYTES + 16) continue
      oldest = ((oldest << 1) | bits[(index - 144) & 255]!) & 0xffff
      if (oldest === MAGIC && this.#readFrame(index - 159)) {
        this.#pushed = pushed
        this.#onFrame()
      }
    }
    this.#pushed = pushed
    this.#oldest = oldest
    this.#ones = ones
  }

  #readFrame(start: number): boolean {
    const carried = this.#carried
    for (let byte = 0; byte < CARRIED_BYTES; byte++) {
      let value = 0
      for (let bit = 0; bit < 8; bit++) value = (value << 1) | this.#bits[(start + byte * 8 + bit) & 255]!
      carried[byte] = value
    }
    return crc16(carried, 18) === ((carried[18]! << 8) | carried[19]!)
  }

  #onFrame(): void {
    const carried = this.#carried
    const utterance = (carried[2]! << 8) | carried[3]!
    const position = (carried[4]! << 8) | carried[5]!
    const word = (carried[6]! << 4) | (carried[7]! >> 4)
    if (utterance !== this.#utterance || position + REORDER_FRAMES < this.#position) this.#startUtterance(utterance)
    this.#position = Math.max(position, this.#position)
    if (word < this.#nextWord) return
    if (word !== this.#collecting) {
      this.#collecting = word
      this.#chunks = []
    }
    const length = Math.min(carried[8]! & 0x0f, CHUNK_BYTES)
    this.#chunks[carried[7]! & 0x0f] = carried.slice(9, 9 + length)
    this.#finishWord(word, (carried[8]! >> 4) + 1)
  }

  #startUtterance(utterance: number): void {
    this.#utterance = utterance
    this.#position = 0
    this.#nextWord = 0
    this.#collecting = -1
  }

  #finishWord(word: number, chunks: number): void {
    for (let i = 0; i < chunks; i++) if (!this.#chunks[i]) return
    const text = Buffer.concat(this.#chunks as Uint8Array[]).toString('utf8')
    this.#nextWord = word + 1
    this.#onWord({ word: text, utterance: this.#utterance, at_byte: this.#pushed })
  }
}
