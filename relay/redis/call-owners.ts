// Which relay has a call: a key that its owner renews, so it goes by itself when the owner dies and comes back when
// Redis lost it. The newest claim wins.
import type { CallRef, Clock } from '../platform/ports.ts'
import { every } from './every.ts'
import type { RedisConnection } from './redis-connection.ts'

const OWNED_MS = 10_000
const RENEWED_MS = 3_000
const KEYS_A_SCRIPT = 500

const RENEW = `
for _, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  if not owner or owner == ARGV[1] then redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
end`
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

export interface CallOwners {
  claim(call: CallRef): void
  release(call: CallRef): Promise<void>
  keyOf(call: CallRef): string
}

/** @param kind calls are owned apart for each use */
export function callOwners(redis: RedisConnection, clock: Clock, kind: string): CallOwners {
  const owned = new Set<string>()
  const keyOf = ({ tenant_id, call_sid }: CallRef): string => redis.keys.tenantKey(tenant_id, 'call', call_sid, kind)

  async function release(key: string): Promise<void> {
    owned.delete(key)
    // One that Redis does not hear of is over within seconds.
    await redis.run(RELEASE, [key], [redis.run_id]).catch(() => {})
  }
  function renew(): void {
    const keys = [...owned]
    for (let from = 0; from < keys.length; from += KEYS_A_SCRIPT) {
      // One that fails is renewed by the next, or when Redis is back.
      redis.run(RENEW, keys.slice(from, from + KEYS_A_SCRIPT), [redis.run_id, OWNED_MS]).catch(() => {})
    }
  }
  const stopRenewing = every(clock, RENEWED_MS, renew)
  const stopListening = redis.onChange((isUp) => {
    if (isUp) renew()
  })
  redis.beforeClose(async () => {
    stopRenewing()
    stopListening()
    await Promise.all([...owned].map(release))
  })

  return {
    keyOf,
    claim(call) {
      const key = keyOf(call)
      owned.add(key)
      redis.ask((commands) => commands.set(key, redis.run_id, 'PX', OWNED_MS)).catch(() => {})
    },
    release: (call) => release(keyOf(call)),
  }
}
