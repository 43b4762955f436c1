// The {placeholders} of a prompt and which layer fills each of them. Pure.
import type { Json, JsonObject } from '../../../../shared/primitives.ts'

export interface Placeholder {
  name: string
  from: number
  to: number
  /** Null: neither the business nor the agent has it, so only a call's own context can. */
  layer: 'business' | 'agent' | null
}

const PLACEHOLDER = /\{([A-Za-z_][\w.]*)\}/g

/**
 * Every placeholder with its place, in order.
 * @source product text, "renders the prompt's {placeholders}"
 */
export function placeholdersIn(prompt: string, business: JsonObject, agent: JsonObject): Placeholder[] {
  return [...prompt.matchAll(PLACEHOLDER)].map((match) => {
    const name = match[1] ?? ''
    const layer = has(agent, name) ? 'agent' : has(business, name) ? 'business' : null
    return { name, from: match.index, to: match.index + match[0].length, layer }
  })
}

/** Names that no layer of the tenant or the agent fills, each once. @source design.md section 4, prompt */
export function unfilled(placeholders: readonly Placeholder[]): string[] {
  return [...new Set(placeholders.filter((each) => each.layer === null).map((each) => each.name))]
}

/** The agent's layer with every name in it, empty where it was not there. @source design.md section 4, prompt */
export function withNames(context: JsonObject, names: readonly string[]): JsonObject {
  return names.reduce((at, name) => withName(at, name.split('.')), context)
}

function withName(context: JsonObject, [key = '', ...rest]: readonly string[]): JsonObject {
  if (rest.length === 0) return Object.hasOwn(context, key) ? context : { ...context, [key]: '' }
  const inner = context[key]
  const is_object = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  return { ...context, [key]: withName(is_object ? inner : {}, rest) }
}

function has(context: JsonObject, name: string): boolean {
  let at: Json | undefined = context
  for (const key of name.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return false
    at = at[key]
  }
  // The relay fills nothing with null.
  return at !== undefined && at !== null
}
