// One-time values in Redis: the first relay to take one has it. Only a hash of the ticket lies there.
import type { TicketStore } from '../platform/ports.ts'
import type { RedisConnection } from './redis-connection.ts'
import { hashOf } from './redis-keys.ts'
import { fromText, toText } from './redis-values.ts'

/** @param kind keeps tickets of one sort from opening another door */
export function redisTickets<T>({ redis, kind }: { redis: RedisConnection; kind: string }): TicketStore<T> {
  const keyOf = (ticket: string): string => redis.keys.sharedKey('ticket', kind, hashOf(ticket))
  return {
    async put(ticket, value, ttl_seconds) {
      await redis.ask((commands) => commands.set(keyOf(ticket), toText(value), 'EX', ttl_seconds))
    },
    async take(ticket) {
      const text = await redis.ask((commands) => commands.getdel(keyOf(ticket)))
      return text === null ? null : fromText<T>(text)
    },
  }
}
