// Context: what an agent knows in a call, in three layers (business, agent, this call), each change a version.
import { z } from 'zod'
import { CallSid, Id, Instant, Json, JsonObject, PageQuery, page } from '../primitives.ts'
import type { Route } from '../route.ts'
import { Agent, ContextData } from './agents.ts'

export const ContextState = z.enum(['pending', 'applied', 'refused'])
export type ContextState = z.infer<typeof ContextState>

/** One changed place: `before` is missing for an added key, `after` for a removed one. */
export const ContextDiff = z.object({ path: z.string(), before: Json.optional(), after: Json.optional() })
export type ContextDiff = z.infer<typeof ContextDiff>

export const ContextVersion = z.object({
  id: Id,
  tenant_id: Id,
  call_sid: CallSid.nullable(),
  agent_id: Id.nullable(),
  version: z.number().int(),
  /** The layer of the call (or the agent) as it is after this version. */
  context_data: JsonObject,
  diff: z.array(ContextDiff),
  updated_by: z.object({ id: z.string(), name: z.string() }),
  updated_at: Instant,
  reason: z.string().nullable(),
  state: ContextState,
  applied_at: Instant.nullable(),
  /** Why the realtime session refused it; null unless refused. */
  refused_reason: z.string().nullable(),
  /** The turn that first used it; null until then. */
  used_in_turn: z.number().int().nullable(),
})
export type ContextVersion = z.output<typeof ContextVersion>

export const ContextOverride = z.strictObject({
  context: ContextData,
  /** `merge` is a JSON merge patch (null removes a key); `replace` sets the whole layer. Source: RFC 7396. */
  mode: z.enum(['merge', 'replace']).default('merge'),
  reason: z.string().trim().max(500).optional(),
  expected_version: z.number().int().nonnegative().optional(),
  /** True: the agent speaks at once because of it, instead of at its next turn. */
  speak_now: z.boolean().default(false),
})
export type ContextOverride = z.output<typeof ContextOverride>

const params = z.strictObject({ call_sid: CallSid })

export const contextRoutes = {
  overrideContext: {
    method: 'put',
    path: '/api/calls/:call_sid/context',
    permission: 'context.update',
    params,
    body: ContextOverride,
    response: ContextVersion,
    summary: 'Override the context of a live call; pending until its realtime session has it',
  },
  listContextVersions: {
    method: 'get',
    path: '/api/calls/:call_sid/context/versions',
    permission: 'calls.read',
    params,
    query: z.strictObject(PageQuery),
    response: page(ContextVersion),
    summary: 'The context versions of a call, newest first',
  },
  rollbackContext: {
    method: 'post',
    path: '/api/calls/:call_sid/context/rollback',
    permission: 'context.update',
    params,
    body: z.strictObject({
      to_version: z.number().int().nonnegative(),
      reason: z.string().trim().max(500).optional(),
      expected_version: z.number().int().nonnegative().optional(),
    }),
    response: ContextVersion,
    summary: 'Set the context of a live call back to an earlier version, as a new version',
  },
  updateAgentContext: {
    method: 'put',
    path: '/api/agents/:agent_id/context',
    permission: 'context.update',
    params: z.strictObject({ agent_id: Id }),
    body: z.strictObject({
      context: ContextData,
      mode: z.enum(['merge', 'replace']).default('merge'),
      reason: z.string().trim().max(500).optional(),
      expected_version: z.number().int().positive().optional(),
    }),
    response: Agent,
    summary: 'Change the base context of an agent; the next call follows',
  },
} as const satisfies Record<string, Route>
