import { useConsoleState } from '../../lib/console-context.tsx'
import { useUnsaved } from '../../lib/unsaved.ts'

/** While an override of any call is half written, leaving the page asks first, on whichever screen one is. */
export function UnsavedOverrides() {
  const is_written = useConsoleState((state) => Object.keys(state.overrides).length > 0)
  useUnsaved('overrides', is_written)
  return null
}
