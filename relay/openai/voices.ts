// The product's voice names and the realtime model's own. Data, so that a change is one line.
import type { Voice } from '../../shared/contract/agents.ts'

const LAST_RESORT = 'alloy'

/** `fable`, `onyx` and `nova` exist only in the speech endpoint; these sound nearest. Source: protocols D.4. */
const NEAREST: Partial<Record<Voice, { voice: string; otherwise: string }>> = {
  fable: { voice: 'ballad', otherwise: 'verse' },
  onyx: { voice: 'cedar', otherwise: 'ash' },
  nova: { voice: 'coral', otherwise: 'marin' },
}

/**
 * The realtime voices for a stored one, in the order they are tried: its own or the nearest, and what to fall back on.
 * @throws never
 * @source protocols D.4
 */
export function realtimeVoices(requested: Voice): string[] {
  const nearest = NEAREST[requested]
  return nearest ? [nearest.voice, nearest.otherwise, LAST_RESORT] : [...new Set([requested, LAST_RESORT])]
}
