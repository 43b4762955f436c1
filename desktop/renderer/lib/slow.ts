// A wait that is long enough to be spoken of.
import { useEffect, useState } from 'react'

/** An answer that is not there by then is missed by who waits for it. Source: Nielsen's limits of response times, 1 to 10 s. */
const MISSED_AFTER_MS = 2_000

/** Whether what is waited for has let one wait for so long that something must be said. @source ours */
export function useIsMissed(is_waiting: boolean): boolean {
  const [is_missed, setMissed] = useState(false)
  useEffect(() => {
    setMissed(false)
    if (!is_waiting) return
    const timer = setTimeout(() => setMissed(true), MISSED_AFTER_MS)
    return () => clearTimeout(timer)
  }, [is_waiting])
  return is_waiting && is_missed
}
