// The words of a call as turns, placed by when they were spoken, not by when their text arrived (the caller's text
// often comes after the agent's answer). An interrupted agent keeps only what the caller heard; the rest stands apart.
import type { NoticeTurn, Speaker, SpeechTurn, ToolTurn } from '../../shared/contract/calls.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { UNSPACED } from './unspaced-scripts.ts'

/** A turn with its dates as the store has them. */
type Now = { at: Date; ms: number }
type Draft<T> = Omit<T, 'at'> & { at: Date }
export type TurnRecord = Draft<SpeechTurn> | Draft<ToolTurn> | Draft<NoticeTurn>
export type SpeechRecord = Draft<SpeechTurn>

/** Stands for words of the caller that were heard but never came as text. */
export const NOT_TRANSCRIBED = '(not transcribed)'

/** A response that was cut off says more words than it sent audio; so much speech a letter takes about. */
const MS_PER_LETTER = 62

/** How much of an item's sound there was, and was heard. */
export interface Played {
  heard_ms: number
  sent_ms: number
  /** No more of it was to come. */
  is_complete: boolean
}

/** Where a text may be cut. */
const EDGE = new RegExp(`\\s|(?!\\p{M})[${UNSPACED}]`, 'gu')

/**
 * Cuts a text where the voice was cut: in proportion, at a word's edge, or between two letters of a script that has no
 * spaces between its words.
 * @param heard_ms what was played
 * @param total_ms what the whole text would have taken
 * @returns the heard and the unheard part; together they are the text
 */
export function cutText(text: string, heard_ms: number, total_ms: number): { heard: string; unheard: string } {
  if (heard_ms <= 0 || text.length === 0) return { heard: '', unheard: text }
  if (heard_ms >= total_ms) return { heard: text, unheard: '' }
  const wanted = Math.round((text.length * heard_ms) / total_ms)
  let at = 0
  for (const { index } of text.matchAll(EDGE)) if (index <= wanted) at = index
  return { heard: text.slice(0, at).trimEnd(), unheard: text.slice(at).trimStart() }
}

export class Transcript {
  readonly #turns: TurnRecord[] = []
  readonly #byItem = new Map<string, SpeechRecord>()
  /** The caller's voice, oldest first, of which the model has not said whose item it is. */
  readonly #unnamed: SpeechRecord[] = []
  #lastUnnamed: SpeechRecord | null = null
  #lastCallerEnd: number | null = null
  #answered = true

  get turns(): readonly TurnRecord[] {
    return this.#turns
  }

  /** @param item_id null while the model has not named it: the next words of the caller without a turn are these */
  callerStarted(item_id: string | null, started_ms: number, now: Now): SpeechRecord {
    const turn = this.#speech(item_id ?? `voice_${this.#turns.length + 1}`, 'caller', started_ms, now)
    if (item_id === null) {
      this.#unnamed.push(turn)
      this.#lastUnnamed = turn
    }
    this.#answered = true
    return turn
  }

  /** @param item_id null ends the voice that began last without a name @returns null when there was none */
  callerStopped(item_id: string | null, ended_ms: number, now: Now): SpeechRecord | null {
    const turn = item_id === null ? this.#lastUnnamed : this.#callerTurn(item_id, ended_ms, now)
    if (!turn) return null
    turn.ended_ms = Math.max(turn.started_ms, Math.round(ended_ms))
    this.#lastCallerEnd = turn.ended_ms
    this.#answered = false
    return turn
  }

  callerText(item_id: string, delta: string, now: Now): SpeechRecord {
    const turn = this.#callerTurn(item_id, now.ms, now)
    turn.text += delta
    return turn
  }

  /** @returns the final turn, or null when it was final already */
  callerFinal(item_id: string, text: string, now: Now): SpeechRecord | null {
    const turn = this.#callerTurn(item_id, now.ms, now)
    if (turn.is_final) return null
    turn.text = text.trim()
    turn.ended_ms ??= Math.max(turn.started_ms, Math.round(now.ms))
    turn.is_final = true
    return turn
  }

  agentText(item_id: string, delta: string, context_version: number, now: Now): SpeechRecord | null {
    const turn = this.#speech(item_id, 'agent', now.ms, now, context_version)
    if (turn.is_final) return null
    turn.text += delta
    return turn
  }

  /** The whole text of an agent's turn, as the model gives it at the end. */
  agentWhole(item_id: string, text: string, context_version: number, now: Now): SpeechRecord | null {
    const turn = this.#speech(item_id, 'agent', now.ms, now, context_version)
    if (turn.is_final) return null
    turn.text = text
    return turn
  }

