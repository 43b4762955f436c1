// The one polite live region: attention changes only, one message in five seconds.
import { useEffect, useRef, useState } from 'react'

const EVERY_MS = 5_000

export function LiveRegion({ message }: { message: string }) {
  const [said, setSaid] = useState('')
  const last = useRef(0)
  useEffect(() => {
    if (message === '') return
    const wait = Math.max(0, last.current + EVERY_MS - performance.now())
    const timer = setTimeout(() => {
      last.current = performance.now()
      setSaid(message)
    }, wait)
    return () => clearTimeout(timer)
  }, [message])
  return (
    <p className="sr-only" role="status" aria-live="polite">
      {said}
    </p>
  )
}
