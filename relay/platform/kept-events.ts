// How much an event log keeps of a tenant for consoles that come back, and what an event weighs.
import type { RelayEvent } from '../../shared/events.ts'

/** About an hour of a busy tenant. */
export const EVENTS_KEPT = 10_000
/**
 * So many usual events (some 600 bytes) are 6 MB and are kept by their count. Large ones, with a prompt or a context in
 * them, may be 0.6 MB, and ten thousand of those no machine can hold: a hundred busy tenants take 0.8 GB at most.
 */
export const EVENTS_KEPT_BYTES = 8 * 1024 * 1024
/** Of what a console has missed, so much is read at a time: half of what is written ahead of it (wire-queue.ts). */
export const EVENTS_PAGE_BYTES = 128 * 1024

/** Written out once, for the log that weighs it and for all consoles that get it. */
const texts = new WeakMap<RelayEvent, string>()

/** The event as it is on the wire: JSON. */
export function textOf(event: RelayEvent): string {
  const known = texts.get(event)
  if (known) return known
  const text = JSON.stringify(event)
  texts.set(event, text)
  return text
}
