// Which calls need a person, and why. Pure: facts of a call in, reasons out, the most urgent first.
import type { Attention, AttentionLevel, AttentionReason, Speaker } from '../../shared/contract/calls.ts'

export type AttentionRecord = Omit<Attention, 'since_at'> & { since_at: Date }

/** Measured facts that raise attention by themselves and end by themselves. */
export interface CallPulse {
  /** Milliseconds since anyone's voice was heard. */
  silence_ms: number
  /** The newest reply gaps, milliseconds, oldest first. */
  reply_gaps_ms: number[]
  elapsed_seconds: number
  max_call_duration: number
}

/** Source: ours; the console's thresholds for "orange" stand in the design, section 4. */
const SLOW_REPLY_MS = 4_000
const LONG_SILENCE_MS = 10_000
const NEAR_LIMIT = 0.9

const LEVEL: Record<AttentionReason, AttentionLevel> = {
  asked_for_a_person: 3,
  agent_asks_for_help: 2,
  escalation_keyword: 2,
  tool_failing: 2,
  model_trouble: 2,
  slow_replies: 1,
  long_silence: 1,
  length_over_limit: 1,
}

/** Reasons that measurements give right now. */
export function measuredReasons(pulse: CallPulse): { reason: AttentionReason; evidence: string }[] {
  const reasons: { reason: AttentionReason; evidence: string }[] = []
  const lastTwo = pulse.reply_gaps_ms.slice(-2)
  if (lastTwo.length === 2 && lastTwo.every((gap) => gap >= SLOW_REPLY_MS)) {
    reasons.push({
      reason: 'slow_replies',
      evidence: `The last two replies took ${lastTwo.map((gap) => `${(gap / 1000).toFixed(1)} s`).join(' and ')}.`,
    })
  }
  if (pulse.silence_ms >= LONG_SILENCE_MS) reasons.push({ reason: 'long_silence', evidence: 'Nobody has spoken.' })
  if (pulse.elapsed_seconds >= pulse.max_call_duration * NEAR_LIMIT) {
    reasons.push({
      reason: 'length_over_limit',
      evidence: `Close to the limit of ${Math.round(pulse.max_call_duration / 60)} min.`,
    })
  }
  return reasons
}

const MEASURED: readonly AttentionReason[] = ['slow_replies', 'long_silence', 'length_over_limit']

/** Adds a reason that was said or happened, `is_urgent` above its usual level; a second time it only renews the evidence. */
export function raise(
  list: readonly AttentionRecord[],
  raised: {
    reason: AttentionReason
    evidence: string
    speaker: Speaker | null
    words: string[]
    is_urgent?: boolean
  },
  now: Date,
): AttentionRecord[] {
  const { is_urgent, ...said } = raised
  const before = list.find((item) => item.reason === raised.reason)
  const item: AttentionRecord = {
    level: is_urgent || before?.level === 3 ? 3 : LEVEL[raised.reason],
    ...said,
    since_at: before?.since_at ?? now,
  }
  return byUrgency([...list.filter((other) => other.reason !== raised.reason), item])
}

/** Replaces what measurements said before by what they say now. Returns the same list when nothing changed. */
export function measure(list: readonly AttentionRecord[], pulse: CallPulse, now: Date): readonly AttentionRecord[] {
  const measured = measuredReasons(pulse)
  const before = list.filter((item) => MEASURED.includes(item.reason))
  const same =
    before.length === measured.length &&
    measured.every((reason) => before.some((item) => item.reason === reason.reason))
  if (same) return list
  let next = list.filter((item) => !MEASURED.includes(item.reason))
  for (const reason of measured) {
    next = raise(
      next,
      { ...reason, speaker: null, words: [] },
      before.find((item) => item.reason === reason.reason)?.since_at ?? now,
    )
  }
  return next
}

function byUrgency(list: AttentionRecord[]): AttentionRecord[] {
  return list.sort((a, b) => b.level - a.level || a.since_at.getTime() - b.since_at.getTime())
}
