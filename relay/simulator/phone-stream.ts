// One two-way media stream, seen from the network: the WebSocket to the relay, its messages, and what has
// still to be played. The call's clock calls `sendFrame` and `playFrame` every 20 ms.
import webhooks from 'twilio/lib/webhooks/webhooks.js'
import { WebSocket } from 'ws'
import type { Ear } from './ear.ts'
import type { PhoneFaults } from './faults.ts'
import { FRAME_MS, SILENCE_BYTE } from './mulaw.ts'
import type { DebuggerEntry, StreamMessage } from './phone-call.ts'
import { newSid } from './phone-ids.ts'
import { PlaybackBuffer } from './playback-buffer.ts'
import { readRelayMessage } from './stream-message.ts'
import { isLoopback } from './webhook-request.ts'

export interface PhoneStreamOptions {
  readonly url: string
  readonly parameters: Readonly<Record<string, string>>
  readonly account_sid: string
  readonly auth_token: string
  readonly call_sid: string
  readonly ear: Ear
  /** The faults that hold now. */
  readonly faults: () => PhoneFaults
  readonly onMessage: (way: StreamMessage['way'], message: Record<string, unknown>) => void
  readonly onError: (code: DebuggerEntry['code'], message: string) => void
}

/** The stream could not be opened. `code` is the debugger's: 31901, 31902, 31920, 31922, 31923. */
export class StreamError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const SILENT_PAYLOAD = Buffer.alloc(160, SILENCE_BYTE).toString('base64')
const HANDSHAKE_MS = 10_000

export class PhoneStream {
  readonly stream_sid = newSid('MZ')
  readonly counts = { media: 0, duplicates: 0, dropped: 0, received_media: 0, received_bytes: 0 }
  /** Resolves with the close code when the socket is gone, whoever closed it. */
  readonly closed: Promise<number>
  readonly #options: PhoneStreamOptions
  readonly #playback = new PlaybackBuffer()
  #resolveClosed!: (code: number) => void
  #socket: WebSocket | null = null
  #sequence = 0
  #chunk = 0
  #elapsed_ms = 0
  #gap_ms = 0
  #held: string[] = []
  #warned = false
  #isStopped = false

  constructor(options: PhoneStreamOptions) {
    this.#options = options
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN && !this.#isStopped
  }

  /** Connects, then says `connected` and `start`. Rejects with a StreamError. */
  async open(): Promise<void> {
    const url = streamUrl(this.#options.url)
    const key = this.#options.faults().bad_signature ? `${this.#options.auth_token}-forged` : this.#options.auth_token
    const socket = new WebSocket(url, {
      // Lower-case on the wire, over the URL with its ws or wss scheme and no fields.
      headers: {
        'x-twilio-signature': webhooks.getExpectedTwilioSignature(key, url, {}),
        'user-agent': 'Twilio.TmeWs/1.0',
      },
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      rejectUnauthorized: !isLoopback(new URL(url).hostname),
    })
    this.#socket = socket
    await opened(socket)
    socket.on('error', (error) => this.#options.onError(31924, `WebSocket protocol error: ${error.message}`))
    socket.on('close', (code) => this.#resolveClosed(code))
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary))
    this.#send({ event: 'connected', protocol: 'Call', version: '1.0.0' })
    this.#sendStart()
    const breaks = this.#options.faults().socket_break_after_ms
    if (breaks !== undefined) setTimeout(() => this.breakSocket(), breaks).unref()
  }

  /** The caller's next 20 ms go to the relay. @param frame null for silence */
  sendFrame(frame: Uint8Array | null): void {
    const timestamp = this.#elapsed_ms
    this.#elapsed_ms += FRAME_MS
    if (this.#gap_ms > 0) {
      this.#gap_ms -= FRAME_MS
      return
    }
    if (!this.isOpen) return
    const faults = this.#options.faults()
    this.#chunk++
    if (faults.media_drop_every && this.#chunk % faults.media_drop_every === 0) {
      this.counts.dropped++
      return
    }
    const payload = frame
      ? Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('base64')
      : SILENT_PAYLOAD
    const text = `{"event":"media","sequenceNumber":"${++this.#sequence}","media":{"track":"inbound","chunk":"${this.#chunk}","timestamp":"${timestamp}","payload":"${payload}"},"streamSid":"${this.stream_sid}"}`
    this.#sendMedia(text, faults)
  }

  /** The next 20 ms the caller hears; echoes the marks that became due. */
  playFrame(): Uint8Array | null {
    const frame = this.#playback.next()
    if (frame) for (const name of this.#playback.dueMarks()) this.#echoMark(name, 'played')
    return frame
  }

  dtmf(digit: string): void {
    this.#send({
      event: 'dtmf',
      streamSid: this.stream_sid,
      sequenceNumber: String(++this.#sequence),
      dtmf: { track: 'inbound_track', digit },
    })
  }

  inject(raw: string | Uint8Array): void {
    if (this.isOpen) this.#socket!.send(raw)
  }

  /** No media for that long; the stream's time goes on. */
  skip(duration_ms: number): void {
    this.#gap_ms += duration_ms
  }

  /** Says `stop` and closes: the call is over, or goes on with other instructions. */
  stop(): void {
    if (this.isOpen) {
      const { account_sid, call_sid } = this.#options
      this.#flushHeld()
      this.#send({
        event: 'stop',
        sequenceNumber: String(++this.#sequence),
        streamSid: this.stream_sid,
        stop: { accountSid: account_sid, callSid: call_sid },
      })
      this.#socket!.close(1000)
    }
    this.#isStopped = true
    // A relay that never answers the close must not hold the call.
    setTimeout(() => this.breakSocket(), 2_000).unref()
  }

