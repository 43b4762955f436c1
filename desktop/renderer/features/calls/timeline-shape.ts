// The drawing of a whole call: bars for the voices from the turns' milliseconds, gaps, tools, ticks. Pure.
import type { SpeechTurn, Turn } from '../../../../shared/contract/calls.ts'
import { SLOW_REPLY_MS } from './phase.ts'

/** Units across; the drawing is stretched to the width it has. */
export const WIDTH = 1_000
const STEP = 1.9
const UPPER = { base: 38, direction: -1 } as const
const LOWER = { base: 42, direction: 1 } as const

export interface Waves {
  caller: string
  agent: string
  supervisor: string
  unheard: string
}

/** How long words take that were never sent as sound, and how much of them is drawn. Milliseconds. @source ours, as the relay's score */
const UNHEARD_MS_PER_LETTER = 62
const UNHEARD_AT_MOST_MS = 6_000

/**
 * Paths of the voices. Where a voice stands is measured; how high its bars are is texture, the same for one turn.
 * @param total_ms what the whole width stands for
 * @param now_ms where a turn that goes on ends
 * @source design.md principle 2
 */
export function wavesOf(turns: readonly Turn[], total_ms: number, now_ms: number): Waves {
  const waves: Waves = { caller: '', agent: '', supervisor: '', unheard: '' }
  for (const [index, turn] of turns.entries()) {
    if (turn.kind !== 'speech') continue
    const to_ms = turn.ended_ms ?? now_ms
    waves[turn.speaker] += bars(turn, turn.started_ms, to_ms, total_ms)
    waves.unheard += bars(turn, to_ms, unheardTo(turns, index, to_ms), total_ms)
  }
  return waves
}

// What nobody heard follows where the voice was cut, until whoever answers speaks again.
function unheardTo(turns: readonly Turn[], index: number, from_ms: number): number {
  const turn = turns[index]
  if (turn?.kind !== 'speech' || !turn.is_final || turn.unheard_text === '') return from_ms
  const length_ms = Math.min(UNHEARD_AT_MOST_MS, turn.unheard_text.length * UNHEARD_MS_PER_LETTER)
  const next = turns.slice(index + 1).find((each) => each.kind === 'speech' && each.speaker !== 'caller')
  return Math.min(from_ms + length_ms, Math.max(from_ms, next?.started_ms ?? Number.POSITIVE_INFINITY))
}

function bars(turn: SpeechTurn, from_ms: number, to_ms: number, total_ms: number): string {
  const side = turn.speaker === 'caller' ? UPPER : LOWER
  if (to_ms <= from_ms) return ''
  const from = (from_ms / total_ms) * WIDTH
  const to = (to_ms / total_ms) * WIDTH
  const seed = seedOf(turn.turn_id)
  let path = ''
  for (let x = from, index = 0; x <= to; x += STEP, index += 1) {
    const height = 9 + 21 * noise(seed + index)
    path += `M${x.toFixed(1)} ${side.base}v${(side.direction * height).toFixed(1)}`
  }
  return path
}

function seedOf(text: string): number {
  let seed = 7
  for (const char of text) seed = (seed * 31 + char.charCodeAt(0)) % 100_003
  return seed
}

/** 0 to 1, the same for the same number. */
function noise(value: number): number {
  const wave = Math.sin(value * 12.9898) * 43_758.5453
  return wave - Math.floor(wave)
}

export interface Gap {
  turn_id: string
  /** Middle of the gap, 0 to 1. */
  at: number
  ms: number
  is_slow: boolean
}

/** The reply gaps worth a figure: every slow one, and the newest. Those that would lie on another are left out. @source design.md section 8, call */
export function gapsOf(turns: readonly Turn[], total_ms: number): Gap[] {
  const spoken = turns.filter((turn): turn is SpeechTurn => turn.kind === 'speech' && turn.reply_gap_ms !== null)
  const newest = spoken.at(-1)
  return spoken
    .filter((turn) => turn === newest || (turn.reply_gap_ms ?? 0) >= SLOW_REPLY_MS)
    .map((turn) => ({
      turn_id: turn.turn_id,
      at: Math.max(0, (turn.started_ms - (turn.reply_gap_ms ?? 0) / 2) / total_ms),
      ms: turn.reply_gap_ms ?? 0,
      is_slow: (turn.reply_gap_ms ?? 0) >= SLOW_REPLY_MS,
    }))
    .filter((gap, index, all) => index === 0 || gap.at - (all[index - 1]?.at ?? 0) > 0.03)
}

const TICK_STEPS_S = [10, 15, 30, 60, 120, 300, 600, 1_200, 1_800]

/** Clock marks below the drawing: at most nine. Milliseconds. @source design.md section 8, call */
export function ticksOf(total_ms: number): number[] {
  const step_ms = (TICK_STEPS_S.find((step) => total_ms / (step * 1000) <= 9) ?? 3_600) * 1000
  const ticks: number[] = []
  for (let at = step_ms; at < total_ms - step_ms * 0.3; at += step_ms) ticks.push(at)
  return ticks
}

export interface ReplyFigures {
  p50_ms: number | null
  p95_ms: number | null
  cut_off: number
}

/** How fast the agent answered and how often it was cut off, from what was said so far. @source contract/calls.ts, Quality */
export function figuresOf(turns: readonly Turn[]): ReplyFigures {
  const spoken = turns.filter((turn): turn is SpeechTurn => turn.kind === 'speech')
  const gaps = spoken.flatMap((turn) => turn.reply_gap_ms ?? []).sort((a, b) => a - b)
  const rank = (share: number) => gaps[Math.max(0, Math.ceil(gaps.length * share) - 1)] ?? null
  return {
    p50_ms: rank(0.5),
    p95_ms: rank(0.95),
    cut_off: spoken.filter((turn) => turn.speaker === 'agent' && turn.cut_off_by !== null).length,
  }
}
