// One response: thinks for a moment, makes its items, and always ends with `response.done`.
//
//   created ─ thinking ─ item by item ─┬─ completed
//                                      ├─ incomplete (max_output_tokens)
//                                      ├─ cancelled  (turn_detected, client_cancelled)
//                                      └─ failed
import type { Thought } from './brain.ts'
import type { StoredItem, WireContent, WireItem } from './conversation.ts'
import { newId } from './model-ids.ts'
import { type Ending, ResponseRun, statusDetails } from './response-run.ts'
import { type PlayTime, type SpeakingPlan, type SpeakingWorld, speakMessage } from './spoken-message.ts'
import { type TokenCount, textTokens } from './usage.ts'

const THINKING_MS = 350

export interface ResponsePlan extends SpeakingPlan {
  /** Null when out of band. */
  readonly conversation_id: string | null
  readonly modality: 'audio' | 'text'
  readonly voice_name: string | { id: string }
  readonly metadata: Record<string, string> | null
  /** Ends as failed with this code. */
  readonly failure: string | null
}

export interface ResponseWorld extends SpeakingWorld {
  /** Decides what to say, once thinking time is over. */
  think(): Thought
  /** Puts an item into the conversation. @returns the id before it */
  addItem(item: StoredItem): string | null
  usage(output: TokenCount): Record<string, unknown>
  /** The response is over; told after `response.done`. */
  onDone(response: ModelResponse): void
}

export class ModelResponse {
  readonly id = newId('resp')
  readonly plan: ResponsePlan
  readonly #world: ResponseWorld
  readonly #run = new ResponseRun()
  readonly #output: WireItem[] = []
  readonly #spent: TokenCount = { text: 0, audio: 0 }
  readonly #play: PlayTime = { first_ms: null, audio_ms: 0 }
  #late: (() => void)[] = []

  constructor(world: ResponseWorld, plan: ResponsePlan) {
    this.#world = world
    this.plan = plan
  }

  /** Until when its audio plays in real time, by the monotonic clock; 0 without audio. */
  get playing_until_ms(): number {
    return this.#play.first_ms === null ? 0 : this.#play.first_ms + this.#play.audio_ms
  }

  cancel(reason: 'turn_detected' | 'client_cancelled'): void {
    this.#run.stop({ status: 'cancelled', reason })
  }