  breakSocket(): void {
    this.#socket?.terminate()
  }

  #sendStart(): void {
    const { account_sid, call_sid, parameters } = this.#options
    this.#send({
      event: 'start',
      sequenceNumber: String(++this.#sequence),
      start: {
        accountSid: account_sid,
        streamSid: this.stream_sid,
        callSid: call_sid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: parameters,
      },
      streamSid: this.stream_sid,
    })
  }

  #sendMedia(text: string, faults: PhoneFaults): void {
    if (faults.media_malformed_every && this.#chunk % faults.media_malformed_every === 0)
      this.#socket!.send(text.slice(0, -7))
    this.#held.push(text)
    this.counts.media++
    if (faults.media_duplicate_every && this.#chunk % faults.media_duplicate_every === 0) {
      this.#held.push(text)
      this.counts.duplicates++
    }
    if (this.#held.length * FRAME_MS > (faults.media_late_ms ?? 0)) this.#flushHeld()
  }

  #flushHeld(): void {
    // As bytes, header and body leave in one write; a string costs two.
    for (const text of this.#held) this.#socket!.send(Buffer.from(text, 'latin1'), { binary: false })
    this.#held = []
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#options.onError(31950, 'Stream message is binary; only text is understood.')
      return
    }
    const message = readRelayMessage(data.toString('utf8'), this.stream_sid)
    if ('raw' in message) this.#options.onMessage('from_relay', message.raw)
    switch (message.event) {
      case 'media':
        this.counts.received_media++
        this.counts.received_bytes += message.mulaw.length
        this.#playback.append(message.mulaw)
        break
      case 'mark':
        if (this.#playback.mark(message.name)) this.#echoMark(message.name, 'idle')
        break
      case 'clear':
        this.#clear()
        break
      default:
        this.#warn(message.why)
    }
  }

  #clear(): void {
    const { marks, dropped_ms } = this.#playback.clear()
    this.#options.ear.noteCleared(dropped_ms)
    for (const name of marks) this.#echoMark(name, 'cleared')
  }

  /** Once per stream; the message is dropped every time. */
  #warn(why: string): void {
    if (!this.#warned) this.#options.onError(31951, `Invalid stream message: ${why}`)
    this.#warned = true
  }

  #echoMark(name: string, because: 'played' | 'idle' | 'cleared'): void {
    this.#options.ear.noteMark(name, because)
    const echo = () =>
      this.#send({
        event: 'mark',
        sequenceNumber: String(++this.#sequence),
        streamSid: this.stream_sid,
        mark: { name },
      })
    const delay_ms = this.#options.faults().mark_delay_ms
    if (delay_ms) setTimeout(echo, delay_ms).unref()
    else echo()
  }

  #send(message: Record<string, unknown>): void {
    if (!this.isOpen) return
    this.#options.onMessage('to_relay', message)
    this.#socket!.send(JSON.stringify(message))
  }
}

/** What is connected to and signed: without query and fragment, which the network drops. */
function streamUrl(text: string): string {
  const bare = text.split(/[?#]/)[0]!
  const url = URL.canParse(bare) ? new URL(bare) : null
  if (!url) throw new StreamError(31923, `The stream URL "${text}" is malformed.`)
  if (url.protocol === 'wss:' || (url.protocol === 'ws:' && isLoopback(url.hostname))) return bare
  throw new StreamError(31922, `The stream URL "${text}" is not wss.`)
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (code: number, message: string) => {
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.terminate()
      reject(new StreamError(code, message))
    }
    socket.once('open', () => {
      socket.removeAllListeners()
      resolve()
    })
    socket.once('unexpected-response', (_request, response) =>
      fail(31920, `WebSocket handshake: the server answered ${response.statusCode}, not 101.`),
    )
    socket.once('error', (error) => {
      const isTimeout = /timed out/i.test(error.message)
      if (isTimeout) fail(31901, 'WebSocket connection timed out.')
      else fail(/ECONNREFUSED/.test(error.message) ? 31902 : 31920, `WebSocket: ${error.message}`)
    })
  })
}
