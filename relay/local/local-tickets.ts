// One-time values inside one process: the first to take one has it. Source of the port: platform/ports.ts.
import type { Clock, TicketStore } from '../platform/ports.ts'
import { expiringMap } from './expiring-map.ts'

export function localTickets<T>({ clock }: { clock: Clock }): TicketStore<T> {
  const tickets = expiringMap<T>(clock)
  return {
    async put(ticket, value, ttl_seconds) {
      tickets.set(ticket, value, ttl_seconds)
    },
    async take(ticket) {
      const value = tickets.get(ticket)
      tickets.delete(ticket)
      return value ?? null
    },
  }
}
