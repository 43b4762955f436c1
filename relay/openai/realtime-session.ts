// One realtime session over a plain WebSocket: our own thin transport, because the vendor's client forces TLS and so
// cannot serve a local server or the simulator. Audio passes as base64, unread. Walk (i): `appendAudio` and the delta.
import { HotFrame } from '../framing/frame-writer.ts'
import type { Framed } from '../framing/framed.ts'
import type { Wire } from '../framing/wire.ts'
import type {
  OpenRealtimeSession,
  RealtimeEvent,
  RealtimeListener,
  RealtimeSession,
  SessionSettings,
} from '../live/live-ports.ts'
import { afterReading } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import { scanDelta, typeAhead } from './delta-scan.ts'
import { parseError, parseSession, rateLimit, type SessionFacts, translate } from './realtime-events.ts'

export interface RealtimeConfig {
  /** `https://api.openai.com/v1` or any compatible server; http becomes ws, https becomes wss. */
  base_url: string
  api_key: string
  model: string
  /** Tried in order; a server that knows none of them transcribes with none. */
  transcription_models: string[]
}

/** Source: OpenAI Realtime, one message carries at most 15 MiB of audio. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** Five minutes of sound in pieces of 20 ms with their words may come at once, and go on at twenty times the speed of speech. */
const RATE = { burst: 20_000, per_second: 2_000 }
/** A connection that has not answered a ping by the next one is lost. */
const PING_EVERY_MS = 10_000
const HANDSHAKE_MS = 8_000
/** A model that is busy or cannot be reached is asked again after these; what the caller says meanwhile is kept. */
const AGAIN_AFTER_MS = [200, 400, 800, 1_600]
const BUSY = new Set([408, 429, 500, 502, 503, 504])
/** Closed for a reason that passes. Source: protocols D.13. */
const PASSING_CLOSES = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1015])
/** Source: OpenAI Realtime, server_vad; half of the reply gap is this silence. */
const TURN_DETECTION = {
  type: 'server_vad',
  threshold: 0.5,
  prefix_padding_ms: 300,
  silence_duration_ms: 500,
  create_response: true,
  interrupt_response: true,
}
const PCMU = { type: 'audio/pcmu' }
/** Nothing is to be done about these: they are not even parsed. Source: protocols D.6. */
const UNNEEDED = new Set([
  'conversation.item.added',
  'conversation.item.created',
  'conversation.item.done',
  'conversation.item.truncated',
  'input_audio_buffer.committed',
  'rate_limits.updated',
  'response.content_part.added',
  'response.content_part.done',
  'response.output_item.added',
  'response.output_item.done',
])
const AUDIO_DELTAS = new Set(['response.output_audio.delta', 'response.audio.delta'])

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const APPEND = new HotFrame('{"type":"input_audio_buffer.append","audio":"', '"}')

/** @returns what opens a session; failures come as events, never as exceptions */
export function openaiRealtime(config: RealtimeConfig, wire: Wire): OpenRealtimeSession {
  return (settings, listener) => new OpenaiRealtimeSession(config, wire, settings, listener)
}

export function realtimeUrl(base_url: string, model: string): string {
  const url = new URL(`${base_url.replace(/\/$/, '')}/realtime`)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  url.searchParams.set('model', model)
  return url.href
}

class OpenaiRealtimeSession implements RealtimeSession {
  readonly #config: RealtimeConfig
  readonly #settings: () => SessionSettings
  readonly #listener: RealtimeListener
  readonly #wire: Wire
  #socket: Framed
  #failures = 0
  #again: NodeJS.Timeout | undefined
  readonly #pings: NodeJS.Timeout
  #state: 'opening' | 'configuring' | 'ready' | 'closed' = 'opening'
  #wanted: SessionSettings | null = null
  #transcription = 0
  #voice = 0
  #isPongDue = false
  #count = 0
  #lastError: string | null = null
  #expires_at: Date | null = null

