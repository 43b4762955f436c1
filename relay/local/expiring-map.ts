// Values that are over after a while, inside one process. Nothing runs in the background: what is over is not seen, and
// is swept out when the map has doubled since the last time.
import type { Clock } from '../platform/ports.ts'

export interface ExpiringMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V, ttl_seconds: number): void
  delete(key: string): void
}

const FIRST_SWEEP_SIZE = 1_000

export function expiringMap<V>(clock: Clock): ExpiringMap<V> {
  const entries = new Map<string, { value: V; over_at_ms: number }>()
  let sweep_size = FIRST_SWEEP_SIZE
  const sweep = (): void => {
    for (const [key, { over_at_ms }] of entries) if (over_at_ms <= clock.monotonic_ms()) entries.delete(key)
    sweep_size = Math.max(FIRST_SWEEP_SIZE, entries.size * 2)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      return entry !== undefined && entry.over_at_ms > clock.monotonic_ms() ? entry.value : undefined
    },
    set(key, value, ttl_seconds) {
      if (entries.size >= sweep_size) sweep()
      entries.set(key, { value, over_at_ms: clock.monotonic_ms() + ttl_seconds * 1000 })
    },
    delete: (key) => void entries.delete(key),
  }
}
