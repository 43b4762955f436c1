// Plays a call as it comes: 8 kHz mu-law pieces into an AudioWorklet, the caller on the left, the agent on the right.
import type { AudioPiece } from '../../../shared/bridge.ts'
import type { PlayerMessage } from './mulaw-worklet.ts'

export interface AudioPlayer {
  play(piece: AudioPiece): void
  /** Drops what the agent was about to say: the caller interrupted it, and nobody heard it. */
  flush(speaker: 'agent'): void
  /** The call is over: its last words are still to be heard. */
  finish(): void
  close(): void
}

/** The call's own rate, so that nothing is resampled. Source: ITU-T G.711; desktop.md section 0, "Listen-in". */
const SAMPLE_RATE = 8_000
/** So far behind the call the sound usually is, and a little more. */
const LAST_WORDS_MS = 500

/**
 * Opens the sound device.
 * @param worklet_url where the worklet's script lies
 * @param onFailure told why the device or the script cannot be opened, in words to end a sentence with
 * @source desktop.md sections 0 and 2a
 */
export function openAudioPlayer(worklet_url: string, onFailure: (error: Error) => void): AudioPlayer {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' })
  const waiting: PlayerMessage[] = []
  let port: MessagePort | null = null
  let is_closed = false
  // Closing breaks off what is still being opened: that is no failure, and nobody listens any more.
  const fail = (error: unknown) => {
    if (!is_closed) onFailure(new Error(wordsOf(error), { cause: error }))
  }
  const close = () => {
    if (is_closed) return
    is_closed = true
    context.close().catch(() => undefined)
  }
  const send = (message: PlayerMessage) => (port ? port.postMessage(message) : waiting.push(message))

  const start = () => {
    if (is_closed) return
    const node = new AudioWorkletNode(context, 'mulaw-player', { numberOfInputs: 0, outputChannelCount: [2] })
    node.connect(context.destination)
    port = node.port
    for (const message of waiting.splice(0)) port.postMessage(message)
    return context.resume()
  }
  context.audioWorklet.addModule(worklet_url).then(start).catch(fail)

  return {
    play: (piece) => void send({ type: 'audio', speaker: piece.speaker, at_ms: piece.at_ms, mulaw: piece.mulaw }),
    flush: (speaker) => void send({ type: 'flush', speaker }),
    finish() {
      send({ type: 'flush', speaker: 'agent' })
      setTimeout(close, LAST_WORDS_MS)
    },
    close,
  }
}

/** The message without its full stop: browsers end theirs with one, and so does the sentence it becomes part of. */
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '')
