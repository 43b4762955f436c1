// The phone's side of one call: sends the caller's frames, plays what comes back as the carrier does (marks return when
// their sound would have been heard, all at once on `clear`), and counts every piece by its number.
import type { Socket } from 'node:net'
import { FRAME_MS, MediaFrame } from './media-frame.ts'
import { nowUs, readStamp } from './stamp.ts'
import { type Arrivals, newArrivals, noteArrival } from './tally.ts'
import { ACCOUNT, type StreamAddress } from './webhook.ts'
import { CLOSE, FrameCutter, frameOf, openSocket, PING, PONG, TEXT } from './wire.ts'

/** Told of what the caller's side sees. */
export interface CarrierListener {
  onSound(sent_us: number, now_us: number): void
  onClear(call: number, now_us: number): void
  /** The bridge closed the call, or broke it. */
  onLost(call: number, why: string): void
}

/** Nothing shorter has a piece of the agent's voice in it. */
const SOUND_BYTES = 600
const MARKERS = ['"payload":"', '"delta":"'].map((marker) => Buffer.from(marker))
const BYTES_PER_MS = 8

export class CarrierCall {
  readonly call: number
  readonly arrivals: Arrivals
  sent = 0
  readonly #listener: CarrierListener
  readonly #frame: MediaFrame
  readonly #stream_sid: string
  readonly #cutter = new FrameCutter()
  readonly #socket: Socket
  readonly #marks: { name: string; due_ms: number }[] = []
  #sequence = 0
  #playsUntilMs = 0
  #isOver = false

  /** @param call its number among all calls of the run */
  static async open(call: number, call_sid: string, address: StreamAddress, listener: CarrierListener) {
    const { socket, rest } = await openSocket(address.url, address.headers)
    return new CarrierCall(call, call_sid, address, listener, socket, rest)
  }

  private constructor(
    call: number,
    call_sid: string,
    { parameters }: StreamAddress,
    listener: CarrierListener,
    socket: Socket,
    rest: Buffer,
  ) {
    this.call = call
    this.arrivals = newArrivals(call)
    this.#listener = listener
    this.#socket = socket
    this.#stream_sid = `MZ${call_sid.slice(2)}`
    this.#frame = new MediaFrame(this.#stream_sid)
    socket.removeAllListeners('close')
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#lost(error.message))
    socket.on('close', () => this.#lost('The bridge closed the socket.'))
    if (rest.length > 0) this.#receive(rest)
    this.#say({ event: 'connected', protocol: 'Call', version: '1.0.0' })
    this.#say({ event: 'start', sequenceNumber: `${++this.#sequence}`, ...this.#start(call_sid, parameters) })
  }

  #start(call_sid: string, customParameters: Record<string, string>) {
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }
    const ids = { streamSid: this.#stream_sid, accountSid: ACCOUNT.account_sid, callSid: call_sid }
    return { start: { ...ids, tracks: ['inbound'], customParameters, mediaFormat }, streamSid: this.#stream_sid }
  }

  /** The next 20 ms of the caller, now. */
  speak(now_us: number): void {
    if (this.#isOver) return
    this.#returnMarks(now_us / 1_000)
    const number = ++this.sent
    const numbers = { sequence: ++this.#sequence, chunk: number, timestamp_ms: (number - 1) * FRAME_MS }
    this.#socket.write(this.#frame.of(numbers, { call: this.call, number, sent_us: now_us }))
    if (this.#socket.writableLength > 0) this.#frame.leave()
  }

  /** The caller hangs up. */
  stop(): void {
    if (this.#isOver) return
    this.#say({
      event: 'stop',
      sequenceNumber: `${++this.#sequence}`,
      streamSid: this.#stream_sid,
      stop: { accountSid: ACCOUNT.account_sid },
    })
    this.#isOver = true
  }

  close(): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#cutter.push(chunk, (opcode, payload) => {
      if (opcode === PING) this.#socket.write(frameOf(PONG, Buffer.from(payload), true))
      if (opcode === CLOSE) this.#lost('The bridge said close.')
      if (opcode !== TEXT) return
      if (payload.length >= SOUND_BYTES) this.#hear(payload)
      else this.#obey(payload)
    })
  }

  #hear(message: Buffer): void {
    for (const marker of MARKERS) {
      const found = message.indexOf(marker)
      if (found < 0) continue
      const at = found + marker.length
      const stamp = readStamp(message, at)
      if (!stamp) continue
      const now_us = nowUs()
      noteArrival(this.arrivals, stamp)
      this.#listener.onSound(stamp.sent_us, now_us)
      const bytes = ((message.indexOf('"', at) - at) * 3) / 4
      this.#playsUntilMs = Math.max(this.#playsUntilMs, now_us / 1_000) + bytes / BYTES_PER_MS
      return
    }
  }

  #obey(payload: Buffer): void {
    const message = JSON.parse(payload.toString('utf8')) as { event?: string; type?: string; mark?: { name: string } }
    if (message.event === 'mark') this.#marks.push({ name: message.mark?.name ?? '', due_ms: this.#playsUntilMs })
    // A bridge that passes messages on unread passes this one on where others clear.
    if (message.event !== 'clear' && message.type !== 'input_audio_buffer.speech_started') return
    const now_us = nowUs()
    this.#listener.onClear(this.call, now_us)
    this.#playsUntilMs = 0
    this.#returnMarks(Number.POSITIVE_INFINITY)
  }

  #returnMarks(now_ms: number): void {
    while (this.#marks.length > 0 && this.#marks[0]!.due_ms <= now_ms) {
      const { name } = this.#marks.shift()!
      const sequenceNumber = `${++this.#sequence}`
      this.#say({ event: 'mark', sequenceNumber, streamSid: this.#stream_sid, mark: { name } })
    }
  }

  #say(message: object): void {
    this.#socket.write(frameOf(TEXT, JSON.stringify(message), true))
  }

  #lost(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.onLost(this.call, why)
  }
}