  /**
   * The first sound of an agent's turn is being sent.
   * @param starts_ms when the caller will hear it (after what is still playing)
   * @returns the reply gap in milliseconds if this answers the caller, else null
   */
  agentSounds(
    item_id: string,
    starts_ms: number,
    context_version: number,
    now: Now,
  ): { turn: SpeechRecord; reply_gap_ms: number | null } {
    const turn = this.#speech(item_id, 'agent', starts_ms, now, context_version)
    turn.started_ms = Math.round(starts_ms)
    if (!this.#answered && this.#lastCallerEnd !== null) {
      this.#answered = true
      turn.reply_gap_ms = Math.max(0, Math.round(starts_ms - this.#lastCallerEnd))
    }
    return { turn, reply_gap_ms: turn.reply_gap_ms }
  }

  /** Heard to its end. */
  agentHeard(item_id: string, heard_ms: number): SpeechRecord | null {
    const turn = this.#byItem.get(item_id)
    if (!turn || turn.is_final) return null
    turn.text = turn.text.trim()
    turn.heard_ms = heard_ms
    turn.ended_ms = turn.started_ms + heard_ms
    turn.is_final = true
    return turn
  }

  /** Cut off: the heard part stays, the rest is kept apart. */
  agentCut(item_id: string, played: Played, by: Speaker | null): SpeechRecord | null {
    const turn = this.#byItem.get(item_id)
    if (!turn || turn.is_final) return null
    const { heard_ms, sent_ms, is_complete } = played
    const total_ms = is_complete ? sent_ms : Math.max(sent_ms, turn.text.length * MS_PER_LETTER)
    const { heard, unheard } = cutText(turn.text.trim(), heard_ms, total_ms)
    Object.assign(turn, {
      text: heard,
      unheard_text: unheard,
      heard_ms,
      ended_ms: turn.started_ms + heard_ms,
      cut_off_by: by,
      is_final: true,
    })
    return turn
  }

  markRuleWords(turn: SpeechRecord, words: string[]): void {
    turn.rule_words = words
  }

  tool(name: string, args: JsonObject, result: string, failed: boolean, now: Now): TurnRecord {
    const turn: TurnRecord = { kind: 'tool', name, arguments: args, result, failed, ...this.#moment('tool', now) }
    this.#turns.push(turn)
    return turn
  }

  notice(text: string, now: Now): TurnRecord {
    const turn: TurnRecord = { kind: 'notice', text, ...this.#moment('note', now) }
    this.#turns.push(turn)
    return turn
  }

  /**
   * Nothing more will come: what is open becomes final as it stands. What the agent was still to say is unheard; what
   * the caller said and nobody wrote down is said to be so. Agent turns without a word are left out.
   */
  close(now: Now): TurnRecord[] {
    const open = this.#turns.filter((turn) => !turn.is_final)
    for (const turn of open) {
      turn.is_final = true
      turn.ended_ms ??= Math.max(turn.started_ms, Math.round(now.ms))
      if (turn.kind !== 'speech') continue
      turn.text = turn.text.trim()
      if (turn.speaker === 'caller') turn.text ||= NOT_TRANSCRIBED
      else if (!turn.heard_ms) Object.assign(turn, { text: '', unheard_text: turn.text, ended_ms: turn.started_ms })
    }
    return open.filter((turn) => turn.kind !== 'speech' || turn.text !== '' || turn.unheard_text !== '')
  }

  /** Words whose item is not known belong to the oldest voice that has no name yet. */
  #callerTurn(item_id: string, started_ms: number, now: Now): SpeechRecord {
    const unnamed = this.#byItem.has(item_id) ? undefined : this.#unnamed.shift()
    if (unnamed) this.#byItem.set(item_id, unnamed)
    return unnamed ?? this.#speech(item_id, 'caller', started_ms, now)
  }

  #speech(
    item_id: string,
    speaker: Speaker,
    started_ms: number,
    now: Now,
    context_version: number | null = null,
  ): SpeechRecord {
    const known = this.#byItem.get(item_id)
    if (known) return known
    const turn: SpeechRecord = {
      turn_id: item_id,
      turn_index: this.#turns.length + 1,
      at: now.at,
      started_ms: Math.max(0, Math.round(started_ms)),
      ended_ms: null,
      is_final: false,
      kind: 'speech',
      speaker,
      text: '',
      unheard_text: '',
      heard_ms: speaker === 'agent' ? 0 : null,
      cut_off_by: null,
      reply_gap_ms: null,
      rule_words: [],
      context_version,
    }
    this.#byItem.set(item_id, turn)
    this.#turns.push(turn)
    return turn
  }

  /** A turn that takes no time. */
  #moment(name: string, { at, ms }: Now) {
    const turn_index = this.#turns.length + 1
    const at_ms = Math.max(0, Math.round(ms))
    return { turn_id: `${name}_${turn_index}`, turn_index, at, started_ms: at_ms, ended_ms: at_ms, is_final: true }
  }
}

/** Turns in the order of the call. */
export function inOrder<T extends { turn_index: number }>(turns: readonly T[]): T[] {
  return [...turns].sort((a, b) => a.turn_index - b.turn_index)
}
