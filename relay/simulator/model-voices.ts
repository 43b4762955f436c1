// Which of Flite's voices stands for which of the model's: all ten sound different. Data.
import type { Voice } from './speech.ts'

const VOICES: Record<string, Voice> = {
  alloy: { flite: 'slt', rate: 1.2 },
  ash: { flite: 'rms', rate: 1.25 },
  ballad: { flite: 'awb', rate: 1.15 },
  cedar: { flite: 'rms', rate: 1.15, pitch_hz: 82 },
  coral: { flite: 'slt', rate: 1.3, pitch_hz: 205 },
  echo: { flite: 'rms', rate: 1.25, pitch_hz: 118 },
  marin: { flite: 'slt', rate: 1.25, pitch_hz: 185 },
  sage: { flite: 'slt', rate: 1.1, pitch_hz: 160 },
  shimmer: { flite: 'slt', rate: 1.25, pitch_hz: 225 },
  verse: { flite: 'awb', rate: 1.25, pitch_hz: 135 },
}

/**
 * How the model's voice sounds here.
 * @param speed of the session's output, 0.25 to 1.5
 * @throws never; unknown and custom voices sound like alloy
 * @source ours
 */
export function voiceOf(voice: string | { id: string }, speed: number): Voice {
  const known = (typeof voice === 'string' && VOICES[voice]) || VOICES.alloy!
  return speed === 1 ? known : { ...known, rate: known.rate * speed }
}
