// Transcription of the caller's turns: beside the conversation, and usually behind the answer.
import type { StoredItem } from './conversation.ts'
import type { ModelFaults } from './faults.ts'
import { textTokens } from './usage.ts'

const DELAY_MS = 250

export interface TranscriberWorld {
  readonly faults: () => ModelFaults
  emit(type: string, fields: Record<string, unknown>): void
}

interface Turn {
  readonly item: StoredItem
  readonly text: string
  readonly duration_ms: number
  readonly model: string
}

export class Transcriber {
  readonly #world: TranscriberWorld
  readonly #timers = new Set<NodeJS.Timeout>()
  #waiting: Turn[] = []

  constructor(world: TranscriberWorld) {
    this.#world = world
  }

  /** A turn was committed. It is transcribed after the answer to it began, or soon if none is made. */
  turn(item: StoredItem, text: string, duration_ms: number, settings: { model?: string | undefined } | null): void {
    if (!settings || this.#world.faults().transcription_lost) return
    this.#waiting.push({ item, text, duration_ms, model: settings.model ?? 'gpt-4o-mini-transcribe' })
    this.#later(this.#delay() + 150)
  }

  responseStarted(): void {
    if (this.#waiting.length > 0) this.#later(this.#delay())
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#waiting = []
  }

  #delay(): number {
    return this.#world.faults().transcription_delay_ms ?? DELAY_MS
  }

  #later(delay_ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      const turns = this.#waiting
      this.#waiting = []
      for (const turn of turns) this.#transcribe(turn)
    }, delay_ms)
    this.#timers.add(timer)
  }

  #transcribe({ item, text, duration_ms, model }: Turn): void {
    const ids = { item_id: item.wire.id, content_index: 0 }
    const name = 'conversation.item.input_audio_transcription'
    if (this.#world.faults().transcription_fails) {
      const error = {
        type: 'transcription_error',
        code: 'audio_unintelligible',
        message: 'The audio could not be transcribed.',
        param: null,
      }
      this.#world.emit(`${name}.failed`, { ...ids, error })
      return
    }
    for (const delta of text.match(/(\S+\s*){1,4}/g) ?? []) this.#world.emit(`${name}.delta`, { ...ids, delta })
    if (item.wire.type === 'message' && item.wire.content[0]?.type === 'input_audio')
      item.wire.content[0].transcript = text
    this.#world.emit(`${name}.completed`, {
      ...ids,
      transcript: text,
      usage: usageOf(model, text, duration_ms),
    })
  }
}

/** By token for the 4o family, by second for the others. */
function usageOf(model: string, text: string, duration_ms: number): Record<string, unknown> {
  if (!model.startsWith('gpt-4o')) return { type: 'duration', seconds: Math.max(1, Math.ceil(duration_ms / 1000)) }
  const audio_tokens = Math.ceil(duration_ms / 100)
  const output_tokens = textTokens(text)
  return {
    type: 'tokens',
    input_tokens: audio_tokens,
    output_tokens,
    total_tokens: audio_tokens + output_tokens,
    input_token_details: { text_tokens: 0, audio_tokens },
  }
}
