// What is told floats above the verbs at the foot of a screen, however many lines stand there.
import type { RefObject } from 'react'
import { useEffect, useRef } from 'react'

/** Marks the foot that is kept clear of what is told. @source design.md section 4, toast */
export function useVerbsHeight<E extends HTMLElement>(): RefObject<E | null> {
  const place = useRef<E>(null)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const root = document.documentElement.style
    const observer = new ResizeObserver(() => root.setProperty('--verbs-h', `${element.offsetHeight}px`))
    observer.observe(element)
    return () => {
      observer.disconnect()
      root.removeProperty('--verbs-h')
    }
  }, [])
  return place
}
