// The state that relays share, in one of two ways: the same ports, the same names. Part of the one composition root.
import type { Actor } from './access/actor.ts'
import type { CallAnswer, CallCommand, CallSummaryRecord, Farewell } from './live/live-calls.ts'
import { localCallBus } from './local/local-call-bus.ts'
import { localCallLeases } from './local/local-call-leases.ts'
import { localEventLog } from './local/local-event-log.ts'
import { localIdempotency } from './local/local-idempotency.ts'
import { localListenLines } from './local/local-listen-lines.ts'
import { localLiveDirectory } from './local/local-live-directory.ts'
import { localRateLimiter } from './local/local-rate-limiter.ts'
import { localSessions } from './local/local-sessions.ts'
import { localTickets } from './local/local-tickets.ts'
import { nearbyTickets } from './local/nearby-tickets.ts'
import type { Logger } from './platform/logger.ts'
import type { Clock, StreamTicket } from './platform/ports.ts'
import { redisCallBus } from './redis/redis-call-bus.ts'
import { redisCallLeases } from './redis/redis-call-leases.ts'
import type { RedisConnection } from './redis/redis-connection.ts'
import { redisEventLog } from './redis/redis-event-log.ts'
import { redisIdempotency } from './redis/redis-idempotency.ts'
import { redisListenLines } from './redis/redis-listen-lines.ts'
import { redisLiveDirectory } from './redis/redis-live-directory.ts'
import { redisRateLimiter } from './redis/redis-rate-limiter.ts'
import { redisSessions } from './redis/redis-sessions.ts'
import { redisTickets } from './redis/redis-tickets.ts'
import type { DocStore } from './store/doc-store.ts'

/** Inside this process: one relay. */
export function stateHere({ store, clock, log }: { store: DocStore; clock: Clock; log: Logger }) {
  return {
    events: localEventLog({ clock, log }),
    limiter: localRateLimiter(),
    leases: localCallLeases({ clock }),
    bus: localCallBus<CallCommand, CallAnswer>({ clock }),
    directory: localLiveDirectory<CallSummaryRecord>(),
    lines: localListenLines(),
    sessions: localSessions({ store, clock }),
    tickets: localTickets<Actor>({ clock }),
    streamTickets: localTickets<StreamTicket>({ clock }),
    farewells: localTickets<Farewell>({ clock }),
    answers: localIdempotency({ clock }),
  }
}

/** Across relays. */
export function stateInRedis(deps: {
  redis: RedisConnection
  clock: Clock
  log: Logger
}): ReturnType<typeof stateHere> {
  const { redis, clock, log } = deps
  return {
    events: redisEventLog({ redis, clock, log }),
    limiter: redisRateLimiter({ redis }),
    leases: redisCallLeases({ redis, clock, log }),
    bus: redisCallBus<CallCommand, CallAnswer>({ redis, clock }),
    directory: redisLiveDirectory<CallSummaryRecord>({ redis, clock }),
    lines: redisListenLines({ redis, clock }),
    sessions: redisSessions({ redis }),
    tickets: redisTickets<Actor>({ redis, kind: 'actor' }),
    streamTickets: nearbyTickets(localTickets({ clock }), redisTickets<StreamTicket>({ redis, kind: 'stream' }), log),
    farewells: redisTickets<Farewell>({ redis, kind: 'farewell' }),
    answers: redisIdempotency({ redis }),
  }
}
