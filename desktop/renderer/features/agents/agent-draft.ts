// An agent as one edits it, and what it becomes on the wire. Pure.
import type { AgentType, AgentVersion } from '../../../../shared/contract/agents.ts'
import { Agent, NewAgent, type VOICES } from '../../../../shared/contract/agents.ts'
import type { Problem } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/primitives.ts'
import { readJson } from '../../lib/json-place.ts'
import { readContext } from '../../lib/read-context.ts'
import { writeJson } from '../../lib/write-json.ts'
import { unknownIn, unknownWords } from './placeholders.ts'

export interface AgentDraft {
  name: string
  type: AgentType
  voice: (typeof VOICES)[number]
  greeting_message: string
  /** Minutes, as one writes them. */
  max_call_minutes: string
  system_prompt: string
  /** JSON. */
  context_data: string
  note: string
}

const EMPTY: AgentDraft = {
  name: '',
  type: 'inbound',
  voice: 'alloy',
  greeting_message: '',
  max_call_minutes: '30',
  system_prompt: '',
  context_data: '{}',
  note: '',
}

/** The draft of an agent that is there, or of a new one. @source contract/agents.ts */
export function draftOfAgent(agent: Agent | null, is_copy = false): AgentDraft {
  if (!agent) return EMPTY
  return {
    name: is_copy ? `${agent.name} copy` : agent.name,
    type: agent.type,
    voice: agent.voice,
    greeting_message: agent.greeting_message ?? '',
    max_call_minutes: String(Math.round((agent.max_call_duration / 60) * 10) / 10),
    system_prompt: agent.system_prompt,
    context_data: writeJson(agent.context_data),
    note: '',
  }
}

const Saved = Agent.pick({
  name: true,
  type: true,
  voice: true,
  greeting_message: true,
  max_call_duration: true,
  system_prompt: true,
  context_data: true,
})

/**
 * The draft that brings a saved state back, once it is saved. Numbers and whether the agent answers stay as they are.
 * @throws ZodError on a snapshot that is no agent
 * @source contract/agents.ts, AgentVersion
 */
export function draftOfVersion(agent: Agent, { version, snapshot }: AgentVersion): AgentDraft {
  return { ...draftOfAgent({ ...agent, ...Saved.parse(snapshot) }), note: `Restored from v${version}` }
}

type Fields = Pick<NewAgent, keyof typeof Saved.shape>
export type FieldName = keyof Fields
export type Checked = { ok: true; fields: Fields } | { ok: false; errors: Partial<Record<FieldName, string>> }

/** Whether both say the same, letter by letter. @source ours */
export function sameDraft(a: AgentDraft, b: AgentDraft): boolean {
  return (Object.keys(a) as (keyof AgentDraft)[]).every((key) => a[key] === b[key])
}

/**
 * The draft as the relay takes it, or what is wrong with which field.
 * @param business the tenant's context; null while it is not known, when no placeholder can be called unknown
 * @source contract/agents.ts, NewAgent; design.md section 4, prompt: no publishing with an unknown placeholder
 */
export function checkDraft(draft: AgentDraft, business: JsonObject | null): Checked {
  const context = readContext(draft.context_data)
  const parsed = NewAgent.safeParse({
    name: draft.name,
    type: draft.type,
    voice: draft.voice,
    greeting_message: draft.greeting_message.trim() === '' ? null : draft.greeting_message,
    max_call_duration: Math.round(Number(draft.max_call_minutes.replace(',', '.')) * 60),
    system_prompt: draft.system_prompt,
    context_data: context.ok ? context.context : {},
  })
  const errors: Partial<Record<FieldName, string>> = {}
  for (const issue of parsed.error?.issues ?? []) {
    const field = issue.path[0] as FieldName
    errors[field] ??= field === 'max_call_duration' ? 'Write minutes, from 0.5 to 240.' : issue.message
  }
  if (!context.ok) errors.context_data = context.problems[0]?.says ?? 'This is no context.'
  else if (business) {
    for (const field of ['system_prompt', 'greeting_message'] as const) {
      const unknown = unknownIn(draft[field], business, context.context)
      if (unknown.length > 0) errors[field] ??= unknownWords(unknown)
    }
  }
  if (!parsed.success || Object.keys(errors).length > 0) return { ok: false, errors }
  const { phone_numbers: _numbers, is_active: _active, ...fields } = parsed.data
  return { ok: true, fields }
}

/** The relay's complaints by field. @source RFC 9457; errors.ts */
export function fieldErrors(problem: Problem): Partial<Record<FieldName, string>> {
  const errors: Partial<Record<FieldName, string>> = {}
  for (const error of problem.errors ?? []) {
    const field = error.pointer.replace(/^#?\/(body\/)?/, '').split('/')[0] as FieldName
    errors[field] ??= error.detail
  }
  return errors
}

/** Only the fields that differ from the agent. @source contract/agents.ts, AgentChange */
export function changedFields(agent: Agent, fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => JSON.stringify(agent[key as FieldName]) !== JSON.stringify(value)),
  )
}

/** The context of a draft while it is being written; empty while it is no object. @source ours */
export function contextOfDraft(draft: Pick<AgentDraft, 'context_data'>): JsonObject {
  const reading = readJson(draft.context_data)
  const value = reading.ok ? reading.value : null
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
