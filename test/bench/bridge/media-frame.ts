// One caller's media message, built once and written over for every 20 ms: only its numbers and its stamp change.
import { STAMP_BYTES, STAMP_CHARS, type Stamp, writeStamp } from './stamp.ts'
import { frameOf, MASK, TEXT } from './wire.ts'

export const FRAME_MS = 20
export const FRAME_BYTES = 160
const HEAD_BYTES = 8

/** Sound that is neither silence nor all the same. */
export const soundOf = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 37) & 255))
const REST = soundOf(FRAME_BYTES - STAMP_BYTES).toString('base64')

interface Numbers {
  sequence: number
  chunk: number
  timestamp_ms: number
}

export class MediaFrame {
  readonly #stream_sid: string
  #bytes: Buffer = Buffer.alloc(0)
  /** How many digits the three numbers have: another digit is another layout. */
  #layout = ''
  #places = { sequence: 0, chunk: 0, timestamp: 0, payload: 0 }

  constructor(stream_sid: string) {
    this.#stream_sid = stream_sid
  }

  /** @returns the frame as it goes out; the next call writes over it */
  of(numbers: Numbers, stamp: Stamp): Buffer {
    const { sequence, chunk, timestamp_ms } = numbers
    const layout = `${digits(sequence)} ${digits(chunk)} ${digits(timestamp_ms)}`
    if (layout !== this.#layout) this.#lay(numbers, layout)
    this.#write(this.#places.sequence, sequence)
    this.#write(this.#places.chunk, chunk)
    this.#write(this.#places.timestamp, timestamp_ms)
    writeStamp(this.#bytes, this.#places.payload, stamp, MASK)
    return this.#bytes
  }

  /** The frame last given out is still being sent: it is not written over. */
  leave(): void {
    this.#bytes = Buffer.from(this.#bytes)
  }

  #lay({ sequence, chunk, timestamp_ms }: Numbers, layout: string): void {
    let text = '{"event":"media","sequenceNumber":"'
    const place = (value: string): number => {
      const at = text.length + HEAD_BYTES
      text += value
      return at
    }
    this.#places.sequence = place(`${sequence}`)
    text += '","media":{"track":"inbound","chunk":"'
    this.#places.chunk = place(`${chunk}`)
    text += '","timestamp":"'
    this.#places.timestamp = place(`${timestamp_ms}`)
    text += '","payload":"'
    this.#places.payload = place('A'.repeat(STAMP_CHARS))
    text += `${REST}"},"streamSid":"${this.#stream_sid}"}`
    this.#bytes = frameOf(TEXT, text, true)
    this.#layout = layout
  }

  #write(place: number, value: number): void {
    let rest = value
    for (let at = place + digits(value) - 1; at >= place; at--) {
      this.#bytes[at] = (48 + (rest % 10)) ^ MASK
      rest = Math.floor(rest / 10)
    }
  }
}

function digits(value: number): number {
  let count = 1
  for (let limit = 10; value >= limit; limit *= 10) count++
  return count
}
