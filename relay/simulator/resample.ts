// From the voice engine's samples to telephone audio: low-pass and decimate, trim the silence around, bring
// to one loudness. Pure.

const TAPS = 63
const CUTOFF_HZ = 3_500

/**
 * Halves the rate after a windowed-sinc low-pass, so that nothing above 4 kHz folds back.
 * @param samples 16 kHz, -1 to 1
 * @returns 8 kHz
 * @throws never
 * @source ours
 */
export function halveRate(samples: Float32Array): Float32Array {
  const taps = lowPass(TAPS, CUTOFF_HZ / 16_000)
  const out = new Float32Array(Math.floor(samples.length / 2))
  const middle = (TAPS - 1) / 2
  for (let i = 0; i < out.length; i++) {
    const first = i * 2 - middle
    let sum = 0
    for (let k = Math.max(0, -first); k < TAPS && first + k < samples.length; k++) sum += taps[k]! * samples[first + k]!
    out[i] = sum
  }
  return out
}

function lowPass(length: number, cutoff: number): Float64Array {
  const taps = new Float64Array(length)
  const middle = (length - 1) / 2
  let sum = 0
  for (let i = 0; i < length; i++) {
    const x = i - middle
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x)
    taps[i] = sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (length - 1)))
    sum += taps[i]!
  }
  return taps.map((tap) => tap / sum)
}

/**
 * Cuts the silence before and after, but for a little breath.
 * @throws never
 * @source ours
 */
export function trimSilence(samples: Float32Array, rate_hz: number): Float32Array {
  const block = rate_hz / 100
  const isLoud = (at: number) => {
    let sum = 0
    for (let i = at; i < Math.min(at + block, samples.length); i++) sum += samples[i]! ** 2
    return sum / block > 1e-5
  }
  let first = 0
  let last = samples.length - block
  while (first < samples.length && !isLoud(first)) first += block
  while (last > first && !isLoud(last)) last -= block
  return samples.subarray(Math.max(0, first - 2 * block), Math.min(samples.length, last + 4 * block))
}

/**
 * One loudness for all voices: mean power of the voiced parts to -19 dBFS, peaks held below -1 dBFS.
 * @throws never
 * @source ours; telephone speech is usually sent near -20 dBm0
 */
export function normalizeLoudness(samples: Float32Array): Float32Array {
  let sum = 0
  let voiced = 0
  let peak = 0
  for (const sample of samples) {
    peak = Math.max(peak, Math.abs(sample))
    if (Math.abs(sample) > 0.01) {
      sum += sample ** 2
      voiced++
    }
  }
  if (voiced === 0) return samples
  const gain = 0.112 / Math.sqrt(sum / voiced)
  const soft = peak * gain > 0.9
  return samples.map((sample) => (soft ? Math.tanh(sample * gain) * 0.9 : sample * gain))
}
