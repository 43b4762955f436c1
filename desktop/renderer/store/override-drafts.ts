// Overrides that are being written, by tenant and call: leaving a call's screen throws away nothing that was typed. They
// last until one signs out, and while the call may take them. Pure.
import type { JsonObject } from '../../../shared/primitives.ts'
import { withDraft } from './work-drafts.ts'

export interface OverrideDraft {
  text: string
  reason: string
  speak_now: boolean
  /** What the text started from. */
  base: { context: JsonObject; version: number }
}
export type OverrideDrafts = Readonly<Record<string, OverrideDraft>>

export const draftKey = (tenant_id: string, call_sid: string): string => `${tenant_id}/${call_sid}`

/**
 * The drafts of a tenant less those of calls that are not in sight any more.
 * @param calls those of the tenant that are
 * @source ours
 */
export function onlyOfCalls(
  drafts: OverrideDrafts,
  tenant_id: string,
  calls: Readonly<Record<string, unknown>>,
): OverrideDrafts {
  const gone = Object.keys(drafts).filter((key) => {
    const [of, call_sid = ''] = key.split('/')
    return of === tenant_id && !(call_sid in calls)
  })
  return gone.reduce((rest, key) => withDraft(rest, key, null), drafts)
}
