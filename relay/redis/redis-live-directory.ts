// The calls in progress over all relays: a hash a tenant, call -> the relay that has it and what the wall shows. Each
// relay keeps a pulse; entries of one without are left out and cleaned away. A relay's own calls come from its memory,
// so they are listed when Redis is away, and are put again when it is back. The listing is whole again when the others
// have had the time to do so, too.
import type { CallRef, Clock, LiveDirectory } from '../platform/ports.ts'
import { every } from './every.ts'
import type { RedisConnection } from './redis-connection.ts'
import { fromText, toText } from './redis-values.ts'

const PULSE_MS = 3_000
const PULSE_SECONDS = 10
/** A return of Redis is noticed by every relay within two seconds; then it puts its calls again. */
const ALL_BACK_MS = 3_000
/** Of a tenant nobody looks at, whose relays all died. */
const FORGOTTEN_SECONDS = 24 * 3600

const PUT = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])`

/** The next relay may have the call by now. */
const REMOVE = `
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if entry and string.sub(entry, 1, #ARGV[2]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`

/** ARGV what the key of a pulse begins with, the relay that asks. Its own entries it knows better. */
const LIST = `
local entries, alive, others = redis.call('HGETALL', KEYS[1]), {}, {}
for i = 1, #entries, 2 do
  local run = string.match(entries[i + 1], '^(%S+) ')
  if alive[run] == nil then alive[run] = redis.call('EXISTS', ARGV[1] .. run) == 1 end
  if not alive[run] then redis.call('HDEL', KEYS[1], entries[i])
  elseif run ~= ARGV[2] then others[#others + 1] = entries[i]; others[#others + 1] = entries[i + 1] end
end
return others`

export function redisLiveDirectory<Summary>(deps: { redis: RedisConnection; clock: Clock }): LiveDirectory<Summary> {
  const { redis, clock } = deps
  const own = new Map<string, { call: CallRef; summary: Summary }>()
  /** Removed here, and Redis has not heard of it. */
  const owed = new Map<string, CallRef>()
  /** On the clock that never jumps. */
  let whole_from_ms = 0
  const mark = `${redis.run_id} `
  const keyOf = (tenant_id: string): string => redis.keys.tenantKey(tenant_id, 'live')
  const pulseOf = (run_id: string): string => redis.keys.sharedKey('relay', run_id)

  async function put(call: CallRef, summary: Summary): Promise<void> {
    const args = [call.call_sid, mark + toText(summary), FORGOTTEN_SECONDS]
    // One that fails comes with the next, or when Redis is back.
    await redis.run(PUT, [keyOf(call.tenant_id)], args).catch(() => {})
  }
  async function remove(call: CallRef): Promise<void> {
    owed.set(nameOf(call), call)
    try {
      await redis.run(REMOVE, [keyOf(call.tenant_id)], [call.call_sid, mark])
      if (owed.get(nameOf(call)) === call) owed.delete(nameOf(call))
    } catch {
      // It stays owed.
    }
  }
  async function beat(): Promise<void> {
    try {
      const before = await redis.ask((commands) => commands.set(pulseOf(redis.run_id), '1', 'EX', PULSE_SECONDS, 'GET'))
      if (before === null) putAll()
    } catch {
      // Redis is away; its return is told.
    }
  }
  /** After a pause in the pulse others have cleaned our entries away. */
  function putAll(): void {
    for (const call of [...owed.values()]) void remove(call)
    for (const { call, summary } of own.values()) void put(call, summary)
  }

  const stopListening = redis.onChange((isUp) => {
    whole_from_ms = clock.monotonic_ms() + ALL_BACK_MS
    if (isUp) void beat().then(putAll)
  })
  const stopPulse = every(clock, PULSE_MS, () => void beat())
  void beat()
  redis.beforeClose(async () => {
    stopPulse()
    stopListening()
    await Promise.all([...own.values()].map(({ call }) => remove(call)))
    await redis.ask((commands) => commands.del(pulseOf(redis.run_id))).catch(() => {})
  })

  return {
    put({ tenant_id, call_sid }, summary) {
      const call = { tenant_id, call_sid }
      own.set(nameOf(call), { call, summary })
      owed.delete(nameOf(call))
      void put(call, summary)
    },
    remove({ tenant_id, call_sid }) {
      const call = { tenant_id, call_sid }
      own.delete(nameOf(call))
      void remove(call)
    },
    give(call) {
      // What is written stays until the other relay writes over it.
      own.delete(nameOf(call))
    },
    async list(tenant_id) {
      const summaries = new Map<string, Summary>()
      const args = [redis.keys.sharedKey('relay', ''), redis.run_id]
      const others = (await redis.run(LIST, [keyOf(tenant_id)], args).catch(() => null)) as string[] | null
      const fields = others ?? []
      for (let n = 0; n < fields.length; n += 2) {
        const entry = fields[n + 1]!
        summaries.set(fields[n]!, fromText<Summary>(entry.slice(entry.indexOf(' ') + 1)))
      }
      for (const { call, summary } of own.values()) {
        if (call.tenant_id === tenant_id) summaries.set(call.call_sid, summary)
      }
      const is_whole = others !== null && redis.isUp && clock.monotonic_ms() >= whole_from_ms
      return { summaries: [...summaries.values()], is_whole }
    },
  }
}

const nameOf = ({ tenant_id, call_sid }: CallRef): string => `${tenant_id} ${call_sid}`
