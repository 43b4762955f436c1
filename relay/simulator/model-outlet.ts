// All that a session sends, in one place: event ids, the habits of the profile, the log, garbled text on demand.
import type { WebSocket } from 'ws'
import type { ModelFaults } from './faults.ts'
import type { ModelProfile } from './model.ts'
import { newId } from './model-ids.ts'
import { shapeEvent } from './model-profiles.ts'

const KEPT_LOG = 1_000

export interface LoggedEvent {
  readonly way: 'from_client' | 'to_client'
  readonly type: string
  readonly at_ms: number
}

export interface ErrorEvent {
  readonly type: 'invalid_request_error' | 'server_error'
  readonly code: string | null
  readonly message: string
  readonly param: string | null
  readonly event_id: string | null
}

export class ModelOutlet {
  readonly log: LoggedEvent[] = []
  readonly #socket: WebSocket
  readonly #profile: ModelProfile
  readonly #faults: () => ModelFaults
  readonly #opened_ms = performance.now()
  #events = 0

  constructor(socket: WebSocket, profile: ModelProfile, faults: () => ModelFaults) {
    this.#socket = socket
    this.#profile = profile
    this.#faults = faults
  }

  readonly emit = (type: string, fields: Record<string, unknown>): void => {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#events++
    const { malformed_every } = this.#faults()
    if (malformed_every && this.#events % malformed_every === 0) this.#socket.send(`{"type":"${type}","event_`)
    for (const event of shapeEvent(this.#profile, type, fields)) {
      if (!event.type.endsWith('audio.delta')) this.note('to_client', event.type)
      this.#socket.send(JSON.stringify({ type: event.type, event_id: newId('event'), ...event.fields }))
    }
  }

  emitError(error: ErrorEvent): void {
    this.emit('error', { error })
  }

  note(way: LoggedEvent['way'], type: string): void {
    this.log.push({ way, type, at_ms: performance.now() - this.#opened_ms })
    if (this.log.length > KEPT_LOG) this.log.shift()
  }
}
