// Keys of the console. Single letters act only outside fields and dialogs; those with Ctrl act everywhere.
import { useEffect, useRef } from 'react'

export type KeyMap = Record<string, (event: KeyboardEvent) => void>

/** Everything a key does, as the `?` sheet lists it. */
export const KEY_SHEET: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ['A'], does: 'Next call that needs you' },
  { keys: ['J', 'K'], does: 'Next and previous call on the wall' },
  { keys: ['↑', '↓', '←', '→'], does: 'Move on the wall' },
  { keys: ['Enter'], does: 'Open the selected call' },
  { keys: ['Esc'], does: 'Back, or clear the filter' },
  { keys: ['L'], does: 'Listen in, and stop' },
  { keys: ['E'], does: 'Edit the context of the call' },
  { keys: ['Ctrl', 'Enter'], does: 'Apply what you edited' },
  { keys: ['M'], does: 'Assign the selected numbers' },
  { keys: ['T'], does: 'Hours as a table, and as a chart' },
  { keys: ['/'], does: 'Filter' },
  { keys: ['Ctrl', 'K'], does: 'Find a call, agent or number' },
  { keys: ['Ctrl', '1…4'], does: 'Live, Numbers, Agents, Analytics' },
  { keys: ['?'], does: 'This sheet' },
]

/**
 * The name of a pressed key: `j`, `?`, `enter`, `ctrl+k`. Shift is part of the character itself.
 * @source desktop.md section 5c, "Keys"
 */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key.toLowerCase()
  if (event.altKey) return `alt+${key}`
  return event.ctrlKey || event.metaKey ? `ctrl+${key}` : key
}

/** Whether the event comes from a place that takes letters itself. @source design.md section 7 */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.matches('input, textarea, select, [contenteditable="true"]') || target.closest('.cm-editor') !== null
}

/** Held down, these go on. Any other key acts once: what it switches would be switched 15 times a second. */
const GOES_ON = new Set(['j', 'k', 'arrowup', 'arrowdown', 'arrowleft', 'arrowright'])

/** While the component is there, these keys act. The newest functions are used. */
export function useKeys(keys: KeyMap): void {
  const newest = useRef(keys)
  newest.current = keys
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return
      const name = keyName(event)
      const act = newest.current[name]
      if (!act) return
      const floats = document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null
      if (!name.startsWith('ctrl+') && (isTyping(event.target) || floats)) return
      if (name === 'enter' && event.target instanceof HTMLElement && event.target.matches('button, a, summary')) return
      event.preventDefault()
      if (!event.repeat || GOES_ON.has(name)) act(event)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}
