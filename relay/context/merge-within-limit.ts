// A patch may fit its limit and the context it is merged into may not: the whole is held to the rule of every context.
import { ContextData } from '../../shared/contract/agents.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { invalid } from '../platform/refused-fields.ts'
import { mergeContext } from './merge-context.ts'

/**
 * The context after a merge patch.
 * @throws RelayError BODY_TOO_LARGE, BODY_INVALID, naming the field `context` of the request
 * @source shared/contract/agents.ts, `ContextData`
 */
export function mergeWithinLimit(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = mergeContext(target, patch)
  const { error } = ContextData.safeParse(merged)
  if (!error) return merged
  throw invalid(['context'], error, (why) => `Merged with what is there already: ${why} Nothing was changed.`)
}
