// G.711 mu-law as tables: what a byte sounds like, how loud 20 ms of it are, and back from samples to bytes.
// Pure.

/** Mu-law bytes of 20 ms at 8 kHz. */
export const FRAME_BYTES = 160
export const FRAME_MS = 20
export const BYTES_PER_MS = 8
export const SILENCE_BYTE = 0xff

const LINEAR = new Int16Array(256)
const POWER = new Float64Array(256)
for (let byte = 0; byte < 256; byte++) {
  const bits = ~byte & 0xff
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)
  const sample = bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84
  LINEAR[byte] = sample
  POWER[byte] = (sample / 32_768) ** 2
}

/**
 * Mu-law to 16-bit linear samples.
 * @throws never
 * @source ITU-T G.711
 */
export function decodeMulaw(mulaw: Uint8Array): Int16Array {
  const samples = new Int16Array(mulaw.length)
  for (let i = 0; i < mulaw.length; i++) samples[i] = LINEAR[mulaw[i]!]!
  return samples
}

/**
 * One 16-bit sample to its mu-law byte.
 * @throws never
 * @source ITU-T G.711
 */
export function encodeMulawSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), 32_635) + 0x84
  const exponent = 24 - Math.clz32(magnitude)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

/**
 * Linear samples to mu-law.
 * @throws never
 * @source ITU-T G.711
 */
export function encodeMulaw(samples: ArrayLike<number>): Uint8Array {
  const mulaw = new Uint8Array(samples.length)
  for (let i = 0; i < samples.length; i++) mulaw[i] = encodeMulawSample(samples[i]!)
  return mulaw
}

/**
 * Mean power of mu-law audio, 1 being full scale; 0 for no bytes.
 * @throws never
 * @source ours
 */
export function meanPower(mulaw: Uint8Array, start = 0, end = mulaw.length): number {
  if (end <= start) return 0
  let sum = 0
  for (let i = start; i < end; i++) sum += POWER[mulaw[i]!]!
  return sum / (end - start)
}

/**
 * Decibels below full scale as mean power, so that hot loops compare without a logarithm.
 * @throws never
 * @source ours
 */
export function powerOfDb(db: number): number {
  return 10 ** (db / 10)
}

/**
 * Silence.
 * @param duration_ms rounded to whole bytes
 * @throws never
 * @source Twilio Media Streams: silence byte 0xFF
 */
export function silence(duration_ms: number): Uint8Array {
  return new Uint8Array(Math.round(duration_ms * BYTES_PER_MS)).fill(SILENCE_BYTE)
}

/**
 * A pure tone: a beep of an answering machine, a ring-back tone.
 * @throws never
 * @source ours
 */
export function tone(frequencies_hz: readonly number[], duration_ms: number, amplitude = 4_000): Uint8Array {
  const mulaw = new Uint8Array(Math.round(duration_ms * BYTES_PER_MS))
  for (let i = 0; i < mulaw.length; i++) {
    let sample = 0
    for (const hz of frequencies_hz) sample += Math.sin((2 * Math.PI * hz * i) / 8_000)
    mulaw[i] = encodeMulawSample(Math.round((sample * amplitude) / frequencies_hz.length))
  }
  return mulaw
}
