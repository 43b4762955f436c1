// Text that would be lost with the page. While there is any, leaving the page (reload, close) asks first.
import { useEffect } from 'react'
import { useActions } from './console-context.tsx'

export interface Unsaved {
  /** Says whether something named so waits to be saved. */
  set(id: string, is_unsaved: boolean): void
}

/** The page that is left; a browser's window, or a stand-in. */
type Leaving = Pick<Window, 'addEventListener' | 'removeEventListener'>

/**
 * What waits to be saved, by name. The page is watched only while something waits: a listener that is always there
 * keeps browsers from restoring the page at once.
 * @source HTML Standard, "beforeunload"
 */
export function createUnsaved(page: Leaving): Unsaved {
  const waiting = new Set<string>()
  const ask = (event: Event) => event.preventDefault()
  return {
    set(id, is_unsaved) {
      if (is_unsaved) waiting.add(id)
      else waiting.delete(id)
      if (waiting.size > 0) page.addEventListener('beforeunload', ask)
      else page.removeEventListener('beforeunload', ask)
    },
  }
}

const ofThisPage = () => createUnsaved(window)

/**
 * While the component is there and says so, leaving the page asks first.
 * @param id what is unsaved, of one name for each place where it is written
 * @source ours
 */
export function useUnsaved(id: string, is_unsaved: boolean): void {
  const unsaved = useActions(ofThisPage)
  useEffect(() => {
    unsaved.set(id, is_unsaved)
    return () => unsaved.set(id, false)
  }, [unsaved, id, is_unsaved])
}
