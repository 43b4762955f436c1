// What is written on a screen and not saved yet, by tenant and place: leaving the screen throws nothing away. It lasts
// until one signs out. Pure.

/** Each place alone knows the form of what it keeps: `agents/ag_…`, `numbers`. */
export type WorkDrafts = Readonly<Record<string, unknown>>

/** @source ours */
export const workKey = (tenant_id: string | null, place: string): string => `${tenant_id ?? ''}/${place}`

/** The drafts with one put in, or taken out when it is null; the same ones where that changes nothing. @source ours */
export function withDraft<T>(
  drafts: Readonly<Record<string, T>>,
  key: string,
  draft: T | null,
): Readonly<Record<string, T>> {
  if (draft !== null) return drafts[key] === draft ? drafts : { ...drafts, [key]: draft }
  if (!(key in drafts)) return drafts
  const { [key]: _gone, ...rest } = drafts
  return rest
}
