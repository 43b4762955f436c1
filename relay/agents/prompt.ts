// From an agent and its context to the instructions of a realtime session. Pure: a live override renders again.
import type { Json, JsonObject } from '../../shared/primitives.ts'

export interface PromptLayers {
  business: JsonObject
  agent: JsonObject
  call: JsonObject
}
export interface PromptAgent {
  name: string
  system_prompt: string
}

/** The context in force: the call's layer over the agent's over the business's, whole values at the top level. */
export function contextInForce(layers: PromptLayers): JsonObject {
  return mergeObjects(mergeObjects(layers.business, layers.agent), layers.call)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mergeObjects(below: JsonObject, above: JsonObject): JsonObject {
  const merged: JsonObject = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key]
    merged[key] = isObject(under) && isObject(value) ? mergeObjects(under, value) : value
  }
  return merged
}

/** The value at a dotted path, or undefined. */
export function valueAt(context: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = context
  for (const key of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

const PLACEHOLDER = /\{([a-zA-Z_][\w.]*)\}/g

/** Placeholders of a prompt that no layer fills, each once. */
export function unknownPlaceholders(prompt: string, context: JsonObject): string[] {
  const names = [...prompt.matchAll(PLACEHOLDER)].map((match) => match[1] as string)
  return [...new Set(names.filter((name) => valueAt(context, name) === undefined))]
}

/** Fills `{dotted.path}` from the context; one that is unknown stays as it stands, so that nobody is told "undefined". */
export function fillPlaceholders(text: string, context: JsonObject): string {
  return text.replace(PLACEHOLDER, (whole, path: string) => {
    const value = valueAt(context, path)
    if (value === undefined || value === null) return whole
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

const HOUSE_RULES = `You are on a telephone call. Speak in short, natural sentences, one question at a time.
Facts come from the context below; where it is silent, say that you do not know and offer to find out.
The context may change during the call. The newest context is always the truth, also over what you said before.
When the caller asks for a person, is in distress, or you cannot help, call the tool "escalate".
When the matter is finished and goodbyes are said, call the tool "end_call" with the outcome.`

/**
 * The instructions of a realtime session: prompt, house rules, context in force.
 * @returns text; `escalation_rules` are acted on by the relay and are left out of what the model reads
 * @source product text, "The call"
 */
export function renderInstructions(agent: PromptAgent, layers: PromptLayers): string {
  const { escalation_rules: _acted_on, ...context } = contextInForce(layers)
  const prompt = fillPlaceholders(agent.system_prompt, context)
  return `${prompt}\n\n${HOUSE_RULES}\n\nYour name on this line is "${agent.name}".\n\nContext (JSON):\n${JSON.stringify(context, null, 2)}`
}

/** What a response is asked to do beside following the instructions; the words stand in for the session's. */
export const RESPONSE_TASKS = {
  greeting: (greeting: string | null) =>
    greeting
      ? `Begin the call now by saying exactly: "${greeting}"`
      : 'Begin the call now: greet the caller in one short sentence and ask how you can help.',
  override: () => 'The context has just changed. Tell the caller now, in one or two sentences, what is new for them.',
  farewell: () => 'The call ends now. Say goodbye to the caller in one short sentence. Do not ask anything.',
}
