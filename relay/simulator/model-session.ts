// One socket of the model: reads the client's events, keeps session and conversation, lets responses run.
import type { WebSocket } from 'ws'
import { fromMulaw, toMulaw } from './audio-formats.ts'
import { think } from './brain.ts'
import { Conversation, givenItem, type StoredItem, type WireItem } from './conversation.ts'
import { defaultSession, type EffectiveSession, updateSession } from './effective-session.ts'
import type { FaultSwitch, ModelFaults } from './faults.ts'
import type { ModelProfile, ModelSessionView } from './model.ts'
import { ModelRefusal, readClientEvent } from './model-errors.ts'
import { newId } from './model-ids.ts'
import { ModelInput } from './model-input.ts'
import { shapeEvent } from './model-profiles.ts'
import type { AppendEvent, ClientEvent, ResponseRequest } from './model-protocol.ts'
import { planResponse, thinkingOf } from './model-request.ts'
import { ModelResponse } from './model-response.ts'
import { ModelTurns } from './model-turns.ts'
import type { Speech } from './speech.ts'
import type { Ticker } from './ticker.ts'
import { Transcriber } from './transcriber.ts'
import { UsageMeter, usageObject } from './usage.ts'

const KEPT_LOG = 1_000

export interface SessionWorld {
  readonly speech: Speech
  readonly ticker: Ticker
  readonly faults: FaultSwitch<ModelFaults>
  readonly profile: ModelProfile
  readonly audio_pace: number
  readonly session_limit_ms: number
}

export class ModelSession implements ModelSessionView {
  readonly log: { way: 'from_client' | 'to_client'; type: string; at_ms: number }[] = []
  readonly #world: SessionWorld
  readonly #socket: WebSocket
  readonly #conversation = new Conversation()
  readonly #input: ModelInput
  readonly #turns: ModelTurns
  readonly #transcriber: Transcriber
  readonly #meter = new UsageMeter()
  readonly #opened_ms = performance.now()
  readonly #timers: NodeJS.Timeout[] = []
  readonly #outOfBand = new Set<ModelResponse>()
  #session: EffectiveSession
  #active: ModelResponse | null = null
  #isAnswerOwed = false
  #previousInstructions: string | null = null
  #hasSpoken = false
  #silentSince_ms: number | null = null
  #audioDeltas = 0
  #events = 0
  #budget = { requests: 5_000, tokens: 400_000 }

  constructor(world: SessionWorld, socket: WebSocket, model: string) {
    this.#world = world
    this.#socket = socket
    const expires_at = Math.floor((Date.now() + world.session_limit_ms) / 1000)
    this.#session = defaultSession(newId('sess'), model, expires_at)
    this.#input = new ModelInput(this.#session.audio.input.turn_detection)
    const emit = (type: string, fields: Record<string, unknown>) => this.#emit(type, fields)
    this.#transcriber = new Transcriber({ faults: this.#faults, emit })
    this.#turns = new ModelTurns({
      conversation: this.#conversation,
      input: this.#input,
      session: () => this.#session,
      emit,
      interrupt: () => this.#active?.cancel('turn_detected'),
      answer: () => this.#answer(),
      transcribe: (item, text, duration_ms) =>
        this.#transcriber.turn(item, text, duration_ms, this.#session.audio.input.transcription),
      silentSince: () => (this.#active ? null : this.#silentSince_ms),
    })
    socket.on('message', (data, isBinary) => this.#onMessage(data as Buffer, isBinary))
    socket.on('close', () => this.#close())
    socket.on('error', () => socket.terminate())
  }

  get id(): string {
    return this.#session.id
  }
  get model(): string {
    return this.#session.model
  }
  get instructions(): string {
    return this.#session.instructions
  }
  get active_response_id(): string | null {
    return this.#active?.id ?? null
  }
  get appended_ms(): number {
    return this.#input.appended_ms
  }

  drop(): void {
    this.#socket.terminate()
  }

  /** The first event, and the clocks that end the session. */
  open(): void {
    const { drop_after_ms, created_delay_ms = 0 } = this.#faults()
    this.#later(created_delay_ms, () => this.#emit('session.created', { session: this.#session }))
    this.#later(this.#world.session_limit_ms, () => this.#expire())
    if (drop_after_ms !== undefined) this.#later(drop_after_ms, () => this.drop())
  }

  // ---- what the client says

  #onMessage(data: Buffer, isBinary: boolean): void {
    const audio = isBinary ? null : plainAppend(data)
    if (audio !== null) {
      this.#turns.append(toMulaw(audio, this.#session.audio.input.format))
      return
    }
    let event_id: string | null = null
    try {
      if (isBinary)
        throw new ModelRefusal('invalid_message', 'Binary messages are not supported; send JSON text.')
      const value = parse(data)
      const given = (value as { event_id?: unknown }).event_id
      if (typeof given === 'string') event_id = given
      const event = readClientEvent(value)
      if (event.type !== 'input_audio_buffer.append') this.#note('from_client', event.type)
      this.#handle(event)
    } catch (error) {
      if (!(error instanceof ModelRefusal)) throw error
      this.#emitError('invalid_request_error', error.code, error.message, error.param, event_id)
    }
  }

