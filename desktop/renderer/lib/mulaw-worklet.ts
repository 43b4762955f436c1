// Runs on the audio thread. Decodes mu-law and plays two voices: the caller left, the agent right.
import { CallVoices } from './call-voices.ts'
import { mulawTable } from './mulaw.ts'

export type PlayerMessage =
  | { type: 'audio'; speaker: 'caller' | 'agent'; at_ms: number; mulaw: Uint8Array }
  | { type: 'flush'; speaker: 'agent' }

declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void

const TABLE = mulawTable()

class MulawPlayer extends AudioWorkletProcessor {
  readonly #voices = new CallVoices()

  constructor() {
    super()
    this.port.onmessage = (event: MessageEvent<PlayerMessage>) => this.#receive(event.data)
  }

  #receive(message: PlayerMessage): void {
    if (message.type === 'flush') this.#voices.flush()
    else
      this.#voices.push(
        message.speaker,
        message.at_ms,
        Float32Array.from(message.mulaw, (byte) => TABLE[byte] ?? 0),
      )
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0] ?? []
    if (left && right) this.#voices.read(left, right)
    return true
  }
}

registerProcessor('mulaw-player', MulawPlayer)