  constructor(config: RealtimeConfig, wire: Wire, settings: () => SessionSettings, listener: RealtimeListener) {
    this.#config = config
    this.#settings = settings
    this.#listener = listener
    this.#wire = wire
    this.#socket = this.#connect()
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS)
  }

  #connect(): Framed {
    const { base_url, model, api_key } = this.#config
    /** Another connection takes the place of this one: its end is not the session's. */
    let isReplaced = false
    const failed = (reason: string, isPassing: boolean): void => {
      if (isReplaced) return
      isReplaced = isPassing && this.#connectsAgain()
      if (!isReplaced) this.#fail(this.#lastError ?? reason)
    }
    return this.#wire.open(
      {
        url: realtimeUrl(base_url, model),
        headers: { Authorization: `Bearer ${api_key}` },
        max_message_bytes: MAX_MESSAGE_BYTES,
        rate: RATE,
        handshake_timeout_ms: HANDSHAKE_MS,
        // What is not UTF-8 would not be JSON either.
        checks_utf8: false,
      },
      {
        onOpen: () => {},
        onText: (data) => this.#receive(data),
        onBinary: () => this.#listener.onMalformed('a model message that is not text'),
        onPong: () => {
          this.#isPongDue = false
        },
        onRefused: (status) => failed(refusalOf(status), BUSY.has(status)),
        onError: (error) => {
          const what = this.#state === 'ready' ? 'The connection to the model broke' : 'The model cannot be reached'
          failed(`${what}: ${messageOf(error)}`, true)
        },
        onClose: (code, reason) => {
          const how = reason === '' ? String(code) : `${code}, ${reason}`
          failed(`The model closed the connection (${how}).`, PASSING_CLOSES.has(code))
        },
      },
    )
  }

  /** @returns false once the session has begun, and after too many failures */
  #connectsAgain(): boolean {
    if (this.#state === 'ready' || this.#state === 'closed') return false
    const wait_ms = AGAIN_AFTER_MS[this.#failures++]
    if (wait_ms === undefined) return false
    this.#state = 'opening'
    this.#lastError = null
    this.#again = setTimeout(() => {
      this.#socket = this.#connect()
    }, wait_ms)
    return true
  }

  #ping(): void {
    if (!this.#socket.isOpen) return
    if (this.#isPongDue) return void afterReading(() => this.#isPongDue && this.#goneSilent())
    this.#isPongDue = true
    this.#socket.ping()
  }

  #goneSilent(): void {
    this.#fail('The connection to the model went silent.')
    this.#socket.terminate()
  }

  appendAudio(payload: string): void {
    this.#socket.sendHot(APPEND, payload)
  }

  updateInstructions(instructions: string): string {
    return this.#send({ type: 'session.update', session: { type: 'realtime', instructions } })
  }

  createResponse(request: { instructions: string } | null): string {
    return this.#send(
      request === null
        ? { type: 'response.create' }
        : { type: 'response.create', response: { instructions: request.instructions } },
    )
  }

  cancelResponse(response_id: string | null): void {
    this.#send({ type: 'response.cancel', ...(response_id === null ? {} : { response_id }) })
  }

  truncate(item_id: string, audio_end_ms: number): void {
    this.#send({
      type: 'conversation.item.truncate',
      item_id,
      content_index: 0,
      audio_end_ms: Math.max(0, Math.floor(audio_end_ms)),
    })
  }

  addNote(text: string): void {
    this.#send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'system', content: [{ type: 'input_text', text }] },
    })
  }

  answerTool(tool_call_id: string, output: string): void {
    this.#send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: tool_call_id, output },
    })
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearInterval(this.#pings)
    clearTimeout(this.#again)
    this.#socket.close(1000)
  }

  #send(event: { type: string } & Record<string, unknown>): string {
    const event_id = `ev_${++this.#count}`
    this.#socket.sendText(JSON.stringify({ event_id, ...event }))
    return event_id
  }

  /** A call that throws ends by itself; the others do not notice. */
  #receive(data: Buffer): void {
    if (this.#state === 'closed') return
    try {
      const read_ms = performance.now()
      const delta = scanDelta(data)
      if (delta) {
        const hasGoneOn = this.#sound(delta.response_id, delta.item_id, delta.delta)
        if (hasGoneOn) this.#listener.onDelay(performance.now() - read_ms)
        return
      }
      if (UNNEEDED.has(typeAhead(data))) return this.#listener.onSign()
      const message = parseMessage(data)
      if (message) this.#take(message)
      else this.#listener.onMalformed('a model message that is not JSON with a type')
    } catch (error) {
      this.#listener.onBroken(error)
    }
  }

  #take(message: Message): void {
    if (AUDIO_DELTAS.has(message.type)) return this.#hear(message)
    switch (message.type) {
      case 'session.created':
      case 'conversation.created':
        return this.#configure(message)
      case 'session.updated':
        return this.#configured(message)
      case 'error':
        return this.#refused(message)
      default:
        return this.#tell(message)
    }
  }

  #hear(message: { [field: string]: unknown }): void {
    const { response_id, item_id, delta } = message
    if (typeof response_id === 'string' && typeof item_id === 'string' && typeof delta === 'string')
      this.#sound(response_id, item_id, delta)
    else this.#listener.onMalformed('an audio delta without its ids')
  }

  /** @returns whether it has gone on */
  #sound(response_id: string, item_id: string, delta: string): boolean {
    // It goes on to the carrier as it is: anything else would break the message around it.
    if (BASE64.test(delta)) return this.#listener.onAgentAudio(response_id, item_id, delta)
    this.#listener.onMalformed('an audio delta that is not base64')
    return false
  }

  #tell(message: { type: string }): void {
    let event: RealtimeEvent | null
    try {
      event = translate(message, TURN_DETECTION)
    } catch (error) {
      if ((error as { name?: string }).name !== 'ZodError') throw error
      return this.#listener.onMalformed(`a model message of type ${message.type} with missing fields`)
    }
    if (event) this.#listener.onEvent(event)
    else this.#listener.onSign()
  }

  /** The first update carries everything; later ones only what changed. Source: protocols D.3. */
  #configure(message: Message): void {
    if (this.#state !== 'opening') return
    this.#state = 'configuring'
    this.#expires_at = expiryOf(message)
    this.#wanted = this.#settings()
    this.#sendSettings(this.#wanted)
  }

  #sendSettings({ instructions, voices, tools }: SessionSettings): void {
    const voice = voices[this.#voice]
    const model = this.#config.transcription_models[this.#transcription]
    this.#send({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['audio'],
        instructions,
        audio: {
          input: { format: PCMU, turn_detection: TURN_DETECTION, transcription: model ? { model } : null },
          output: { format: PCMU, ...(voice ? { voice } : {}) },
        },
        tools: tools.map((tool) => ({ type: 'function', ...tool })),
        tool_choice: 'auto',
      },
    })
  }

  #configured(message: unknown): void {
    const session = parseSession(message)
    if (this.#state === 'configuring') return this.#becomeReady(session)
    if (this.#state === 'ready')
      this.#listener.onEvent({ type: 'instructions_confirmed', instructions: session?.instructions ?? null })
  }

  #becomeReady(session: SessionFacts | null): void {
    const { input, output } = session?.audio ?? {}
    const formats = [input?.format?.type, output?.format?.type]
    if (formats.some((format) => format !== undefined && format !== PCMU.type)) {
      return this.#fail(`The model speaks ${formats.join(' and ')} instead of ${PCMU.type}.`)
    }
    this.#state = 'ready'
    const voice = typeof output?.voice === 'string' ? output.voice : (this.#wanted?.voices[this.#voice] ?? '')
    this.#listener.onEvent({
      type: 'session_ready',
      model: session?.model ?? this.#config.model,
      voice,
      transcription_model:
        input?.transcription?.model ?? this.#config.transcription_models[this.#transcription] ?? null,
      expires_at: this.#expires_at,
    })
  }

  #refused(message: unknown): void {
    const error = parseError(message)
    if (error.code === 'session_expired')
      this.#lastError = 'The model ended the session: its maximum duration was reached.'
    if (this.#state === 'configuring') return this.#adjust(error)
    if (this.#state === 'opening') {
      // What it closes a connection for, it may say before.
      this.#lastError = `The model refused the session: ${error.message}`
      return
    }
    this.#listener.onEvent({
      type: 'request_refused',
      code: error.code ?? null,
      message: error.message,
      limit: rateLimit(error.code, error.message),
      param: error.param ?? null,
      event_id: error.event_id ?? null,
    })
  }

  /** A refused first update is sent again without what was refused, while there is something to do without. */
  #adjust(error: ReturnType<typeof parseError>): void {
    const about = `${error.param ?? ''} ${error.message}`
    if (/transcription/i.test(about) && this.#transcription < this.#config.transcription_models.length)
      this.#transcription++
    else if (/voice/i.test(about) && this.#voice < (this.#wanted?.voices.length ?? 0)) this.#voice++
    else return this.#fail(`The model refused the session: ${error.message}`)
    if (this.#wanted) this.#sendSettings(this.#wanted)
  }

  #fail(reason: string): void {
    if (this.#state === 'closed') return
    const type = this.#state === 'ready' ? 'session_lost' : 'session_failed'
    this.#state = 'closed'
    clearInterval(this.#pings)
    clearTimeout(this.#again)
    this.#socket.close(1000)
    try {
      this.#listener.onEvent({ type, reason })
    } catch (error) {
      this.#listener.onBroken(error)
    }
  }
}

type Message = { type: string; [field: string]: unknown }

function parseMessage(data: Buffer): Message | null {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    const hasType = typeof value === 'object' && value !== null && typeof (value as Message).type === 'string'
    return hasType ? (value as Message) : null
  } catch {
    return null
  }
}

/** Epoch seconds on the wire. Source: protocols D.6. */
function expiryOf({ session }: Message): Date | null {
  const { expires_at } = (session ?? {}) as { expires_at?: unknown }
  return typeof expires_at === 'number' && expires_at > 0 ? new Date(expires_at * 1_000) : null
}

function refusalOf(status: number): string {
  if (status === 401 || status === 403) return 'The model refused the key.'
  if (status === 404) return 'The model is not known to the server.'
  if (status === 429) return 'The model has too many requests.'
  return `The model answered ${status} instead of opening a session.`
}
