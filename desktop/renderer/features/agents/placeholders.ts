// The {placeholders} of a prompt and which layer fills each of them. Pure.
import type { Json, JsonObject } from '../../../../shared/primitives.ts'

export interface Placeholder {
  name: string
  from: number
  to: number
  /** `call`: the tenant or the agent names it and leaves it empty, so a call brings it. Null: unknown. */
  layer: 'business' | 'agent' | 'call' | null
}

const PLACEHOLDER = /\{([A-Za-z_][\w.]*)\}/g

/**
 * Every placeholder with its place, in order.
 * @source product text, "renders the prompt's {placeholders}"
 */
export function placeholdersIn(prompt: string, business: JsonObject, agent: JsonObject): Placeholder[] {
  return [...prompt.matchAll(PLACEHOLDER)].map((match) => {
    const name = match[1] ?? ''
    return { name, from: match.index, to: match.index + match[0].length, layer: layerOf(name, business, agent) }
  })
}

function layerOf(name: string, business: JsonObject, agent: JsonObject): Placeholder['layer'] {
  const own = valueAt(agent, name)
  const value = own ?? valueAt(business, name)
  if (value === undefined && own === undefined) return null
  if (value === '' || value === null || value === undefined) return 'call'
  return own === undefined ? 'business' : 'agent'
}

/** Names that no context has, each once: a call would hear the braces. @source design.md section 4, prompt */
export function unknownIn(text: string, business: JsonObject, agent: JsonObject): string[] {
  const unknown = placeholdersIn(text, business, agent).filter((each) => each.layer === null)
  return [...new Set(unknown.map((each) => each.name))]
}

/** `{promise} and {survey_url} are in no context.` @source design.md section 4, prompt */
export function unknownWords(names: readonly string[]): string {
  const list = new Intl.ListFormat('en-US').format(names.map((name) => `{${name}}`))
  return `${list} ${names.length === 1 ? 'is' : 'are'} in no context.`
}

/** A name of the tenant's own context, to show what a placeholder is. @source ours */
export function exampleOf(business: JsonObject): string | null {
  return Object.entries(business).find(([, value]) => typeof value === 'string' && value !== '')?.[0] ?? null
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

function valueAt(context: JsonObject, name: string): Json | undefined {
  let at: Json | undefined = context
  for (const key of name.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined
    at = at[key]
  }
  return at
}
