// The clock that components see. It stops when the link is lost: an age that goes on counting would claim that
// nothing happened since.
export interface Ticker {
  /** Epoch milliseconds of the moment shown. */
  shown(): number
  /** Epoch milliseconds now, link or not. */
  real(): number
  subscribe(listener: () => void): () => void
}

export interface TickerPorts {
  now(): number
  /** The moment at which time stands still, or null while it goes on. Epoch milliseconds. */
  frozenAt(): number | null
  setInterval(run: () => void, ms: number): unknown
  clearInterval(timer: unknown): void
}

/** Listeners are told this often; what needs less rounds the time. */
const TICK_MS = 200

/**
 * A ticker that runs while somebody listens.
 * @source design.md principle 8
 */
export function createTicker(ports: TickerPorts): Ticker {
  const listeners = new Set<() => void>()
  let timer: unknown = null
  return {
    shown: () => ports.frozenAt() ?? ports.now(),
    real: () => ports.now(),
    subscribe(listener) {
      listeners.add(listener)
      timer ??= ports.setInterval(() => {
        for (const each of listeners) each()
      }, TICK_MS)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0 || timer === null) return
        ports.clearInterval(timer)
        timer = null
      }
    },
  }
}
