// The audio of one message: sentence by sentence from the voice engine, out in pieces of 200 ms with the words
// before them, several times faster than it is spoken.
import { fromMulaw } from './audio-formats.ts'
import { AudioTrack, PIECE_MS, type TrackPiece } from './audio-track.ts'
import type { StoredItem } from './conversation.ts'
import type { AudioFormat } from './effective-session.ts'
import type { ModelFaults } from './faults.ts'
import { BYTES_PER_MS } from './mulaw.ts'
import type { ResponseRun } from './response-run.ts'
import type { Speech, Voice } from './speech.ts'
import { splitSentences } from './spoken-words.ts'
import type { Ticker } from './ticker.ts'
import { type TokenCount, textTokens } from './usage.ts'

export interface SpeakingWorld {
  readonly speech: Speech
  readonly ticker: Ticker
  readonly audio_pace: number
  readonly faults: () => ModelFaults
  emit(type: string, fields: Record<string, unknown>): void
  /** A piece of audio left. */
  onAudio(): void
}

export interface SpeakingPlan {
  readonly voice: Voice
  readonly format: AudioFormat
  readonly max_output_tokens: number | 'inf'
}

/** When audio of a response plays in real time: from its first piece on. */
export interface PlayTime {
  first_ms: number | null
  audio_ms: number
}

export interface Spoken {
  /** The transcript of what was sent. */
  readonly said: string
  /** Pieces of a cancelled response that still arrive after its end (on demand). */
  readonly late: (() => void)[]
}

/**
 * Speaks `text` into `item` until it is said or `run` stops.
 * @param spent counted up as audio leaves; passing `max_output_tokens` stops the run as incomplete
 * @throws never; a failing voice engine stops the run as failed
 * @source OpenAI Realtime: deltas of a spoken message; 200 ms pieces are what was measured in the wild
 */
export async function speakMessage(
  world: SpeakingWorld,
  run: ResponseRun,
  plan: SpeakingPlan,
  message: {
    text: string
    item: StoredItem
    ids: Record<string, unknown>
    play: PlayTime
    spent: TokenCount
  },
): Promise<Spoken> {
  const { item, ids, play, spent } = message
  const track = new AudioTrack()
  void render(world, run, plan.voice, message.text, track)
  let said = ''
  for (;;) {
    const piece = track.next()
    if (run.isStopped || (!piece && track.isDone)) return { said, late: latePieces(world, plan, ids, track, piece) }
    if (!piece) {
      await run.orStopped(track.grown())
      continue
    }
    const words = piece.words.map((word) => word.word).join(' ')
    const delta = said === '' || words === '' ? words : ` ${words}`
    if (delta !== '') world.emit('response.output_audio_transcript.delta', { ...ids, delta })
    said += delta
    sendPiece(world, plan, ids, piece)
    record(item, play, spent, piece)
    world.onAudio()
    if (isCut(world, plan, play, spent)) run.stop({ status: 'incomplete', reason: 'max_output_tokens' })
    await paced(world, run, play)
  }
}

async function render(
  world: SpeakingWorld,
  run: ResponseRun,
  voice: Voice,
  text: string,
  track: AudioTrack,
): Promise<void> {
  try {
    for (const sentence of splitSentences(text))
      if (!run.isStopped) track.append(await world.speech.render(sentence, voice))
  } catch {
    // Without a voice the response cannot be what was asked for; the client is told so.
    run.stop({ status: 'failed', code: 'server_error' })
  }
  track.complete()
}

function sendPiece(world: SpeakingWorld, plan: SpeakingPlan, ids: Record<string, unknown>, piece: TrackPiece): void {
  const audio = fromMulaw(piece.mulaw, plan.format)
  const delta = Buffer.from(audio.buffer, audio.byteOffset, audio.length).toString('base64')
  world.emit('response.output_audio.delta', { ...ids, delta })
}

function record(item: StoredItem, play: PlayTime, spent: TokenCount, piece: TrackPiece): void {
  const duration_ms = piece.mulaw.length / BYTES_PER_MS
  play.first_ms ??= performance.now()
  play.audio_ms += duration_ms
  item.duration_ms += duration_ms
  item.words = [...item.words, ...piece.words]
  item.audio = [...item.audio, piece.mulaw]
  spent.audio += Math.ceil(duration_ms / 50)
  spent.text += textTokens(piece.words.map((word) => word.word).join(' '))
}

function isCut(world: SpeakingWorld, plan: SpeakingPlan, play: PlayTime, spent: TokenCount): boolean {
  const limit = world.faults().incomplete_after_deltas
  if (limit !== undefined && play.audio_ms >= limit * PIECE_MS) return true
  return plan.max_output_tokens !== 'inf' && spent.text + spent.audio > plan.max_output_tokens
}

/** Waits until the next piece is due. */
function paced(world: SpeakingWorld, run: ResponseRun, play: PlayTime): Promise<void> {
  const due_ms = play.first_ms! + play.audio_ms / world.audio_pace
  return new Promise((resolve) => {
    const remove = world.ticker.add((now_ms) => {
      if (now_ms < due_ms && !run.isStopped) return
      remove()
      resolve()
    })
  })
}

function latePieces(
  world: SpeakingWorld,
  plan: SpeakingPlan,
  ids: Record<string, unknown>,
  track: AudioTrack,
  first: TrackPiece | null,
): (() => void)[] {
  const late: (() => void)[] = []
  let piece = first
  while (piece && late.length < (world.faults().late_deltas ?? 0)) {
    const sent = piece
    late.push(() => sendPiece(world, plan, ids, sent))
    piece = track.next()
  }
  return late
}
