// The product's voice names and the realtime model's own. Data, so that a change is one line.
import type { Voice } from '../../shared/contract/agents.ts'

/** `fable`, `onyx` and `nova` exist only in the speech endpoint; these sound nearest. Source: protocols D.4. */
const NEAREST: Partial<Record<Voice, { voice: string; otherwise: string }>> = {
  fable: { voice: 'ballad', otherwise: 'verse' },
  onyx: { voice: 'cedar', otherwise: 'ash' },
  nova: { voice: 'coral', otherwise: 'marin' },
}

/** The realtime voice for a stored one. */
export function realtimeVoice(requested: Voice): string {
  return NEAREST[requested]?.voice ?? requested
}

/** The voice to try when a server refuses the first. */
export function fallbackVoice(requested: Voice): string {
  return NEAREST[requested]?.otherwise ?? 'alloy'
}
