// Calls of tools: which of the offered ones fits, and arguments that its schema accepts. Pure.
import type { BrainTool } from './brain.ts'

export interface ToolCall {
  readonly name: string
  readonly arguments: Record<string, unknown>
}

/** What is known that arguments can be made of. */
export interface ToolMatter {
  readonly outcome: 'resolved' | 'unresolved' | 'escalated' | 'opt_out'
  readonly summary: string
  readonly reason: string
  readonly urgency: 'low' | 'normal' | 'high'
  readonly question: string
  /** What a person is called for. */
  readonly why: 'caller_asks' | 'distress' | 'cannot_help'
}

/**
 * A call of the first of `names` that is offered.
 * @returns [] when none is
 * @throws never
 * @source ours
 */
export function callTool(tools: readonly BrainTool[], names: RegExp, matter: ToolMatter): ToolCall[] {
  const tool = tools.find((offered) => names.test(offered.name))
  return tool ? [{ name: tool.name, arguments: argumentsFor(tool, matter) }] : []
}

/**
 * Arguments for a tool from its JSON schema.
 * @throws never
 * @source JSON Schema: type, enum, properties, required
 */
export function argumentsFor(tool: BrainTool, matter: ToolMatter): Record<string, unknown> {
  const schema = tool.parameters ?? {}
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  const given: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = valueFor(name, isObject(property) ? property : {}, matter)
    if (value !== undefined || required.includes(name)) given[name] = value ?? matter.reason
  }
  return given
}

function valueFor(name: string, property: Record<string, unknown>, matter: ToolMatter): unknown {
  if (Array.isArray(property.enum)) return fromEnum(name, property.enum.map(String), matter)
  switch (property.type) {
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return typeof property.minimum === 'number' ? property.minimum : 1
    case 'array':
      return []
    case 'object':
      return {}
    default:
      return textFor(name, matter)
  }
}

function textFor(name: string, matter: ToolMatter): string | undefined {
  if (/outcome|result|disposition/i.test(name)) return matter.outcome
  if (/summary|notes?|description/i.test(name)) return matter.summary
  if (/question|ask/i.test(name)) return matter.question
  if (/urgency|priority/i.test(name)) return matter.urgency
  if (/scope/i.test(name)) return 'all'
  if (/target|department|queue|phone|number/i.test(name)) return undefined
  return matter.reason
}

const SYNONYMS: Record<string, RegExp> = {
  resolved: /^(resolved|success|completed|solved|done|ok)/i,
  unresolved: /^(unresolved|not_resolved|failed|failure|incomplete|follow|no_)/i,
  escalated: /(escalat|transfer|human|handoff)/i,
  opt_out: /(opt|declin|do_not)/i,
  low: /^(low|minor)/i,
  normal: /^(normal|medium|default)/i,
  high: /^(high|urgent|critical|major)/i,
  caller_asks: /ask|request/i,
  distress: /distress|upset|angry/i,
  cannot_help: /cannot|unable|other/i,
}

function fromEnum(name: string, values: string[], matter: ToolMatter): string {
  const isUrgency = /urgency|priority|severity/i.test(name)
  const wanted = isUrgency ? matter.urgency : /^why$|cause/i.test(name) ? matter.why : matter.outcome
  return values.find((value) => SYNONYMS[wanted]!.test(value)) ?? values[0] ?? ''
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
