// One socket of the model: reads the client's events, keeps session and conversation, lets responses run.
import type { WebSocket } from 'ws'
import { fromMulaw, toMulaw } from './audio-formats.ts'
import { Conversation, givenItem, type StoredItem, type WireItem } from './conversation.ts'
import { defaultSession, type EffectiveSession, updateSession } from './effective-session.ts'
import type { FaultSwitch, ModelFaults } from './faults.ts'
import type { ModelProfile, ModelSessionView } from './model.ts'
import { ModelRefusal, readClientEvent } from './model-errors.ts'
import { plainAppend, readJson } from './model-frames.ts'
import { newId } from './model-ids.ts'
import { ModelInput } from './model-input.ts'
import { ModelOutlet } from './model-outlet.ts'
import type { AppendEvent, ClientEvent } from './model-protocol.ts'
import { ModelTurns } from './model-turns.ts'
import { ResponseDesk } from './response-desk.ts'
import type { Log, Speech } from './speech.ts'
import type { Ticker } from './ticker.ts'
import { Transcriber } from './transcriber.ts'

export interface SessionWorld {
  readonly speech: Speech
  readonly ticker: Ticker
  readonly faults: FaultSwitch<ModelFaults>
  readonly profile: ModelProfile
  readonly audio_pace: number
  readonly session_limit_ms: number
  readonly log?: Log | undefined
}

export class ModelSession implements ModelSessionView {
  readonly #world: SessionWorld
  readonly #socket: WebSocket
  readonly #outlet: ModelOutlet
  readonly #conversation = new Conversation()
  readonly #input: ModelInput
  readonly #turns: ModelTurns
  readonly #transcriber: Transcriber
  readonly #desk: ResponseDesk
  readonly #timers: NodeJS.Timeout[] = []
  #session: EffectiveSession

  constructor(world: SessionWorld, socket: WebSocket, model: string) {
    this.#world = world
    this.#socket = socket
    const expires_at = Math.floor((Date.now() + world.session_limit_ms) / 1000)
    this.#session = defaultSession(newId('sess'), model, expires_at)
    this.#input = new ModelInput(this.#session.audio.input.turn_detection)
    this.#outlet = new ModelOutlet(socket, world.profile, this.#faults)
    const { emit } = this.#outlet
    const session = () => this.#session
    this.#transcriber = new Transcriber({ faults: this.#faults, emit })
    this.#desk = new ResponseDesk({
      ...world,
      conversation: this.#conversation,
      session,
      emit,
      onStarted: () => this.#transcriber.responseStarted(),
      drop: () => this.drop(),
    })
    this.#turns = new ModelTurns({
      conversation: this.#conversation,
      input: this.#input,
      session,
      emit,
      interrupt: () => this.#desk.interrupt(),
      answer: () => this.#desk.answer(),
      transcribe: (item, text, duration_ms) =>
        this.#transcriber.turn(item, text, duration_ms, this.#session.audio.input.transcription),
      silentSince: () => this.#desk.silent_since_ms,
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
    return this.#desk.active_id
  }
  get log() {
    return this.#outlet.log
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
    this.#later(created_delay_ms, () => this.#outlet.emit('session.created', { session: this.#session }))
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
      if (isBinary) throw new ModelRefusal('invalid_message', 'Binary messages are not supported; send JSON text.')
      const value = readJson(data)
      if (typeof value.event_id === 'string') event_id = value.event_id
      const event = readClientEvent(value)
      if (event.type !== 'input_audio_buffer.append') this.#outlet.note('from_client', event.type)
      this.#handle(event)
    } catch (error) {
      this.#refuse(error, event_id)
    }
  }

  /** What the client did wrong it is told; what we did wrong too, and the session goes on. */
  #refuse(error: unknown, event_id: string | null): void {
    if (error instanceof ModelRefusal) {
      const { code, message, param } = error
      this.#outlet.emitError({ type: 'invalid_request_error', code, message, param, event_id })
      return
    }
    this.#world.log?.('model session failed', { session_id: this.id, error: String(error) })
    const message = 'The server had an error while processing your request. Sorry about that!'
    this.#outlet.emitError({ type: 'server_error', code: null, message, param: null, event_id })
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
        this.#outlet.emit('input_audio_buffer.cleared', {})
        break
      case 'conversation.item.create':
        this.#createItem(event)
        break
      case 'conversation.item.retrieve':
        this.#outlet.emit('conversation.item.retrieved', {
          item: this.#withAudio(this.#conversation.retrieve(event.item_id)),
        })
        break
      case 'conversation.item.truncate': {
        const { item_id, content_index, audio_end_ms } = event
        this.#conversation.truncate(item_id, content_index, audio_end_ms)
        this.#outlet.emit('conversation.item.truncated', { item_id, content_index, audio_end_ms })
        break
      }
      case 'conversation.item.delete':
        this.#conversation.delete(event.item_id)
        this.#outlet.emit('conversation.item.deleted', { item_id: event.item_id })
        break
      case 'response.create':
        this.#desk.create(event.response ?? {})
        break
      case 'response.cancel':
        this.#desk.cancel(event.response_id)
        break
      default:
        event satisfies never
    }
  }

  #update(update: Extract<ClientEvent, { type: 'session.update' }>['session']): void {
    if (this.#world.profile === 'pcm_only')
      for (const side of ['input', 'output'] as const)
        if (update.audio?.[side]?.format && update.audio[side].format.type !== 'audio/pcm')
          throw new ModelRefusal('invalid_value', 'Only audio/pcm is supported.', `session.audio.${side}.format.type`)
    this.#session = updateSession(this.#session, update, this.#desk.hasSpoken)
    this.#input.configure(this.#session.audio.input.turn_detection)
    const session = this.#session
    this.#later(this.#faults().updated_delay_ms ?? 0, () => this.#outlet.emit('session.updated', { session }))
  }

  #createItem(event: Extract<ClientEvent, { type: 'conversation.item.create' }>): void {
    const item = givenItem(event.item)
    if (event.item.type === 'message')
      for (const part of event.item.content) if (part.type === 'input_audio') this.#hearGiven(item, part.audio)
    const previous_item_id = this.#conversation.add(item, event.previous_item_id)
    this.#outlet.emit('conversation.item.added', { previous_item_id, item: item.wire })
    this.#outlet.emit('conversation.item.done', { previous_item_id, item: item.wire })
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
      const format = part.type === 'input_audio' ? this.#session.audio.input.format : this.#session.audio.output.format
      part.audio = Buffer.from(fromMulaw(Buffer.concat(item.audio), format)).toString('base64')
    }
    return wire
  }

  #expire(): void {
    const minutes = Math.round(this.#world.session_limit_ms / 60_000)
    const message = `Your session hit the maximum duration of ${minutes} minutes.`
    this.#outlet.emitError({
      type: 'invalid_request_error',
      code: 'session_expired',
      message,
      param: null,
      event_id: null,
    })
    this.#socket.close(1001, message)
  }

  #later(delay_ms: number, action: () => void): void {
    if (delay_ms === 0) action()
    else this.#timers.push(setTimeout(action, delay_ms))
  }

  #close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#transcriber.close()
    this.#desk.close()
  }

  readonly #faults = (): ModelFaults => this.#world.faults.active
}
