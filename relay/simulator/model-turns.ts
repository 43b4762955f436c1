// From the caller's voice to a turn: what the session says when speech starts, stops and is committed, when an
// answer follows, and when silence has lasted too long.
import type { Conversation, StoredItem } from './conversation.ts'
import { textOf } from './conversation.ts'
import type { EffectiveSession } from './effective-session.ts'
import { ModelRefusal } from './model-errors.ts'
import { newId } from './model-ids.ts'
import type { ModelInput, TakenAudio } from './model-input.ts'
import type { VoiceEvent } from './voice-activity.ts'

/** A commit below this is an empty one. */
const SHORTEST_COMMIT_MS = 100

export interface TurnsWorld {
  readonly conversation: Conversation
  readonly input: ModelInput
  session(): EffectiveSession
  emit(type: string, fields: Record<string, unknown>): void
  /** Speech began over an answer. */
  interrupt(): void
  /** The turn wants an answer. */
  answer(): void
  transcribe(item: StoredItem, text: string, duration_ms: number): void
  /** Until when the last answer plays, by the monotonic clock; null while none is pending for a time-out. */
  silentSince(): number | null
}

export class ModelTurns {
  readonly #world: TurnsWorld
  #itemId = newId('item')

  constructor(world: TurnsWorld) {
    this.#world = world
  }

  append(mulaw: Uint8Array): void {
    this.#world.input.append(mulaw, (event) => this.#onVoice(event))
    this.#checkIdle()
  }

  /** @throws ModelRefusal for an empty buffer */
  commitByHand(): void {
    const { input } = this.#world
    if (input.buffered_ms < SHORTEST_COMMIT_MS) {
      const has = input.buffered_ms.toFixed(2)
      throw new ModelRefusal(
        'input_audio_buffer_commit_empty',
        `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${has}ms of audio.`,
      )
    }
    this.#commit()
  }

  #onVoice(event: VoiceEvent): void {
    const detection = this.#world.session().audio.input.turn_detection
    if (event.type === 'started') {
      this.#world.emit('input_audio_buffer.speech_started', {
        audio_start_ms: event.audio_start_ms,
        item_id: this.#itemId,
      })
      if (detection?.interrupt_response) this.#world.interrupt()
      return
    }
    this.#world.emit('input_audio_buffer.speech_stopped', {
      audio_end_ms: event.audio_end_ms,
      item_id: this.#itemId,
    })
    this.#commit()
    if (detection?.create_response) this.#world.answer()
  }

  #commit(): void {
    const { conversation, input, emit } = this.#world
    const id = this.#itemId
    this.#itemId = newId('item')
    const taken = input.commit()
    const item = userItem(id, taken)
    const previous_item_id = conversation.last_id
    emit('input_audio_buffer.committed', { previous_item_id, item_id: id })
    conversation.add(item)
    emit('conversation.item.added', { previous_item_id, item: structuredClone(item.wire) })
    emit('conversation.item.done', { previous_item_id, item: structuredClone(item.wire) })
    this.#world.transcribe(item, taken.voiced_ms > 0 ? textOf(item) : '', taken.duration_ms)
  }

  /** Are you there? Asked when the answer was played and nobody spoke for the time set. */
  #checkIdle(): void {
    const detection = this.#world.session().audio.input.turn_detection
    if (detection?.type !== 'server_vad' || detection.idle_timeout_ms === null || this.#world.input.isSpeaking) return
    const since_ms = this.#world.silentSince()
    if (since_ms === null || performance.now() - since_ms < detection.idle_timeout_ms) return
    const audio_end_ms = Math.round(this.#world.input.appended_ms)
    const audio_start_ms = Math.max(0, audio_end_ms - detection.idle_timeout_ms)
    this.#world.emit('input_audio_buffer.timeout_triggered', {
      audio_start_ms,
      audio_end_ms,
      item_id: this.#itemId,
    })
    this.#commit()
    this.#world.answer()
  }
}

function userItem(id: string, taken: TakenAudio): StoredItem {
  return {
    wire: {
      id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    },
    duration_ms: taken.voiced_ms > 0 ? taken.duration_ms : 0,
    words: taken.words,
    audio: taken.audio,
    isGiven: false,
  }
}
