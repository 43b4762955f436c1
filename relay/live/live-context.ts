// What one call's agent knows: the layers of its context, and the instructions and requests made of them. A version is
// in force once the session has it; one that is refused leaves the version before in force. Rule L8.
import type { Voice } from '../../shared/contract/agents.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { contextInForce, fillPlaceholders, RESPONSE_TASKS, renderInstructions } from '../agents/prompt.ts'
import type { CallRecord } from '../calls/call-facts.ts'
import type { ResponseKind } from './response-gate.ts'

/** The agent as it was when the call began. */
export interface AnsweringAgent {
  id: string
  name: string
  version: number
  system_prompt: string
  voice: Voice
  greeting_message: string | null
  max_call_duration: number
}

interface Layer {
  version: number
  context: JsonObject
}
/** Instructions on their way to the session. */
interface Sent {
  layer: Layer
  text: string
  /** What a refusal will name. */
  event_id: string
}

export class LiveContext {
  readonly #agent: AnsweringAgent
  readonly #below: CallRecord['context_layers']
  #applied: Layer
  #newest: Layer
  #sent: Sent | null = null

  constructor(agent: AnsweringAgent, record: CallRecord) {
    this.#agent = agent
    this.#below = record.context_layers
    this.#newest = { version: record.context_version, context: record.context }
    this.#applied = this.#newest
  }

  /** The newest of the call's layer, whether the session has it yet or not. */
  get newest(): Layer {
    return this.#newest
  }

  /** The context in force with the newest layer: what the relay itself acts on. */
  inForce(): JsonObject {
    return contextInForce({ call: this.#newest.context, ...this.#below })
  }

  /** @returns false for a version that is not newer than what is there */
  override(version: number, context: JsonObject): boolean {
    if (version <= this.#newest.version) return false
    this.#newest = { version, context }
    return true
  }

  /** The instructions of a version that goes to the session now. */
  compose(version: number): string {
    const layer = version === this.#newest.version ? this.#newest : this.#applied
    const text = this.#render(layer)
    this.#sent = { layer, text, event_id: '' }
    return text
  }

  /** The id under which what was composed last has gone. */
  sentAs(event_id: string): void {
    if (this.#sent) this.#sent.event_id = event_id
  }

  /** The first settings were taken as they are. @returns their version */
  opened(): number {
    return this.#take()
  }

  /**
   * The session says what instructions it has. A server that does not repeat them has them all the same; one that
   * repeats others means another update.
   * @returns the version it has now; null when this confirms nothing
   */
  confirmed(repeated: string | null): number | null {
    if (!this.#sent || (repeated !== null && repeated.trim() !== this.#sent.text.trim())) return null
    return this.#take()
  }

  /** @returns the version that a refused message was about; null when it was about something else */
  refusedBy(event_id: string | null): number | null {
    if (!this.#sent || event_id === null || event_id !== this.#sent.event_id) return null
    const { version } = this.#sent.layer
    this.#sent = null
    return version
  }

  /** The version before stays in force. @returns the context that the call has now */
  refuse(version: number): JsonObject {
    if (this.#newest.version === version) this.#newest = { version, context: this.#applied.context }
    return this.#newest.context
  }

  /** What a response is asked to do; null when the model needs no word of ours. */
  task(kind: ResponseKind): string | null {
    if (kind === 'reply') return null
    const { greeting_message } = this.#agent
    return RESPONSE_TASKS[kind](greeting_message && fillPlaceholders(greeting_message, this.inForce()))
  }

  /** The same as the instructions of one response, which stand in for the session's. */
  request(kind: ResponseKind): { instructions: string } | null {
    const task = this.task(kind)
    return task === null ? null : { instructions: `${this.#render(this.#applied)}\n\n${task}` }
  }

  #take(): number {
    if (this.#sent) this.#applied = this.#sent.layer
    this.#sent = null
    return this.#applied.version
  }

  #render(layer: Layer): string {
    return renderInstructions(this.#agent, { call: layer.context, ...this.#below })
  }
}
