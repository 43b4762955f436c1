// One media stream: the carrier's messages into calls of the live call, and its sound back. Walk (i) enters and leaves
// here. Numbers are text on the wire; unknown events and fields are passed by. Source: protocols B.1, B.2.
import { HotFrame } from '../framing/frame-writer.ts'
import type { Framed, FramedListener } from '../framing/framed.ts'
import type { MediaStream, MediaStreamListener } from '../live/live-ports.ts'
import type { LoopPressure } from '../live/loop-pressure.ts'
import { pcmuDurationMs } from '../live/playback.ts'
import { messageOf } from '../platform/errors.ts'
import { FrameClock } from './frame-clock.ts'
import { scanMedia } from './media-scan.ts'

export interface StartMessage {
  stream_sid: string
  call_sid: string
  account_sid: string
  token: string
}
/** Asked once, when the stream says who it is. @returns null to close it */
export type Admit = (start: StartMessage) => Promise<((stream: MediaStream) => MediaStreamListener) | null>

const PING_EVERY_MS = 15_000
/** A stream that does not say who it is in time is closed; one without any frame is lost. Source: protocols A.5, B.3. */
const START_WITHIN_MS = 10_000
/** What is kept while the token is checked: all frames of that time, each a message of about 400 bytes every 20 ms. */
const HELD_BYTES = (START_WITHIN_MS / 20) * 512
const WATCH_EVERY_MS = 250
/** Without a frame: after so many looks the model is given silence, and after so many the stream is lost (5 s). */
const QUIET_LOOKS = 3
const LOST_LOOKS = 20
/** Minutes of speech: who has so much not taken reads nothing, and what else is sent would only fill the memory of all calls. */
const MOST_UNREAD_BYTES = 8 * 1024 * 1024
/** Each becomes a line of the transcript and is told to the model: nobody presses more in a call. */
const MOST_KEYS = 500
const KEY = /^[0-9*#A-D]$/i
/** Of so many frames one is timed on its way, if it goes on: reading the clock for each was measured to cost a twentieth of a call. */
const TIMED_EVERY = 10

interface WireMessage {
  event?: unknown
  media?: { payload?: unknown; chunk?: unknown; timestamp?: unknown }
  mark?: { name?: unknown }
  dtmf?: { digit?: unknown }
  start?: {
    streamSid?: unknown
    callSid?: unknown
    accountSid?: unknown
    customParameters?: Record<string, unknown>
    mediaFormat?: { encoding?: unknown; sampleRate?: unknown }
  }
}

/**
 * Takes over a socket of the carrier. Everything it opens it closes.
 * @param accept lets the socket in; null when it was refused
 * @param pressure while the process is behind, frames that are too old are not passed on
 * @param onFault told why it is closed, or how it broke
 */
export function serveMediaStream(
  accept: (listener: FramedListener) => Framed | null,
  admit: Admit,
  pressure: Pick<LoopPressure, 'isOverloaded' | 'looked_ms'>,
  onFault: (why: string) => void,
): void {
  let listener: MediaStreamListener | null = null
  let isAdmitting = false
  let hasEnded = false
  /**
   * Looks since something came. Not the time since then: when this process has stood still, what came waits to be read, and
   * nobody was silent.
   */
  let looks = 0
  const frames = new FrameClock()
  let untimed = 0
  let keys = 0
  /** Messages that come while the token is being checked. */
  let held: Buffer[] = []
  let held_bytes = 0

  const accepted = accept({ onText: receive, onBinary: () => strange(), onPong() {}, onError: broke, onClose: closed })
  if (accepted === null) return
  const socket = accepted
  const startTimer = setTimeout(() => refuse('it did not start in time'), START_WITHIN_MS)
  const watch = setInterval(look, WATCH_EVERY_MS)
  const pings = setInterval(() => socket.ping(), PING_EVERY_MS)

  function end(how: 'stopped' | 'lost'): void {
    if (hasEnded) return
    hasEnded = true
    try {
      listener?.onEnd(how)
    } catch (error) {
      listener?.onBroken(error)
    }
  }

  function look(): void {
    try {
      const silence = ++looks === QUIET_LOOKS ? frames.quiet() : null
      if (silence) listener?.onSilence(silence)
    } catch (error) {
      listener?.onBroken(error)
    }
    if (socket.bufferedBytes > MOST_UNREAD_BYTES) onFault('the carrier does not read what it is sent')
    else if (!listener || looks <= LOST_LOOKS) return
    socket.terminate()
  }

  function broke(error: Error): void {
    if (!hasEnded) onFault(messageOf(error))
  }

  function refuse(why: string): void {
    if (listener || hasEnded) return
    hasEnded = true
    onFault(why)
    socket.close(1008)
  }

  async function begin(message: WireMessage): Promise<void> {
    const start = parseStart(message)
    if (!start) return refuse('its start message lacks what it needs')
    isAdmitting = true
    const enter = await admit(start).catch(() => null)
    if (!enter) return refuse('its token is unknown, used, over, or not for this call and account')
    if (!socket.isOpen) return
    clearTimeout(startTimer)
    const stream = wireStream(socket, start.stream_sid)
    // Throws only when the call is broken, which then ends by itself and closes this socket.
    listener = enter(stream)
    const waiting = held
    held = []
    for (const early of waiting) take(early)
  }

  /** @param payload base64 @returns whether it has gone on */
  function hear(payload: string, chunk: number, timestamp_ms: number): boolean {
    const { looked_ms, isOverloaded } = pressure
    const verdict = frames.accept(chunk, timestamp_ms, pcmuDurationMs(payload), looked_ms, isOverloaded)
    if (!verdict.pass) {
      if (verdict.why === 'stale') listener?.onStale()
      else listener?.onMalformed('a media message that came twice or late')
      return false
    }
    if (verdict.silence_before) listener?.onSilence(verdict.silence_before)
    return listener?.onAudio(payload) ?? false
  }

  /** A call that throws ends by itself; the others do not notice. */
  function give(message: WireMessage): void {
    try {
      tell(message)
    } catch (error) {
      listener?.onBroken(error)
    }
  }

  function tell(message: WireMessage): void {
    switch (message.event) {
      case 'media': {
        const { payload, chunk, timestamp } = message.media ?? {}
        if (typeof payload !== 'string' || !isBase64(payload))
          return listener?.onMalformed('a media message without a payload')
        return void hear(payload, Number(chunk ?? 0), Number(timestamp ?? Number.NaN))
      }
      case 'mark':
        if (typeof message.mark?.name === 'string') listener?.onMark(message.mark.name)
        else listener?.onMalformed('a mark without a name')
        return
      case 'dtmf':
        return press(message.dtmf?.digit)
      case 'stop':
        return end('stopped')
      default:
    }
  }

  function press(key: unknown): void {
    if (typeof key !== 'string' || !KEY.test(key)) listener?.onMalformed('a key that no telephone has')
    else if (keys++ < MOST_KEYS) listener?.onDigit(key)
    else listener?.onMalformed(`more than ${MOST_KEYS} keys`)
  }

  /** Walk (i): a frame of the caller's is heard without being parsed; everything else goes the ordinary way. */
  function receive(data: Buffer): void {
    looks = 0
    try {
      const isTimed = ++untimed >= TIMED_EVERY
      const read_ms = isTimed ? performance.now() : 0
      const media = listener ? scanMedia(data) : null
      if (media) {
        const hasGoneOn = hear(media.payload, media.chunk, media.timestamp_ms)
        if (!isTimed) return
        untimed = 0
        if (hasGoneOn) listener?.onDelay(performance.now() - read_ms)
        return
      }
    } catch (error) {
      return listener?.onBroken(error)
    }
    if (isAdmitting && !listener) return hold(data)
    take(data)
  }

  function take(data: Buffer): void {
    const message = parseMessage(data)
    if (!message) return strange()
    if (listener) return give(message)
    if (message.event === 'start') void begin(message)
  }

  function hold(data: Buffer): void {
    if (held_bytes + data.length > HELD_BYTES) return
    held_bytes += data.length
    held.push(Buffer.from(data))
  }

  function strange(): void {
    looks = 0
    listener?.onMalformed('a stream message that is not a JSON object')
  }

  function closed(): void {
    clearTimeout(startTimer)
    clearInterval(watch)
    clearInterval(pings)
    end('lost')
  }
}

function parseMessage(data: Buffer): WireMessage | null {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as WireMessage) : null
  } catch {
    return null
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const isBase64 = (text: string): boolean => text.length > 0 && text.length % 4 === 0 && BASE64.test(text)

function parseStart({ start }: WireMessage): StartMessage | null {
  const token = start?.customParameters?.token
  if (typeof start?.streamSid !== 'string' || typeof start.callSid !== 'string' || typeof token !== 'string')
    return null
  if (start.mediaFormat?.encoding !== undefined && start.mediaFormat.encoding !== 'audio/x-mulaw') return null
  return {
    stream_sid: start.streamSid,
    call_sid: start.callSid,
    account_sid: typeof start.accountSid === 'string' ? start.accountSid : '',
    token,
  }
}

/** Only the three messages the carrier accepts, with no field more. */
function wireStream(socket: Framed, stream_sid: string): MediaStream {
  const sid = JSON.stringify(stream_sid)
  const media = new HotFrame(`{"event":"media","streamSid":${sid},"media":{"payload":"`, '"}}')
  const mark = new HotFrame(`{"event":"mark","streamSid":${sid},"mark":{"name":"`, '"}}')
  const clear = `{"event":"clear","streamSid":${sid}}`
  return {
    sendAudio: (payload) => socket.sendHot(media, payload),
    // Names are our own: letters, digits and points.
    sendMark: (name) => socket.sendHot(mark, name),
    clear: () => socket.sendText(clear),
    close: () => socket.close(1000),
  }
}
