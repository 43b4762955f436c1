// One realtime session over a plain WebSocket: our own thin transport, because the vendor's client forces TLS and so
// cannot serve a local server or the simulator. Audio passes as base64, unread. Walk (i): `appendAudio` and the delta.
import { WebSocket } from 'ws'
import type {
  OpenRealtimeSession,
  RealtimeEvent,
  RealtimeListener,
  RealtimeSession,
  SessionSettings,
} from '../live/live-ports.ts'
import { messageOf } from '../platform/errors.ts'
import { parseError, parseSession, type SessionFacts, translate } from './realtime-events.ts'

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
/** A connection that has not answered a ping by the next one is lost. */
const PING_EVERY_MS = 10_000
const HANDSHAKE_MS = 8_000
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
const AUDIO_DELTAS = new Set(['response.output_audio.delta', 'response.audio.delta'])

/** @returns what opens a session; failures come as events, never as exceptions */
export function openaiRealtime(config: RealtimeConfig): OpenRealtimeSession {
  return (settings, listener) => new OpenaiRealtimeSession(config, settings, listener)
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
  /** Null when no connection could even be begun. */
  readonly #socket: WebSocket | null
  readonly #pings: NodeJS.Timeout
  #state: 'opening' | 'configuring' | 'ready' | 'closed' = 'opening'
  #wanted: SessionSettings | null = null
  #transcription = 0
  #voice = 0
  #isPongDue = false
  #count = 0
  #lastError: string | null = null

  constructor(config: RealtimeConfig, settings: () => SessionSettings, listener: RealtimeListener) {
    this.#config = config
    this.#settings = settings
    this.#listener = listener
    this.#socket = this.#connect()
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS)
  }

  #connect(): WebSocket | null {
    const { base_url, model, api_key } = this.#config
    try {
      const socket = new WebSocket(realtimeUrl(base_url, model), {
        headers: { Authorization: `Bearer ${api_key}` },
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        handshakeTimeout: HANDSHAKE_MS,
        skipUTF8Validation: true,
      })
      socket.on('message', (data: Buffer) => this.#receive(data))
      socket.on('pong', () => {
        this.#isPongDue = false
      })
      socket.on('unexpected-response', (_request, response) => {
        response.resume()
        this.#fail(refusalOf(response.statusCode ?? 0))
        socket.terminate()
      })
      socket.on('error', (error) => this.#fail(`The model cannot be reached: ${messageOf(error)}`))
      socket.on('close', (code, reason) =>
        this.#fail(
          this.#lastError ??
            `The model closed the connection (${code}${reason.length > 0 ? `, ${reason.toString()}` : ''}).`,
        ),
      )
      return socket
    } catch (error) {
      // Nobody listens yet: whoever opens this session is still at it.
      setImmediate(() => this.#fail(`The model cannot be reached: ${messageOf(error)}`))
      return null
    }
  }

  #ping(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    if (this.#isPongDue) {
      this.#fail('The connection to the model went silent.')
      return this.#socket.terminate()
    }
    this.#isPongDue = true
    this.#socket.ping()
  }

  appendAudio(payload: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(`{"type":"input_audio_buffer.append","audio":"${payload}"}`)
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

  cancelResponse(): void {
    this.#send({ type: 'response.cancel' })
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
    if (this.#socket?.readyState === WebSocket.CONNECTING) this.#socket.terminate()
    else this.#socket?.close(1000)
  }

  #send(event: { type: string } & Record<string, unknown>): string {
    const event_id = `ev_${++this.#count}`
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ event_id, ...event }))
    return event_id
  }

  #receive(data: Buffer): void {
    if (this.#state === 'closed') return
    let message: { type: string; [field: string]: unknown }
    try {
      const parsed: unknown = JSON.parse(data.toString('utf8'))
      if (typeof parsed !== 'object' || parsed === null || typeof (parsed as { type?: unknown }).type !== 'string')
        throw new Error('no type')
      message = parsed as typeof message
    } catch {
      return this.#listener.onMalformed('a model message that is not JSON with a type')
    }
    try {
      this.#take(message)
    } catch (error) {
      this.#listener.onBroken(error)
    }
  }

  #take(message: { type: string; [field: string]: unknown }): void {
    if (AUDIO_DELTAS.has(message.type)) return this.#hear(message)
    switch (message.type) {
      case 'session.created':
      case 'conversation.created':
        return this.#configure()
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
      this.#listener.onAgentAudio(response_id, item_id, delta)
    else this.#listener.onMalformed('an audio delta without its ids')
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
  }

  /** The first update carries everything; later ones only what changed. Source: protocols D.3. */
  #configure(): void {
    if (this.#state !== 'opening') return
    this.#state = 'configuring'
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
    })
  }

  /** A refused first update is sent again without what was refused, while there is something to do without. */
  #refused(message: unknown): void {
    const error = parseError(message)
    this.#lastError =
      error.code === 'session_expired'
        ? 'The model ended the session: its maximum duration was reached.'
        : this.#lastError
    if (this.#state !== 'configuring') {
      return this.#listener.onEvent({
        type: 'request_refused',
        code: error.code ?? null,
        message: error.message,
        param: error.param ?? null,
        event_id: error.event_id ?? null,
      })
    }
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
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close(1000)
    try {
      this.#listener.onEvent({ type, reason })
    } catch (error) {
      this.#listener.onBroken(error)
    }
  }
}

function refusalOf(status: number): string {
  if (status === 401 || status === 403) return 'The model refused the key.'
  if (status === 404) return 'The model is not known to the server.'
  if (status === 429) return 'The model has too many requests.'
  return `The model answered ${status} instead of opening a session.`
}
