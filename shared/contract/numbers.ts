// Numbers: the phone numbers of a tenant and the agent each one leads to.
import { z } from 'zod'
import { PhoneNumber as E164, Id, PageQuery, page } from '../primitives.ts'
import type { Route } from '../route.ts'

export const PhoneNumber = z.object({
  phone_number: E164,
  tenant_id: Id,
  twilio_sid: z.string(),
  friendly_name: z.string(),
  capabilities: z.array(z.string()),
  status: z.enum(['available', 'assigned', 'released']),
  assigned_agent: Id.nullable(),
  webhook_urls: z.object({
    voice: z.string().nullable(),
    status: z.string().nullable(),
    fallback: z.string().nullable(),
  }),
})
export type PhoneNumber = z.output<typeof PhoneNumber>

export const numberRoutes = {
  listNumbers: {
    method: 'get',
    path: '/api/numbers',
    permission: 'numbers.read',
    query: z.strictObject({ ...PageQuery, limit: PageQuery.limit.default(200) }),
    response: page(PhoneNumber),
    summary: 'The phone numbers of the tenant',
  },
  syncNumbers: {
    method: 'post',
    path: '/api/numbers/sync',
    permission: 'numbers.sync',
    body: z.strictObject({ dry_run: z.boolean().default(false) }),
    response: z.object({
      added: z.array(E164),
      updated: z.array(E164),
      released: z.array(E164),
      /** Numbers of the carrier's account that belong to no tenant, and are not this one's to take. */
      not_taken: z.array(E164),
      /** How they are taken, in words; null when there are none. */
      note: z.string().nullable(),
      dry_run: z.boolean(),
    }),
    summary: "Read the carrier's list of numbers; a dry run only says what would change",
  },
  assignNumbers: {
    method: 'post',
    path: '/api/numbers/assign',
    permission: 'numbers.assign',
    body: z.strictObject({
      assignments: z
        .array(z.strictObject({ phone_number: E164, agent_id: Id }))
        .min(1)
        .max(500),
    }),
    response: z.object({ numbers: z.array(PhoneNumber) }),
    summary: 'Give numbers to agents: all of them or none',
  },
  releaseNumbers: {
    method: 'post',
    path: '/api/numbers/release',
    permission: 'numbers.assign',
    body: z.strictObject({ phone_numbers: z.array(E164).min(1).max(500) }),
    response: z.object({ numbers: z.array(PhoneNumber) }),
    summary: 'Take numbers away from their agents: all of them or none',
  },
} as const satisfies Record<string, Route>
