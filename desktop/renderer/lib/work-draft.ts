// Keeps what is written on a screen while one looks at another one.
import { useCallback } from 'react'
import { selectMe } from '../store/selectors.ts'
import { withDraft, workKey } from '../store/work-drafts.ts'
import { useConsole, useConsoleState } from './console-context.tsx'

/**
 * The draft of a place, within the tenant one works in.
 * @param place its name, and what it is about: nobody else keeps anything there
 * @returns the draft, null for none; and what keeps another one, or drops it with null
 * @source ours
 */
export function useWorkDraft<T>(place: string): readonly [T | null, (draft: T | null) => void] {
  const { store } = useConsole()
  const tenant_id = useConsoleState((state) => selectMe(state)?.tenant_id ?? null)
  const key = workKey(tenant_id, place)
  const draft = useConsoleState((state) => state.drafts[key] ?? null)
  const keep = useCallback(
    (next: T | null) => {
      // Who is signed out by now, or in another tenant, keeps nothing here.
      if (selectMe(store.getState())?.tenant_id !== tenant_id) return
      store.setState((state) => ({ drafts: withDraft(state.drafts, key, next) }))
    },
    [store, key, tenant_id],
  )
  return [draft as T | null, keep]
}
