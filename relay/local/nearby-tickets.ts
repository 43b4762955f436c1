// Tickets that are kept here and where relays share them: one that is used at the relay that made it, as most are, works
// while the shared place is away.
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { TicketStore } from '../platform/ports.ts'

/**
 * @param here of this process @param shared of all relays
 * @source ours: a caller must not be turned away because relays cannot talk to each other
 */
export function nearbyTickets<T>(
  here: TicketStore<{ value: T; is_shared: boolean }>,
  shared: TicketStore<T>,
  log: Pick<Logger, 'warn'>,
): TicketStore<T> {
  const away = (error: unknown): null => {
    log.warn('A ticket is known to this relay only', { error: messageOf(error) })
    return null
  }
  return {
    async put(ticket, value, ttl_seconds) {
      const is_shared = await shared.put(ticket, value, ttl_seconds).then(
        () => true,
        (error: unknown) => away(error) !== null,
      )
      await here.put(ticket, { value, is_shared }, ttl_seconds)
    },
    async take(ticket) {
      const near = await here.take(ticket)
      // What never came to the shared place can have been taken by nobody else.
      if (near && !near.is_shared) return near.value
      try {
        // Where both answer, the shared place decides: there another relay may have taken it.
        return await shared.take(ticket)
      } catch (error) {
        away(error)
        return near?.value ?? null
      }
    },
  }
}
