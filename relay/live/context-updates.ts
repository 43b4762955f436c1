// One hazard, one file: only one change of instructions is in flight, because its answer does not say which it is about.
// Pure. What comes meanwhile goes as one newer change; each version ends applied or refused. Rule L8.
import type { CallEffect } from './call-events.ts'

export interface ContextUpdates {
  /** What the session has. */
  readonly applied: number
  /** The newest version there is. */
  readonly wanted: number
  readonly in_flight: number | null
  /** Speak about this version as soon as the session has it. */
  readonly speak_about: number | null
}
export const NO_UPDATES: ContextUpdates = { applied: 0, wanted: 0, in_flight: null, speak_about: null }

/** `speak`: the agent is to speak about what the session has now. */
export interface ContextStep {
  context: ContextUpdates
  effects: CallEffect[]
  speak: boolean
}

/** @param can_send the session is there */
export function sendNewest(context: ContextUpdates, can_send: boolean): ContextStep {
  if (!can_send || context.in_flight !== null || context.wanted <= context.applied)
    return { context, effects: [], speak: false }
  return send(context, context.wanted)
}

export function override(
  context: ContextUpdates,
  { version, speak_now }: { version: number; speak_now: boolean },
  can_send: boolean,
): ContextStep {
  const wanted = Math.max(context.wanted, version)
  const speak_about = speak_now ? version : context.speak_about
  return sendNewest({ ...context, wanted, speak_about }, can_send)
}

/** The session began with this version: what is in its first settings needs no word of its own. */
export function begunWith(context: ContextUpdates, version: number): ContextStep {
  const speak_about = context.speak_about !== null && context.speak_about <= version ? null : context.speak_about
  const effects: CallEffect[] = version > 0 ? [{ type: 'context_applied', version }] : []
  return { context: { ...context, applied: version, speak_about }, effects, speak: false }
}

export function confirm(context: ContextUpdates, version: number, can_send: boolean): ContextStep {
  // The version before, sent again after one that was not acknowledged.
  if (version <= context.applied) return settle(context, [], can_send)
  const { speak_about } = context
  const speak = speak_about !== null && version >= speak_about
  const applied = { ...context, applied: version, speak_about: speak ? null : speak_about }
  return { ...settle(applied, [{ type: 'context_applied', version }], can_send), speak }
}

export function refuse(context: ContextUpdates, version: number, reason: string, can_send: boolean): ContextStep {
  if (version <= context.applied) return settle(context, [{ type: 'report_trouble', text: reason }], can_send)
  const wanted = context.wanted === version ? context.applied : context.wanted
  // A newer version still has its word to come.
  const speak_about = (context.speak_about ?? 0) > version ? context.speak_about : null
  return settle({ ...context, wanted, speak_about }, [{ type: 'context_refused', version, reason }], can_send)
}

/** Refused for us, but the session may still take it: so it is given the version before once more. */
export function unanswered(context: ContextUpdates, can_send: boolean): ContextStep {
  const { in_flight, applied } = context
  if (in_flight === null) return { context, effects: [], speak: false }
  const refused = refuse(context, in_flight, 'The realtime session did not acknowledge it in time.', can_send)
  if (in_flight <= applied || refused.context.in_flight !== null) return refused
  const again = send(refused.context, applied)
  return { ...again, effects: [...refused.effects, ...again.effects] }
}

/** Nothing is in flight any more; the newest version goes next. */
function settle(context: ContextUpdates, effects: CallEffect[], can_send: boolean): ContextStep {
  const next = sendNewest({ ...context, in_flight: null }, can_send)
  return { ...next, effects: [{ type: 'stop_timer', timer: 'instructions' }, ...effects, ...next.effects] }
}

const send = (context: ContextUpdates, version: number): ContextStep => ({
  context: { ...context, in_flight: version },
  effects: [
    { type: 'update_instructions', version },
    { type: 'start_timer', timer: 'instructions' },
  ],
  speak: false,
})
