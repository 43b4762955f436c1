// What came of all that was sent: lost, doubled, out of order. By the numbers of the pieces, not by their sound.

/** What came of one call at one of its ends. */
export interface Arrivals {
  call: number
  count: number
  /** Pieces that came twice. */
  doubled: number
  /** Pieces that came after one with a higher number. */
  disordered: number
  /** Pieces of another call. */
  crossed: number
  /** The number of the first piece. */
  first: number
}

export interface Sent {
  call: number
  count: number
}
export interface Losses {
  sent: number
  lost: number
  /** Of those, what was sent before the first that arrived. */
  lost_at_start: number
  doubled: number
  disordered: number
  crossed: number
}

/** A call that nothing came of lost all that was sent in it. */
export function lossesOf(sent: Sent[], arrivals: Arrivals[]): Losses {
  const losses: Losses = { sent: 0, lost: 0, lost_at_start: 0, doubled: 0, disordered: 0, crossed: 0 }
  const arrived = new Map<number, number>()
  for (const { call, count, first, doubled, disordered, crossed } of arrivals) {
    arrived.set(call, (arrived.get(call) ?? 0) + count)
    losses.lost_at_start += Math.max(0, first - 1)
    losses.doubled += doubled
    losses.disordered += disordered
    losses.crossed += crossed
  }
  for (const { call, count } of sent) {
    losses.sent += count
    losses.lost += Math.max(0, count - (arrived.get(call) ?? 0))
  }
  return losses
}

export interface Moment {
  call: number
  at_us: number
}

/** @returns from each start of speech to the first clear of the same call before its next start, in microseconds */
export function clearDelays(starts: Moment[], clears: Moment[]): { delays_us: number[]; missing: number } {
  const delays_us: number[] = []
  let missing = 0
  const clearsOf = groupByCall(clears)
  for (const [call, ofCall] of groupByCall(starts)) {
    const times = ofCall.map(({ at_us }) => at_us).sort((a, b) => a - b)
    const found = (clearsOf.get(call) ?? []).map(({ at_us }) => at_us).sort((a, b) => a - b)
    for (const [index, start] of times.entries()) {
      const until = times[index + 1] ?? Number.POSITIVE_INFINITY
      const clear = found.find((at_us) => at_us >= start && at_us < until)
      if (clear === undefined) missing++
      else delays_us.push(clear - start)
    }
  }
  return { delays_us, missing }
}

function groupByCall(moments: Moment[]): Map<number, Moment[]> {
  const groups = new Map<number, Moment[]>()
  for (const moment of moments) {
    const group = groups.get(moment.call)
    if (group) group.push(moment)
    else groups.set(moment.call, [moment])
  }
  return groups
}
