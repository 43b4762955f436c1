// Tells a relay what became of a call: one request per event, each its own HTTP request, so they may come late,
// twice, in the wrong order or not at all (on demand). Nobody reads the answer.
import type { PhoneFaults } from './faults.ts'
import { rfc2822 } from './phone-ids.ts'

export type StatusEvent = 'initiated' | 'ringing' | 'answered' | 'completed'

export interface StatusTarget {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly events: readonly StatusEvent[]
}

export interface StatusCallbacks {
  /** @param params the call's base set and what belongs to this event */
  tell(event: StatusEvent, params: Record<string, string>): void
  /** Another target from now on. */
  retarget(target: StatusTarget | null): void
}

/**
 * The callbacks of one call, numbered from 0.
 * @param post sends one request; failures are its own affair
 * @throws never
 * @source Twilio, call resource, status callbacks
 */
export function createStatusCallbacks(
  initial: StatusTarget | null,
  faults: () => PhoneFaults,
  post: (target: StatusTarget, params: Record<string, string>) => void,
): StatusCallbacks {
  let target = initial
  let sequence = 0
  let heldBack: (() => void) | null = null
  const deliver = (to: StatusTarget, params: Record<string, string>) => {
    const { status_delay_ms = 0, status_duplicates = 0 } = faults()
    const send = () => {
      for (let copy = 0; copy <= status_duplicates; copy++) post(to, params)
    }
    if (status_delay_ms > 0) setTimeout(send, status_delay_ms).unref()
    else send()
  }
  return {
    tell(event, params) {
      if (!target?.events.includes(event)) return
      const to = target
      const numbered = {
        ...params,
        CallbackSource: 'call-progress-events',
        SequenceNumber: String(sequence++),
        Timestamp: rfc2822(new Date()),
      }
      if (faults().status_lost) return
      const send = () => deliver(to, numbered)
      // Reversed in pairs: the first of a pair waits for the second, or for the end.
      if (faults().status_reordered && !heldBack && event !== 'completed') {
        heldBack = send
        return
      }
      send()
      heldBack?.()
      heldBack = null
    },
    retarget(next) {
      target = next
    },
  }
}
