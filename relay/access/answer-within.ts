// What is asked for the sake of an answer, and not waited for when it is late.
import type { Clock } from '../platform/ports.ts'

/** @returns null when the answer failed, or has not come after so many milliseconds; never rejects */
export function answerWithin<T>(clock: Clock, ms: number, answer: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const late = clock.setTimeout(() => resolve(null), ms)
    void answer.then(resolve, () => resolve(null)).finally(() => late.cancel())
  })
}
