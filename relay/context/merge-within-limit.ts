// A patch may fit its limit and the context it is merged into may not: the whole is held to the rule of every context.
import { ContextData } from '../../shared/contract/agents.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { RelayError } from '../platform/errors.ts'
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
  const isTooLarge = error.issues.some((issue) => issue.code === 'custom' && issue.params?.too_large === true)
  const errors = error.issues.map((issue) => ({
    pointer: `/${['context', ...issue.path].map(String).join('/')}`,
    detail: issue.message,
  }))
  const why = errors.map(({ detail }) => detail).join(' ')
  throw new RelayError(isTooLarge ? 'BODY_TOO_LARGE' : 'BODY_INVALID', {
    detail: `Merged with what is there already: ${why} Nothing was changed.`,
    errors,
  })
}
