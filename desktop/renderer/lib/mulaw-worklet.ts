// Runs on the audio thread. Decodes mu-law and plays two voices: the caller left, the agent right.
import { mulawTable } from './mulaw.ts'
import { VoiceQueue } from './voice-queue.ts'

export type PlayerMessage =
  | { type: 'audio'; speaker: 'caller' | 'agent'; at_ms: number; mulaw: Uint8Array }
  | { type: 'flush'; speaker: 'agent' }

declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void

const TABLE = mulawTable()

class MulawPlayer extends AudioWorkletProcessor {
  readonly #voices = { caller: new VoiceQueue(), agent: new VoiceQueue() }

  constructor() {
    super()
    this.port.onmessage = (event: MessageEvent<PlayerMessage>) => this.#receive(event.data)
  }

  #receive(message: PlayerMessage): void {
    const voice = this.#voices[message.speaker]
    if (message.type === 'flush') voice.clear()
    else voice.push(Float32Array.from(message.mulaw, (byte) => TABLE[byte] ?? 0))
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0] ?? []
    if (left) this.#voices.caller.read(left)
    if (right) this.#voices.agent.read(right)
    return true
  }
}

registerProcessor('mulaw-player', MulawPlayer)
