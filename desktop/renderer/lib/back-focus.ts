// Where the focus was before something floated over the page. Radix gives it back to a trigger, and what a key or a
// menu opened has none: the focus would fall to the page itself, and the next Tab would begin at its top.
import { useState } from 'react'

/**
 * Remembers what has the focus when the component first comes.
 * @returns for `onCloseAutoFocus`: focuses it again, or the place that is given instead
 * @source WAI-ARIA Authoring Practices, "Dialog (Modal) Pattern"
 */
export function useBackFocus(): (closing: Event, instead?: HTMLElement | null) => void {
  const [before] = useState(() => staying(document.activeElement))
  return (closing, instead) => {
    closing.preventDefault()
    const at = document.activeElement
    // Where closing leads to another screen, that one may have taken the focus already.
    const is_taken = at !== null && at !== document.body && at.isConnected
    if (instead) instead.focus()
    else if (!is_taken && before instanceof HTMLElement) before.focus()
  }
}

// A menu goes when one of its items opens a dialog; the button it belongs to stays.
function staying(focused: Element | null): Element | null {
  const button_id = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby')
  return button_id ? document.getElementById(button_id) : focused
}
