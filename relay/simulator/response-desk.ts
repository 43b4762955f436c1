// Which responses run: one that writes to the conversation, any number out of band; what they read, what they cost.
import { think } from './brain.ts'
import { type Conversation, givenItem, type StoredItem } from './conversation.ts'
import type { EffectiveSession } from './effective-session.ts'
import type { FaultSwitch, ModelFaults } from './faults.ts'
import { ModelRefusal } from './model-errors.ts'
import type { ResponseRequest } from './model-protocol.ts'
import { planResponse, thinkingOf } from './model-request.ts'
import { ModelResponse } from './model-response.ts'
import type { Speech } from './speech.ts'
import type { Ticker } from './ticker.ts'
import { type TokenCount, UsageMeter, usageObject } from './usage.ts'

const LIMITS = { requests: 5_000, tokens: 400_000 }

export interface DeskWorld {
  readonly speech: Speech
  readonly ticker: Ticker
  readonly audio_pace: number
  readonly faults: FaultSwitch<ModelFaults>
  readonly conversation: Conversation
  session(): EffectiveSession
  emit(type: string, fields: Record<string, unknown>): void
  /** A response that writes to the conversation began. */
  onStarted(): void
  /** Breaks the socket. */
  drop(): void
}

export class ResponseDesk {
  readonly #world: DeskWorld
  readonly #meter = new UsageMeter()
  readonly #outOfBand = new Set<ModelResponse>()
  #active: ModelResponse | null = null
  #isAnswerOwed = false
  #previousInstructions: string | null = null
  #silentSince_ms: number | null = null
  #audioDeltas = 0
  #left = { ...LIMITS }

  constructor(world: DeskWorld) {
    this.#world = world
  }

  get active_id(): string | null {
    return this.#active?.id ?? null
  }

  /** Audio was made: the voice is fixed from then on. */
  get hasSpoken(): boolean {
    return this.#audioDeltas > 0
  }

  /** Since when, by the monotonic clock, the last answer has been played out; null while one is made. */
  get silent_since_ms(): number | null {
    return this.#active ? null : this.#silentSince_ms
  }

  /** @throws ModelRefusal when a response already writes to the conversation, or an item referred to is gone */
  create(request: ResponseRequest): void {
    if (request.conversation !== 'none' && this.#active)
      throw new ModelRefusal(
        'conversation_already_has_active_response',
        `Conversation already has an active response in progress: ${this.#active.id}. Wait until the response is finished before creating a new one.`,
      )
    itemsOf(request, this.#world.conversation)
    this.#run(request)
  }

  /** The end of a turn asks for an answer; one that still runs is let finish first. */
  answer(): void {
    if (this.#active) this.#isAnswerOwed = true
    else this.#run({})
  }

  interrupt(): void {
    this.#active?.cancel('turn_detected')
  }

  /** @throws ModelRefusal when nothing runs, or nothing of that id */
  cancel(id: string | undefined): void {
    const all = [this.#active, ...this.#outOfBand]
    const found = id === undefined ? this.#active : all.find((response) => response?.id === id)
    if (!found) throw new ModelRefusal('response_cancel_not_active', 'Cancellation failed: no active response found')
    found.cancel('client_cancelled')
  }

  close(): void {
    this.#isAnswerOwed = false
    for (const response of [this.#active, ...this.#outOfBand]) response?.cancel('client_cancelled')
  }

  #run(request: ResponseRequest): void {
    const { speech, ticker, audio_pace, faults, conversation, emit } = this.#world
    const isOutOfBand = request.conversation === 'none'
    // What is read is what stands there when thinking begins, not what the answer adds.
    let read: readonly StoredItem[] = []
    const thinkNow = () => {
      read = [...itemsOf(request, conversation)]
      const thinking = thinkingOf(request, this.#world.session(), read, this.#previousInstructions)
      if (!isOutOfBand) this.#previousInstructions = thinking.instructions
      return think(thinking)
    }
    const response = new ModelResponse(
      {
        speech,
        ticker,
        audio_pace,
        emit,
        faults: () => faults.active,
        think: thinkNow,
        addItem: (item) => conversation.add(item),
        usage: (output) => this.#usage(request, read, output),
        onAudio: () => this.#onAudio(),
        onDone: (done) => this.#onDone(done),
      },
      planResponse(request, this.#world.session(), conversation, faults),
    )
    if (isOutOfBand) this.#outOfBand.add(response)
    else this.#active = response
    this.#silentSince_ms = null
    if (faults.active.unknown_events) emit('response.telemetry', { note: 'an event nobody knows' })
    void response.run()
    if (!isOutOfBand) this.#world.onStarted()
  }

  #usage(request: ResponseRequest, items: readonly StoredItem[], output: TokenCount): Record<string, unknown> {
    const { instructions, tools } = this.#world.session()
    const meter = request.conversation === 'none' ? new UsageMeter() : this.#meter
    const { input, cached } = meter.read({ instructions: request.instructions ?? instructions, tools }, items)
    this.#left.requests--
    this.#left.tokens -= input.text + input.audio + output.text + output.audio
    return usageObject(input, cached, output, !this.#world.faults.active.usage_without_cached_details)
  }

  #onAudio(): void {
    this.#audioDeltas++
    const limit = this.#world.faults.active.drop_after_deltas
    if (limit !== undefined && this.#audioDeltas >= limit) this.#world.drop()
  }

  #onDone(response: ModelResponse): void {
    if (this.#active === response) this.#active = null
    this.#outOfBand.delete(response)
    this.#silentSince_ms = Math.max(response.playing_until_ms, performance.now())
    const limit = (name: 'requests' | 'tokens', reset_seconds: number) => ({
      name,
      limit: LIMITS[name],
      remaining: Math.max(0, this.#left[name]),
      reset_seconds,
    })
    this.#world.emit('rate_limits.updated', { rate_limits: [limit('requests', 0.012), limit('tokens', 0.9)] })
    if (!this.#isAnswerOwed || this.#active) return
    this.#isAnswerOwed = false
    this.#run({})
  }
}

function itemsOf(request: ResponseRequest, conversation: Conversation): readonly StoredItem[] {
  if (!request.input) return conversation.items
  return request.input.map((part) =>
    part.type === 'item_reference' ? conversation.retrieve(part.id) : givenItem(part),
  )
}
