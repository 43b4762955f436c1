// What a call is doing, as a shape and a word. Pure.
import type { LucideIcon } from 'lucide-react'
import {
  AudioLines,
  Loader,
  LoaderCircle,
  Mic,
  Minus,
  PhoneIncoming,
  PhoneOff,
  PhoneOutgoing,
  Unlink,
  Voicemail,
  Wrench,
} from 'lucide-react'
import type { CallSummary } from '../../../../shared/contract/calls.ts'
import { formatDelay, formatSince, words } from '../../lib/format.ts'
import { outcomeWord } from '../../lib/wording.ts'
import { isOutOfReach } from '../../store/lost-calls.ts'

export interface PhaseWords {
  icon: LucideIcon
  word: string
  tone: string
  spins?: boolean
}

/** What a call is doing that is shown as it was last known, and why nothing newer is known. */
export const STALE: PhaseWords = { icon: Unlink, word: 'Not up to date', tone: 'ph-ended' }
export const STALE_WHY = 'The relays cannot reach each other. Whether it goes on is not known.'

/**
 * @param now epoch milliseconds
 * @source design.md section 4, card; desktop.md 5c, axis "phase"
 */
export function phaseOf(call: CallSummary, now: number): PhaseWords {
  if (call.ended_at !== null) return endedWords(call)
  const live = call.live
  if (!live) return { icon: LoaderCircle, word: words(call.status), tone: 'ph-ringing' }
  const since_ms = Math.max(0, now - Date.parse(live.phase_since_at))
  switch (live.phase) {
    case 'ringing':
      return {
        icon: call.direction === 'outbound' ? PhoneOutgoing : PhoneIncoming,
        word: 'Ringing',
        tone: 'ph-ringing',
      }
    case 'connecting':
      return { icon: LoaderCircle, word: 'Connecting', tone: 'ph-ringing' }
    case 'greeting':
      return { icon: AudioLines, word: 'Greeting', tone: 'ph-greeting' }
    case 'caller_speaking':
      return { icon: Mic, word: 'Caller speaking', tone: 'ph-caller' }
    case 'agent_thinking':
      return {
        icon: Loader,
        word: `Thinking ${formatDelay(Math.max(100, since_ms))}`,
        tone: 'ph-thinking',
        spins: true,
      }
    case 'agent_speaking':
      return { icon: AudioLines, word: 'Agent speaking', tone: 'ph-agent' }
    case 'tool_running':
      return {
        icon: Wrench,
        word: `${live.tool_name ?? 'Tool'} ${formatDelay(Math.max(100, since_ms))}`,
        tone: 'ph-tool',
      }
    case 'silence':
      return { icon: Minus, word: `Silence ${formatSince(since_ms)}`, tone: 'ph-silence' }
    case 'ending':
      return { icon: PhoneOff, word: 'Ending', tone: 'ph-ended' }
    case 'ended':
      return endedWords(call)
  }
}

function endedWords(call: CallSummary): PhaseWords {
  const icon = isOutOfReach(call) ? Unlink : call.outcome === 'voicemail' ? Voicemail : PhoneOff
  return { icon, word: outcomeWord(call.outcome), tone: 'ph-ended' }
}

/** Why a call broke or is out of reach, to be said where its last words stood; null for one that goes on or was ended by somebody. @source ours */
export function breakWords(call: CallSummary): string | null {
  const has_broken = call.ended_at !== null && (isOutOfReach(call) || call.outcome === 'failed')
  return has_broken ? call.end_reason : null
}

/** Phases whose word counts tenths of a second. @source ours */
export function countsTenths(call: CallSummary): boolean {
  const phase = call.live?.phase
  return call.ended_at === null && (phase === 'agent_thinking' || phase === 'tool_running')
}

/** Length of a call so far, or of a call that is over. Milliseconds. @source contract/calls.ts */
export function lengthOf(call: CallSummary, now: number): number {
  if (call.ended_at !== null) {
    return call.duration_seconds !== null
      ? call.duration_seconds * 1000
      : Date.parse(call.ended_at) - Date.parse(call.answered_at ?? call.started_at)
  }
  return now - Date.parse(call.answered_at ?? call.started_at)
}

/** A reply slower than this is orange. Milliseconds. Source: design.md section 4, card. */
export const SLOW_REPLY_MS = 2_000