  #handle(event: ClientEvent | AppendEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.append':
        this.#turns.append(toMulaw(Buffer.from(event.audio, 'base64'), this.#session.audio.input.format))
        break
      case 'session.update':
        this.#update(event.session)
        break
      case 'input_audio_buffer.commit':
        this.#turns.commitByHand()
        break
      case 'input_audio_buffer.clear':
        this.#input.clear()
        this.#emit('input_audio_buffer.cleared', {})
        break
      case 'conversation.item.create':
        this.#createItem(event)
        break
      case 'conversation.item.retrieve':
        this.#emit('conversation.item.retrieved', {
          item: this.#withAudio(this.#conversation.retrieve(event.item_id)),
        })
        break
      case 'conversation.item.truncate': {
        const { item_id, content_index, audio_end_ms } = event
        this.#conversation.truncate(item_id, content_index, audio_end_ms)
        this.#emit('conversation.item.truncated', { item_id, content_index, audio_end_ms })
        break
      }
      case 'conversation.item.delete':
        this.#conversation.delete(event.item_id)
        this.#emit('conversation.item.deleted', { item_id: event.item_id })
        break
      case 'response.create':
        this.#createResponse(event.response ?? {})
        break
      case 'response.cancel':
        this.#cancelResponse(event.response_id)
        break
      default:
        event satisfies never
    }
  }

  #update(update: Extract<ClientEvent, { type: 'session.update' }>['session']): void {
    if (this.#world.profile === 'pcm_only')
      for (const side of ['input', 'output'] as const)
        if (update.audio?.[side]?.format && update.audio[side].format.type !== 'audio/pcm')
          throw new ModelRefusal(
            'invalid_value',
            'Only audio/pcm is supported.',
            `session.audio.${side}.format.type`,
          )
    this.#session = updateSession(this.#session, update, this.#hasSpoken)
    this.#input.configure(this.#session.audio.input.turn_detection)
    const session = this.#session
    this.#later(this.#faults().updated_delay_ms ?? 0, () => this.#emit('session.updated', { session }))
  }

  #createItem(event: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const item = givenItem(event.item)
    if (event.item.type === 'message')
      for (const part of event.item.content)
        if (part.type === 'input_audio') this.#hearGiven(item, part.audio)
    const previous_item_id = this.#conversation.add(item, event.previous_item_id)
    this.#emit('conversation.item.added', { previous_item_id, item: item.wire })
    this.#emit('conversation.item.done', { previous_item_id, item: item.wire })
  }

  #hearGiven(item: StoredItem, audio: string): void {
    const input = new ModelInput(null)
    input.append(toMulaw(Buffer.from(audio, 'base64'), this.#session.audio.input.format), () => undefined)
    const heard = input.commit()
    Object.assign(item, { duration_ms: heard.duration_ms, words: heard.words, audio: heard.audio })
  }

  #withAudio(item: StoredItem): WireItem {
    const wire = structuredClone(item.wire)
    if (wire.type !== 'message') return wire
    for (const part of wire.content) {
      if (part.type !== 'input_audio' && part.type !== 'output_audio') continue
      const format =
        part.type === 'input_audio' ? this.#session.audio.input.format : this.#session.audio.output.format
      part.audio = Buffer.from(fromMulaw(Buffer.concat(item.audio), format)).toString('base64')
    }
    return wire
  }

  // ---- responses

  #createResponse(request: ResponseRequest): void {
    if (request.conversation !== 'none' && this.#active)
      throw new ModelRefusal(
        'conversation_already_has_active_response',
        `Conversation already has an active response in progress: ${this.#active.id}. Wait until the response is finished before creating a new one.`,
      )
    for (const part of request.input ?? [])
      if (part.type === 'item_reference') this.#conversation.retrieve(part.id)
    this.#run(request)
  }

  /** The end of a turn asks for an answer; one that still runs is let finish first. */
  #answer(): void {
    if (this.#active) this.#isAnswerOwed = true
    else this.#run({})
  }

  #run(request: ResponseRequest): void {
    const isOutOfBand = request.conversation === 'none'
    // What is read is what stands there when thinking begins, not what the answer adds.
    let read: readonly StoredItem[] = []
    const thinkNow = () => {
      read = [...itemsOf(request, this.#conversation)]
      const thinking = thinkingOf(request, this.#session, read, this.#previousInstructions)
      if (!isOutOfBand) this.#previousInstructions = thinking.instructions
      return think(thinking)
    }
    const plan = planResponse(request, this.#session, this.#conversation, this.#world.faults)
    const response = new ModelResponse(
      {
        speech: this.#world.speech,
        ticker: this.#world.ticker,
        audio_pace: this.#world.audio_pace,
        faults: this.#faults,
        emit: (type, fields) => this.#emit(type, fields),
        think: thinkNow,
        addItem: (item) => this.#conversation.add(item),
        usage: (output) => this.#usage(request, read, output),
        onAudio: () => this.#onAudio(),
        onDone: (done) => this.#onDone(done),
      },
      plan,
    )
    if (isOutOfBand) this.#outOfBand.add(response)
    else this.#active = response
    this.#silentSince_ms = null
    if (this.#faults().unknown_events) this.#emit('response.telemetry', { note: 'an event nobody knows' })
    void response.run()
    this.#transcriber.responseStarted()
  }

  #cancelResponse(id: string | undefined): void {
    const found =
      id === undefined
        ? this.#active
        : [this.#active, ...this.#outOfBand].find((response) => response?.id === id)
    if (!found)
      throw new ModelRefusal('response_cancel_not_active', 'Cancellation failed: no active response found')
    found.cancel('client_cancelled')
  }

  #usage(
    request: ResponseRequest,
    items: readonly StoredItem[],
    output: { text: number; audio: number },
  ): Record<string, unknown> {
    const head = {
      instructions: request.instructions ?? this.#session.instructions,
      tools: this.#session.tools,
    }
    const meter = request.conversation === 'none' ? new UsageMeter() : this.#meter
    const { input, cached } = meter.read(head, items)
    this.#budget = {
      requests: this.#budget.requests - 1,
      tokens: this.#budget.tokens - input.text - input.audio - output.text - output.audio,
    }
    return usageObject(input, cached, output, !this.#faults().usage_without_cached_details)
  }

  #onAudio(): void {
    this.#hasSpoken = true
    this.#audioDeltas++
    const limit = this.#faults().drop_after_deltas
    if (limit !== undefined && this.#audioDeltas >= limit) this.drop()
  }

  #onDone(response: ModelResponse): void {
    this.#world.faults.take('fail_responses_count')
    if (this.#active === response) this.#active = null
    this.#outOfBand.delete(response)
    this.#silentSince_ms = Math.max(response.playing_until_ms, performance.now())
    this.#emitRateLimits()
    if (!this.#isAnswerOwed || this.#active) return
    this.#isAnswerOwed = false
    this.#run({})
  }

  // ---- what the server says

  #emitRateLimits(): void {
    const limit = (name: 'requests' | 'tokens', limit: number, reset_seconds: number) => ({
      name,
      limit,
      remaining: Math.max(0, this.#budget[name]),
      reset_seconds,
    })
    this.#emit('rate_limits.updated', {
      rate_limits: [limit('requests', 5_000, 0.012), limit('tokens', 400_000, 0.9)],
    })
  }

  #emitError(
    type: string,
    code: string | null,
    message: string,
    param: string | null,
    event_id: string | null,
  ): void {
    this.#emit('error', { error: { type, code, message, param, event_id } })
  }

  #emit(type: string, fields: Record<string, unknown>): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#events++
    const { malformed_every } = this.#faults()
    if (malformed_every && this.#events % malformed_every === 0)
      this.#socket.send(`{"type":"${type}","event_`)
    for (const event of shapeEvent(this.#world.profile, type, fields)) {
      if (!event.type.endsWith('audio.delta')) this.#note('to_client', event.type)
      this.#socket.send(JSON.stringify({ type: event.type, event_id: newId('event'), ...event.fields }))
    }
  }

  #note(way: 'from_client' | 'to_client', type: string): void {
    this.log.push({ way, type, at_ms: performance.now() - this.#opened_ms })
    if (this.log.length > KEPT_LOG) this.log.shift()
  }

  #expire(): void {
    const minutes = Math.round(this.#world.session_limit_ms / 60_000)
    const message = `Your session hit the maximum duration of ${minutes} minutes.`
    this.#emitError('invalid_request_error', 'session_expired', message, null, null)
    this.#socket.close(1001, message)
  }

  #later(delay_ms: number, action: () => void): void {
    if (delay_ms === 0) action()
    else this.#timers.push(setTimeout(action, delay_ms))
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#transcriber.close()
    for (const response of [this.#active, ...this.#outOfBand]) response?.cancel('client_cancelled')
  }

  readonly #faults = (): ModelFaults => this.#world.faults.active
}

const APPEND_HEAD = '{"type":"input_audio_buffer.append","audio":"'

/** The event that comes 50 times a second, in its usual spelling, without a JSON parser. @returns its audio, or null for anything else */
function plainAppend(data: Buffer): Buffer | null {
  const end = data.length - 2
  if (
    end < APPEND_HEAD.length ||
    data[0] !== 0x7b ||
    data.toString('latin1', 0, APPEND_HEAD.length) !== APPEND_HEAD
  )
    return null
  if (data.indexOf(0x22, APPEND_HEAD.length) !== end || data[end + 1] !== 0x7d) return null
  return Buffer.from(data.toString('latin1', APPEND_HEAD.length, end), 'base64')
}

function parse(data: Buffer): object {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Answered below: whatever it was, it is no event.
  }
  throw new ModelRefusal(
    'invalid_json',
    'We could not parse the JSON body of your message. The message must be a JSON object.',
  )
}

function itemsOf(request: ResponseRequest, conversation: Conversation): readonly StoredItem[] {
  if (!request.input) return conversation.items
  return request.input.map((part) =>
    part.type === 'item_reference' ? conversation.retrieve(part.id) : givenItem(part),
  )
}
