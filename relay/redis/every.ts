// Something done again and again until it is stopped, by the relay's clock.
import type { Clock } from '../platform/ports.ts'

export function every(clock: Clock, ms: number, run: () => void): () => void {
  let timer = clock.setTimeout(again, ms)
  let isStopped = false
  function again(): void {
    run()
    if (!isStopped) timer = clock.setTimeout(again, ms)
  }
  return () => {
    isStopped = true
    timer.cancel()
  }
}
