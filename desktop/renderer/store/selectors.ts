// What components read. Each selector returns what lies in the store, or a plain value, so that it is stable.
import type { Me } from '../../../shared/contract/access.ts'
import type { CallSummary } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { Permission } from '../../../shared/permissions.ts'
import type { ConsoleState } from './state.ts'
import { placedCalls } from './wall.ts'

export const selectMe = (state: ConsoleState): Me | null =>
  state.session.state === 'signed_in' ? state.session.me : null

/** Whose sign-in the relay ended, until somebody signs in. @source ours */
export const selectEnded = (state: ConsoleState): Me['user'] | null =>
  state.session.state === 'signed_out' ? state.session.ended : null

/** Who works in which tenant; the same while only roles change. @source ours */
export const selectWho = (state: ConsoleState): string => {
  const me = selectMe(state)
  return me ? `${me.user.id}/${me.tenant_id}` : ''
}

/** Whether the roles of who is signed in include a permission. @source permissions.ts */
export const may =
  (permission: Permission) =>
  (state: ConsoleState): boolean =>
    selectMe(state)?.permissions.includes(permission) ?? false

export const isLost = (state: ConsoleState): boolean => state.link.state === 'lost'
export const isLive = (call: CallSummary): boolean => call.ended_at === null
export const isRinging = (call: CallSummary): boolean =>
  isLive(call) && (call.live?.phase === 'ringing' || call.live?.phase === 'connecting')

/** Calls with a cell, as they stand. New on every call: memoise on `calls` and `wall`. @source ours */
export function callsOnWall(state: Pick<ConsoleState, 'calls' | 'wall'>): CallSummary[] {
  return placedCalls(state.wall).flatMap((call_sid) => state.calls[call_sid] ?? [])
}

/** The value below which 95 of 100 lie; null for none. @source nearest-rank method */
export function percentile95(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null
}

/** Reply gaps of the calls that are on. Milliseconds. @source contract/calls.ts, LiveState */
export function replyGaps(calls: readonly CallSummary[]): number[] {
  return calls.flatMap((call) => (isLive(call) ? (call.live?.reply_gap_ms ?? []) : []))
}

/**
 * The number of the version in force; 0 while every version still waits or was refused.
 * @param current the call's own count, which runs ahead of what the model has
 * @source contract/context.ts, ContextVersion
 */
export function versionInForce(current: number, versions: readonly ContextVersion[]): number {
  const applied = versions.find((version) => version.state === 'applied')
  if (applied) return applied.version
  const oldest = versions.at(-1)
  return oldest ? oldest.version - 1 : current
}
