import { useMemo } from 'react'
import type { ContextVersion } from '../../../../shared/contract/context.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { useConsoleState } from '../../lib/console-context.tsx'
import { versionInForce } from '../../store/selectors.ts'
import type { CallDetail } from '../../store/state.ts'
import { layerInForce } from './layers.ts'

export interface ContextOfCall {
  detail: CallDetail
  versions: readonly ContextVersion[]
  /** The layer of the call that the model has. */
  in_force: JsonObject
  in_force_version: number
  /** The newest layer that was not refused: what one goes on from. */
  newest: JsonObject
  /** The version that layer belongs to. */
  standing_version: number
  /** The newest number given, also to a refused version: what the next override names as the one it saw. */
  newest_version: number
  pending: ContextVersion | null
}

const NONE: readonly ContextVersion[] = []

/** The context of an opened call; null until it was read. */
export function useContextOfCall(call_sid: string): ContextOfCall | null {
  const detail = useConsoleState((state) => state.details[call_sid])
  const versions = useConsoleState((state) => state.versions[call_sid]) ?? NONE
  const version = useConsoleState((state) => state.calls[call_sid]?.context_version ?? 0)
  return useMemo(() => {
    if (!detail) return null
    const in_force = layerInForce(detail.context, versions)
    const standing = versions.find((each) => each.state !== 'refused')
    const in_force_version = versionInForce(version, versions)
    return {
      detail,
      versions,
      in_force,
      in_force_version,
      newest: standing?.context_data ?? in_force,
      standing_version: standing?.version ?? in_force_version,
      newest_version: versions[0]?.version ?? version,
      pending: standing?.state === 'pending' ? standing : null,
    }
  }, [detail, versions, version])
}
