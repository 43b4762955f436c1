// What is known of the words of a turn: heard, heard by nobody, or spoken without a transcript. Pure.
import type { LiveState, Speaker, SpeechTurn, Turn } from '../../../../shared/contract/calls.ts'
import { NOT_TRANSCRIBED, SPEAKER_WORDS } from '../../lib/wording.ts'

export type Said =
  | { kind: 'words'; text: string; is_final: boolean }
  /** The agent's, and the caller heard none of it. */
  | { kind: 'unheard'; text: string }
  /** The caller's, and nobody wrote them down. */
  | { kind: 'untranscribed' }

type Words = Pick<SpeechTurn, 'speaker' | 'text' | 'unheard_text' | 'is_final'>

/** Null while nothing is known yet. @source contract/calls.ts, SpeechTurn; design.md section 4, transcript turn */
export function saidIn(turn: Words): Said | null {
  if (turn.speaker === 'caller' && turn.text === NOT_TRANSCRIBED) return { kind: 'untranscribed' }
  if (turn.text !== '') return { kind: 'words', text: turn.text, is_final: turn.is_final }
  return turn.unheard_text === '' ? null : { kind: 'unheard', text: turn.unheard_text }
}

/**
 * The newest line of a call. Its summary does not tell words that were heard from words that were not: the turn does.
 * @source contract/calls.ts, LiveState
 */
export function newestSaid(
  line: LiveState['last_line'],
  turns: readonly Turn[],
): { speaker: Speaker; said: Said } | null {
  if (!line) return null
  const turn = turns.findLast((each): each is SpeechTurn => each.kind === 'speech' && saidIn(each) !== null)
  const is_unheard =
    turn?.speaker === line.speaker && turn.text === '' && turn.is_final && turn.unheard_text.endsWith(line.text)
  const said = saidIn(is_unheard ? { ...line, text: '', unheard_text: line.text } : { ...line, unheard_text: '' })
  return said && { speaker: line.speaker, said }
}

/** What became of words that were not heard to their end; null when they were. @source design.md section 4, transcript turn */
export function cutWords(turn: Pick<SpeechTurn, 'text' | 'unheard_text' | 'cut_off_by'>): string | null {
  const by = turn.cut_off_by && `cut off by the ${SPEAKER_WORDS[turn.cut_off_by].toLowerCase()}`
  if (turn.text === '' && turn.unheard_text !== '') return by ? `${by} before a word was heard` : 'heard by nobody'
  if (by) return by
  return turn.unheard_text === '' ? null : 'the rest was heard by nobody'
}

/**
 * What a model wrote about a call, without its quotation marks: only words that were said stand in those, and of a
 * model's account nobody knows which were.
 * @source design.md principle 6
 */
export const unquoted = (account: string): string => account.replace(/["“”„]/g, '')
