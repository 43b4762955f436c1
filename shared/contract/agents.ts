// Agents: who answers a number, with which words and which voice.
import { z } from 'zod'
import {
  CONTEXT_LIMIT_BYTES,
  CONTEXT_LIMIT_VALUES,
  Id,
  Instant,
  JSON_DEPTH_LIMIT,
  Json,
  JsonObject,
  jsonObject,
  PageQuery,
  PhoneNumber,
  page,
} from '../primitives.ts'
import type { Route } from '../route.ts'

export const AGENT_TYPES = ['inbound', 'outbound', 'hybrid'] as const
export const AgentType = z.enum(AGENT_TYPES)
export type AgentType = z.infer<typeof AgentType>

/** The product's six names first, then the model's own. Source: product text; OpenAI Realtime voices. */
export const VOICES = [
  'alloy',
  'echo',
  'fable',
  'onyx',
  'nova',
  'shimmer',
  'ash',
  'ballad',
  'coral',
  'sage',
  'verse',
  'marin',
  'cedar',
] as const
export const Voice = z.enum(VOICES)
export type Voice = z.infer<typeof Voice>

const Keyword = z
  .string('Write a word in double quotes.')
  .trim()
  .min(1, 'Write a word.')
  .max(80, 'Write at most 80 characters.')

export const EscalationRules = z.strictObject(
  {
    keywords: z.array(Keyword, 'Write a list of words.').max(100, 'Write at most 100 words.'),
    target: z.string('Write a number in double quotes.').trim().max(120, 'Write at most 120 characters.').optional(),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'Only keywords and target stand here.'
        : 'Write an object with keywords and, if you want, a target.',
  },
)
export type EscalationRules = z.infer<typeof EscalationRules>

/** Bytes of a text in UTF-8. JSON.stringify leaves no lone surrogate: two halves, of two bytes each, are one letter. */
function utf8Bytes(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const isHalf = code >= 0xd800 && code <= 0xdfff
    bytes += code < 0x80 ? 1 : code < 0x800 || isHalf ? 2 : 3
  }
  return bytes
}

const TOO_LARGE = 'The context is over 64 kB.'

/** Free JSON up to 64 kB and 10,000 values whose `escalation_rules`, if there, has its fixed form. */
export const ContextData = jsonObject(
  `A JSON object of at most 64 kB as compact JSON in UTF-8, ${CONTEXT_LIMIT_VALUES} values (texts, numbers, lists, objects and the rest, all together) and ${JSON_DEPTH_LIMIT} levels.`,
  { values: CONTEXT_LIMIT_VALUES, bytes: CONTEXT_LIMIT_BYTES },
  { too_large: TOO_LARGE, too_many_values: 'The context holds over 10,000 values.' },
  (data, ctx) => {
    if (utf8Bytes(JSON.stringify(data)) > CONTEXT_LIMIT_BYTES)
      ctx.addIssue({ code: 'custom', message: TOO_LARGE, params: { too_large: true } })
    if (data.escalation_rules === undefined || data.escalation_rules === null) return
    const rules = EscalationRules.safeParse(data.escalation_rules)
    for (const issue of rules.error?.issues ?? []) {
      ctx.addIssue({ code: 'custom', message: issue.message, path: ['escalation_rules', ...issue.path] })
    }
  },
)

const agentFields = {
  name: z.string().trim().min(1, 'Give the agent a name.').max(120),
  type: AgentType,
  /** Free text with {placeholders}; at least 10 characters after trimming. */
  system_prompt: z.string().trim().min(10, 'Write at least 10 characters.').max(32_000),
  voice: Voice,
  greeting_message: z.string().trim().max(1_000).nullable(),
  context_data: ContextData,
  is_active: z.boolean(),
  /** Seconds. */
  max_call_duration: z.number().int().min(30).max(14_400),
  phone_numbers: z.array(PhoneNumber).max(500),
}

export const AgentStatistics = z.object({
  total_calls: z.number().int(),
  total_minutes: z.number(),
  /** Seconds. */
  average_duration: z.number(),
  /** 0 to 1: resolved calls over ended calls that reached the agent. */
  success_rate: z.number(),
  last_call: Instant.nullable(),
})

export const Agent = z.object({
  id: Id,
  tenant_id: Id,
  ...agentFields,
  context_data: JsonObject,
  version: z.number().int(),
  created_at: Instant,
  updated_at: Instant,
  statistics: AgentStatistics,
})
export type Agent = z.output<typeof Agent>

export const NewAgent = z.strictObject({
  ...agentFields,
  voice: Voice.default('alloy'),
  greeting_message: agentFields.greeting_message.optional().transform((text) => text || null),
  context_data: ContextData.default({}),
  is_active: z.boolean().default(true),
  max_call_duration: agentFields.max_call_duration.default(1800),
  phone_numbers: agentFields.phone_numbers.default([]),
})
export type NewAgent = z.output<typeof NewAgent>

/** Only the fields that change. `expected_version` refuses the change when somebody saved in between. */
export const AgentChange = z
  .strictObject({
    ...agentFields,
    greeting_message: agentFields.greeting_message.transform((text) => text || null),
  })
  .partial()
  .extend({
    expected_version: z.number().int().positive().optional(),
    note: z.string().trim().max(500).optional(),
  })
export type AgentChange = z.output<typeof AgentChange>

export const AgentVersion = z.object({
  agent_id: Id,
  version: z.number().int(),
  snapshot: z.record(z.string(), Json),
  changed_by: z.object({ id: z.string(), name: z.string() }),
  changed_at: Instant,
  note: z.string().nullable(),
})
export type AgentVersion = z.output<typeof AgentVersion>

const params = z.strictObject({ agent_id: Id })

export const agentRoutes = {
  listAgents: {
    method: 'get',
    path: '/api/agents',
    permission: 'agents.read',
    query: z.strictObject({ ...PageQuery, is_active: z.stringbool().optional() }),
    response: page(Agent),
    summary: 'The agents of the tenant, newest first',
  },
  createAgent: {
    method: 'post',
    path: '/api/agents',
    permission: 'agents.create',
    body: NewAgent,
    response: Agent,
    status: 201,
    summary: 'Make an agent',
  },
  getAgent: {
    method: 'get',
    path: '/api/agents/:agent_id',
    permission: 'agents.read',
    params,
    response: Agent,
    summary: 'One agent',
  },
  replaceAgent: {
    method: 'put',
    path: '/api/agents/:agent_id',
    permission: 'agents.update',
    params,
    body: NewAgent,
    response: Agent,
    summary: 'Replace an agent; what is left out falls back to its default',
  },
  changeAgent: {
    method: 'patch',
    path: '/api/agents/:agent_id',
    permission: 'agents.update',
    params,
    body: AgentChange,
    response: Agent,
    summary: 'Change some fields of an agent; the next call follows',
  },
  deleteAgent: {
    method: 'delete',
    path: '/api/agents/:agent_id',
    permission: 'agents.delete',
    params,
    response: null,
    summary: 'Delete an agent; its numbers become available, its calls stay',
  },
  listAgentVersions: {
    method: 'get',
    path: '/api/agents/:agent_id/versions',
    permission: 'agents.read',
    params,
    query: z.strictObject(PageQuery),
    response: page(AgentVersion),
    summary: 'Every saved state of an agent, newest first',
  },
} as const satisfies Record<string, Route>
