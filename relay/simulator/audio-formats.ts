// The model thinks in mu-law; clients may send and want linear 24 kHz or A-law. Enough for a foreign relay: the
// three samples between two of ours lie on a line, and every third one goes back. Words survive only if the
// relay picks the same samples.
import type { AudioFormat } from './effective-session.ts'
import { decodeMulaw, encodeMulawSample } from './mulaw.ts'

/**
 * Client audio to mu-law 8 kHz.
 * @throws never
 * @source ITU-T G.711; OpenAI Realtime audio formats
 */
export function toMulaw(audio: Uint8Array, format: AudioFormat): Uint8Array {
  if (format.type === 'audio/pcmu') return audio
  if (format.type === 'audio/pcma') return audio.map((byte) => encodeMulawSample(decodeAlaw(byte)))
  const view = new DataView(audio.buffer, audio.byteOffset, audio.length)
  const mulaw = new Uint8Array(Math.floor(audio.length / 6))
  for (let i = 0; i < mulaw.length; i++) mulaw[i] = encodeMulawSample(view.getInt16(i * 6, true))
  return mulaw
}

/**
 * Mu-law 8 kHz to what the client wants.
 * @throws never
 * @source ITU-T G.711; OpenAI Realtime audio formats
 */
export function fromMulaw(mulaw: Uint8Array, format: AudioFormat): Uint8Array {
  if (format.type === 'audio/pcmu') return mulaw
  const samples = decodeMulaw(mulaw)
  if (format.type === 'audio/pcma') return Uint8Array.from(samples, encodeAlaw)
  const bytes = new Uint8Array(samples.length * 6)
  const view = new DataView(bytes.buffer)
  for (const [i, sample] of samples.entries()) {
    const next = samples[i + 1] ?? sample
    view.setInt16(i * 6, sample, true)
    view.setInt16(i * 6 + 2, Math.round((2 * sample + next) / 3), true)
    view.setInt16(i * 6 + 4, Math.round((sample + 2 * next) / 3), true)
  }
  return bytes
}

function decodeAlaw(byte: number): number {
  const bits = byte ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return bits & 0x80 ? magnitude : -magnitude
}

function encodeAlaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), 32_767) >> 4
  const exponent = magnitude < 16 ? 0 : 28 - Math.clz32(magnitude)
  const mantissa = exponent < 2 ? magnitude & 0x0f : (magnitude >> (exponent - 1)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}
