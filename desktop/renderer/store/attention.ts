// Which call needs a person, and in which order. Pure. The lane is fixed at the left; the wall never re-sorts.
import type { Attention, CallSummary } from '../../../shared/contract/calls.ts'

/** One thing that needs a person: a call, or many calls with one cause. */
export type LaneItem =
  | { kind: 'call'; id: string; attention: Attention; call: CallSummary }
  | { kind: 'incident'; id: string; attention: Attention; calls: CallSummary[]; waiting: number }

export interface Lane {
  /** Level 2 and 3, most urgent first. */
  needs: LaneItem[]
  /** Level 1. */
  watch: { attention: Attention; call: CallSummary }[]
  /** The incident a call is part of, by call_sid. */
  incident_of: ReadonlyMap<string, string>
}

/** As many calls with one cause are one incident. Source: design.md principle 6; desktop.md 5b (EEMUA 191). */
const INCIDENT_FROM = 3

/**
 * What a person should look at, most urgent first: higher level, then the longest wait, then the older call.
 * @param calls live calls in any order
 * @source design.md sections 1 and 4; desktop.md 5b
 */
export function laneOf(calls: readonly CallSummary[]): Lane {
  const marked = calls.flatMap((call) => {
    const attention = worst(call)
    return attention && !call.ended_at ? [{ call, attention }] : []
  })
  const watch = marked.filter(({ attention }) => attention.level === 1)
  const causes = groupBy(
    marked.filter(({ attention }) => attention.level >= 2),
    ({ call, attention }) => causeOf(call, attention) ?? call.call_sid,
  )
  const items = [...causes].flatMap(([cause, members]) =>
    members.length >= INCIDENT_FROM
      ? [incident(cause, members)]
      : members.map(({ call, attention }): LaneItem => ({ kind: 'call', id: call.call_sid, attention, call })),
  )
  return {
    needs: items.sort((a, b) => byUrgency(a.attention, b.attention, a.id, b.id)),
    watch: watch.sort((a, b) => byUrgency(a.attention, b.attention, a.call.call_sid, b.call.call_sid)),
    incident_of: membership(items),
  }
}

/** The attention of a call that counts: the highest level, then the oldest. @source design.md section 4 */
export function worst(call: CallSummary): Attention | null {
  const attention = call.live?.attention ?? []
  return attention.reduce<Attention | null>(
    (top, next) =>
      next.level === 0 ||
      (top && (top.level > next.level || (top.level === next.level && top.since_at <= next.since_at)))
        ? top
        : next,
    null,
  )
}

/** The call after `call_sid` that needs a person; the first one when it is not among them. @source desktop.md 5c, key A */
export function nextNeeded(lane: Lane, call_sid: string | null): string | null {
  const ids = lane.needs.flatMap((item) =>
    item.kind === 'call' ? [item.id] : item.calls.slice(0, 1).map((call) => call.call_sid),
  )
  if (ids.length === 0) return null
  return ids[(ids.indexOf(call_sid ?? '') + 1) % ids.length] ?? null
}

// One cause: a failing tool of one agent with one and the same fault.
function causeOf(call: CallSummary, attention: Attention): string | null {
  return attention.reason === 'tool_failing' ? `${call.agent_id}|${attention.evidence}` : null
}

function incident(cause: string, members: { call: CallSummary; attention: Attention }[]): LaneItem {
  const oldest = members.reduce((a, b) => (a.attention.since_at <= b.attention.since_at ? a : b))
  const level = members.some(({ attention }) => attention.level === 3) ? 3 : 2
  return {
    kind: 'incident',
    id: cause,
    attention: { ...oldest.attention, level },
    calls: members.map(({ call }) => call),
    waiting: members.filter(({ call }) => call.live?.phase === 'tool_running').length,
  }
}

function membership(items: readonly LaneItem[]): ReadonlyMap<string, string> {
  return new Map(
    items.flatMap((item) =>
      item.kind === 'incident' ? item.calls.map((call) => [call.call_sid, item.id] as const) : [],
    ),
  )
}

function byUrgency(a: Attention, b: Attention, id_a: string, id_b: string): number {
  return b.level - a.level || a.since_at.localeCompare(b.since_at) || id_a.localeCompare(id_b)
}

// Map.groupBy is younger than the oldest engine we run in (Chromium 114).
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}
