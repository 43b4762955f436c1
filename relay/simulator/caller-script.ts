// What one demo caller wants and how they are; caller-mind.ts plays it. Data only.
import type { Voice } from './speech.ts'

export type Desk = 'billing' | 'orders' | 'returns' | 'front' | 'pharmacy'

/** One thing the caller says when it is their turn. */
export interface Line {
  readonly say: string
  /** Cuts in after hearing that many words of the agent, instead of waiting for the end. */
  readonly cut_in_after_words?: number
  /** Silence before it: looking for a paper, thinking. */
  readonly pause_ms?: number
  /** Keys pressed after it. */
  readonly press?: string
  /** Hangs up in the middle of the answer, that long after saying it. */
  readonly hang_up_after_ms?: number
}

export interface CallerScript {
  readonly id: string
  readonly desk: Desk
  readonly name: string
  /** From a range reserved for fiction. */
  readonly from: string
  readonly voice: Voice
  readonly mood: 'calm' | 'cheerful' | 'hurried' | 'angry' | 'worried' | 'confused'
  readonly lines: readonly (string | Line)[]
  /** Said when asked for it: an order, an account, who they are. */
  readonly number?: string
  readonly identity?: string
  readonly detail?: string
  /** Takes the offer of a colleague, and waits for one that long. */
  readonly waits_for_person_ms?: number
}
