// One-time values inside one process: the first to take one has it. Source of the port: platform/ports.ts.
import type { Clock, TicketStore } from '../platform/ports.ts'

export function localTickets<T>({ clock }: { clock: Clock }): TicketStore<T> {
  const tickets = new Map<string, { value: T; over_at_ms: number }>()
  const sweep = () => {
    for (const [ticket, { over_at_ms }] of tickets) if (over_at_ms <= clock.monotonic_ms()) tickets.delete(ticket)
  }
  return {
    async put(ticket, value, ttl_seconds) {
      sweep()
      tickets.set(ticket, { value, over_at_ms: clock.monotonic_ms() + ttl_seconds * 1000 })
    },
    async take(ticket) {
      const known = tickets.get(ticket)
      tickets.delete(ticket)
      return known && known.over_at_ms > clock.monotonic_ms() ? known.value : null
    },
  }
}