  async run(): Promise<void> {
    this.#world.emit('response.created', { response: this.#wire(null) })
    const { response_delay_ms = THINKING_MS, stall_responses } = this.#world.faults()
    await this.#run.pause(response_delay_ms)
    if (this.plan.failure) this.#run.stop({ status: 'failed', code: this.plan.failure })
    if (stall_responses) await this.#run.pause(Number.POSITIVE_INFINITY)
    try {
      if (!this.#run.isStopped) await this.#carryOut(this.#world.think())
    } catch {
      // Our own fault; to the client it is the server's, and the response ends like any other.
      this.#run.stop({ status: 'failed', code: 'server_error' })
    }
    this.#run.stop({ status: 'completed' })
    this.#world.emit('response.done', { response: this.#wire(this.#run.ending) })
    for (const send of this.#late) send()
    this.#world.onDone(this)
  }

  async #carryOut(thought: Thought): Promise<void> {
    if (thought.text !== '') await this.#message(thought.text)
    for (const call of thought.calls)
      if (!this.#run.isStopped) this.#functionCall(call.name, JSON.stringify(call.arguments))
  }

  async #message(text: string): Promise<void> {
    const content: WireContent[] = []
    const wire = this.#newItem({ type: 'message', role: 'assistant', content })
    const { item, previous_item_id } = this.#open(wire)
    const ids = {
      response_id: this.id,
      item_id: wire.id,
      output_index: this.#output.length,
      content_index: 0,
    }
    if (this.plan.modality === 'audio') await this.#audioPart(text, content, item, ids)
    else this.#textPart(text, content, ids)
    wire.status = this.#run.isStopped ? 'incomplete' : 'completed'
    this.#close(wire, previous_item_id)
  }

  async #audioPart(
    text: string,
    content: WireContent[],
    item: StoredItem,
    ids: Record<string, unknown>,
  ): Promise<void> {
    content.push({ type: 'output_audio', transcript: '' })
    this.#world.emit('response.content_part.added', { ...ids, part: { type: 'audio', transcript: '' } })
    const message = { text, item, ids, play: this.#play, spent: this.#spent }
    const { said, late } = await speakMessage(this.#world, this.#run, this.plan, message)
    if (this.#run.ending?.status === 'cancelled') this.#late = late
    content[0] = { type: 'output_audio', transcript: said }
    this.#world.emit('response.output_audio.done', ids)
    this.#world.emit('response.output_audio_transcript.done', { ...ids, transcript: said })
    this.#world.emit('response.content_part.done', { ...ids, part: { type: 'audio', transcript: said } })
  }

  #textPart(text: string, content: WireContent[], ids: Record<string, unknown>): void {
    content.push({ type: 'output_text', text: '' })
    this.#world.emit('response.content_part.added', { ...ids, part: { type: 'text', text: '' } })
    let said = ''
    for (const delta of text.match(/\S+\s*\S*\s*/g) ?? []) {
      if (this.plan.max_output_tokens !== 'inf' && textTokens(said + delta) > this.plan.max_output_tokens) {
        this.#run.stop({ status: 'incomplete', reason: 'max_output_tokens' })
        break
      }
      said += delta
      this.#world.emit('response.output_text.delta', { ...ids, delta })
    }
    this.#spent.text += textTokens(said)
    content[0] = { type: 'output_text', text: said }
    this.#world.emit('response.output_text.done', { ...ids, text: said })
    this.#world.emit('response.content_part.done', { ...ids, part: { type: 'text', text: said } })
  }

  #functionCall(name: string, args: string): void {
    const call_id = newId('call')
    const wire = this.#newItem({ type: 'function_call', name, call_id, arguments: '' })
    const { previous_item_id } = this.#open(wire)
    const ids = { response_id: this.id, item_id: wire.id, output_index: this.#output.length, call_id }
    const given = this.#world.faults().malformed_tool_arguments ? args.slice(0, Math.floor(args.length / 2)) : args
    for (const delta of given.match(/[\s\S]{1,12}/g) ?? [])
      this.#world.emit('response.function_call_arguments.delta', { ...ids, delta })
    this.#world.emit('response.function_call_arguments.done', { ...ids, name, arguments: given })
    Object.assign(wire, { arguments: given, status: 'completed' })
    this.#spent.text += textTokens(name + given) + 8
    this.#close(wire, previous_item_id)
  }

  #newItem<const B extends object>(body: B) {
    return {
      id: newId('item'),
      object: 'realtime.item' as const,
      status: 'in_progress' as WireItem['status'],
      ...body,
    }
  }

  #open(wire: WireItem): { item: StoredItem; previous_item_id: string | null } {
    const item: StoredItem = { wire, duration_ms: 0, words: [], audio: [], isGiven: false }
    const shown = structuredClone(wire)
    this.#world.emit('response.output_item.added', {
      response_id: this.id,
      output_index: this.#output.length,
      item: shown,
    })
    if (this.plan.conversation_id === null) return { item, previous_item_id: null }
    const previous_item_id = this.#world.addItem(item)
    this.#world.emit('conversation.item.added', { previous_item_id, item: shown })
    return { item, previous_item_id }
  }

  #close(wire: WireItem, previous_item_id: string | null): void {
    const shown = structuredClone(wire)
    this.#world.emit('response.output_item.done', {
      response_id: this.id,
      output_index: this.#output.length,
      item: shown,
    })
    this.#output.push(shown)
    if (this.plan.conversation_id !== null)
      this.#world.emit('conversation.item.done', { previous_item_id, item: shown })
  }

  #wire(ending: Ending | null): Record<string, unknown> {
    const { conversation_id, modality, voice_name, format, max_output_tokens, metadata } = this.plan
    return {
      object: 'realtime.response',
      id: this.id,
      status: ending?.status ?? 'in_progress',
      status_details: statusDetails(ending),
      output: [...this.#output],
      conversation_id,
      output_modalities: [modality],
      max_output_tokens,
      audio: { output: { format, voice: voice_name } },
      usage: ending ? this.#world.usage(this.#spent) : null,
      metadata,
    }
  }
}
