// What the fake relay answers to each request, from the floor it was given.
import type { Setup } from '../../../shared/contract/access.ts'
import type { Agent } from '../../../shared/contract/agents.ts'
import type { CallSummary } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { ErrorCode, Problem } from '../../../shared/errors.ts'
import { ERRORS } from '../../../shared/errors.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import type { Role } from '../../../shared/permissions.ts'
import type { RouteInput, RouteOutput } from '../../../shared/route.ts'
import type { RouteName, Routes } from '../../../shared/routes.ts'
import { floorAnalytics, NO_FIGURES } from './fake-analytics.ts'
import { finishedCalls } from './fake-calls.ts'
import { DANA, floorTenant, iso, TENANT_ID } from './fake-floor.ts'
import { floorSession } from './fake-open-call.ts'

type WithoutEnvelope<T> = T extends RelayEvent ? Omit<T, 'tenant_id' | 'seq' | 'at'> : never
export type FakeEvent = WithoutEnvelope<RelayEvent>

/** What the relay knows, and what it should answer differently. */
export interface Floor {
  now: () => number
  options: {
    setup?: Setup
    capacity?: number
    finished?: number
    nothing?: boolean
    page_items?: number
    agent_limit?: number
  }
  calls: Map<string, CallSummary>
  /** Calls of another relay, which cannot be asked. */
  apart: Set<string>
  versions: Map<string, ContextVersion[]>
  agents: Map<string, Agent>
  numbers: Map<string, PhoneNumber>
  say: (...events: FakeEvent[]) => void
  last_seq: () => number
}

export type Answers = { [N in RouteName]?: (input: RouteInput<Routes[N]>) => RouteOutput<Routes[N]> | Problem }

export const SETUP: Setup = {
  product: 'phony',
  version: '1.4.0',
  multi_tenant: true,
  simulated: { phone: true, model: true },
  demo_users: [
    ['Dana Ortiz', 'supervisor'],
    ['Priya Raman', 'agent_manager'],
    ['Jonas Weber', 'supervisor'],
    ['Ines Costa', 'analyst'],
    ['Sam Adeyemi', 'tenant_admin'],
  ].map(([name, role]) => ({
    email: `${name?.split(' ')[0]?.toLowerCase()}@acme.example`,
    name: name ?? '',
    password: 'demo',
    tenant_id: TENANT_ID,
    tenant_name: name === 'Ines Costa' ? 'Beta Company' : 'Acme Corporation',
    roles: [role as Role],
  })),
}

export function problemOf(code: ErrorCode, detail: string, rest: Partial<Problem> = {}): Problem {
  return {
    type: `urn:phony:${code}`,
    title: ERRORS[code].meaning,
    status: ERRORS[code].status,
    code,
    detail,
    ...rest,
  }
}

export function createAnswers({
  now,
  options,
  calls,
  apart,
  versions,
  agents,
  numbers,
  say,
  last_seq,
}: Floor): Answers {
  const page = <T>(items: T[]) => ({ items, next_cursor: null })
  const pageFrom = <T>(cursor: string | undefined, items: T[]) => {
    const from = Number(cursor ?? 0)
    const to = from + (options.page_items ?? items.length)
    return { items: items.slice(from, to), next_cursor: to < items.length ? String(to) : null }
  }
  const missing = problemOf('NOT_FOUND', 'There is no such call.')
  const over = new Map(finishedCalls(now(), options.finished ?? 0).map((call) => [call.call_sid, call]))
  return {
    getSetup: () => options.setup ?? SETUP,
    getTenant: () => floorTenant(options.agent_limit),
    listLiveCalls: () => ({
      items: [...calls.values()].filter((call) => call.live !== null && !apart.has(call.call_sid)),
      is_whole: apart.size === 0,
      last_seq: last_seq(),
      capacity: options.capacity ?? 100,
    }),
    listCalls: ({ query }) => {
      const found = [...calls.values(), ...over.values()].filter(
        (call) =>
          call.ended_at !== null &&
          (query.agent_id === undefined || call.agent_id === query.agent_id) &&
          (query.outcome === undefined || call.outcome === query.outcome),
      )
      const from = Number(query.cursor ?? 0)
      const to = from + Number(query.limit ?? 50)
      return { items: found.slice(from, to), next_cursor: to < found.length ? String(to) : null }
    },
    getCall: ({ params }) => {
      const call = calls.get(params.call_sid) ?? over.get(params.call_sid)
      if (!call) return missing
      const is_unknown = call.ended_at === null && apart.has(call.call_sid)
      return { ...floorSession(call), ...(is_unknown ? { live: null, is_whole: false } : {}) }
    },
    listContextVersions: ({ params, query }) => pageFrom(query.cursor, versions.get(params.call_sid) ?? []),
    overrideContext: ({ params, body }) => {
      const known = versions.get(params.call_sid) ?? []
      const newest = known[0]?.version ?? 1
      if (body.expected_version !== undefined && body.expected_version !== newest) {
        return problemOf('VERSION_CONFLICT', 'Somebody changed it since you read it.', {
          current_version: newest,
        })
      }
      const version: ContextVersion = {
        id: `cx_new0000${newest + 1}`,
        tenant_id: TENANT_ID,
        call_sid: params.call_sid,
        agent_id: null,
        version: newest + 1,
        context_data: body.context as ContextVersion['context_data'],
        diff: [{ path: '/changed', after: true }],
        updated_by: DANA,
        updated_at: iso(now()),
        reason: body.reason ?? null,
        state: 'pending',
        applied_at: null,
        refused_reason: null,
        used_in_turn: null,
      }
      versions.set(params.call_sid, [version, ...known])
      return version
    },
    rollbackContext: ({ params, body }) => {
      const known = versions.get(params.call_sid) ?? []
      const target = known.find((version) => version.version === body.to_version)
      if (!target) return missing
      const version = {
        ...target,
        version: (known[0]?.version ?? 0) + 1,
        state: 'pending' as const,
        reason: body.reason ?? null,
        used_in_turn: null,
        applied_at: null,
        diff: [],
      }
      versions.set(params.call_sid, [version, ...known])
      return version
    },
    hangUpCall: ({ params, body }) => {
      const call = calls.get(params.call_sid)
      if (!call) return missing
      const ended: CallSummary = {
        ...call,
        status: 'completed',
        outcome: body.outcome ?? 'unresolved',
        end_reason: 'Ended by a supervisor.',
        ended_at: iso(now()),
        duration_seconds: 10,
        live: null,
      }
      calls.set(params.call_sid, ended)
      queueMicrotask(() => say({ event_type: 'call.ended', call_session: ended }))
      return ended
    },
    listAgents: () => page([...agents.values()]),
    getAgent: ({ params }) => agents.get(params.agent_id) ?? missing,
    listAgentVersions: ({ params, query }) => {
      const agent = agents.get(params.agent_id)
      if (!agent) return missing
      return pageFrom(
        query.cursor,
        [
          'Close by repeating what was agreed',
          'Never read a card number aloud',
          'Shorter greeting',
          'Restored from v7',
        ].map((note, index) => ({
          agent_id: agent.id,
          version: agent.version - index,
          snapshot: {
            ...agent,
            version: agent.version - index,
            ...(index > 0 ? { greeting_message: 'Hello, this is Acme.' } : {}),
          } as unknown as Record<string, never>,
          changed_by: { id: 'us_priya00001', name: 'Priya Raman' },
          changed_at: iso(now() - (index + 2) * 4 * 86_400_000),
          note,
        })),
      )
    },
    createAgent: ({ body }) => {
      const [first] = agents.values()
      const made = {
        ...first,
        ...body,
        id: `ag_new${agents.size}00`,
        version: 1,
        statistics: {
          total_calls: 0,
          total_minutes: 0,
          average_duration: 0,
          success_rate: 0,
          last_call: null,
        },
      } as Agent
      agents.set(made.id, made)
      queueMicrotask(() => say({ event_type: 'agent.created', agent: made }))
      return made
    },
    changeAgent: ({ params, body }) => {
      const agent = agents.get(params.agent_id)
      if (!agent) return missing
      const { expected_version: _version, note: _note, ...change } = body
      const changed = { ...agent, ...change, version: agent.version + 1 } as Agent
      agents.set(changed.id, changed)
      queueMicrotask(() => say({ event_type: 'agent.updated', agent: changed }))
      return changed
    },
    deleteAgent: ({ params }) => {
      agents.delete(params.agent_id)
      queueMicrotask(() => say({ event_type: 'agent.deleted', agent_id: params.agent_id }))
      return undefined
    },
    listNumbers: () => page([...numbers.values()]),
    assignNumbers: ({ body }) => {
      const changed = body.assignments.map(({ phone_number, agent_id }) => {
        const number = {
          ...(numbers.get(phone_number) as PhoneNumber),
          assigned_agent: agent_id,
          status: 'assigned' as const,
        }
        numbers.set(phone_number, number)
        return number
      })
      queueMicrotask(() => say(...changed.map((number) => ({ event_type: 'number.updated' as const, number }))))
      return { numbers: changed }
    },
    releaseNumbers: ({ body }) => {
      const changed = body.phone_numbers.map((phone_number) => {
        const number = {
          ...(numbers.get(phone_number) as PhoneNumber),
          assigned_agent: null,
          status: 'available' as const,
        }
        numbers.set(phone_number, number)
        return number
      })
      queueMicrotask(() => say(...changed.map((number) => ({ event_type: 'number.updated' as const, number }))))
      return { numbers: changed }
    },
    syncNumbers: ({ body }) => ({
      added: [],
      updated: options.nothing ? [] : ['+13125550103'],
      released: [],
      not_taken: options.nothing ? ['+13125550177'] : [],
      note: options.nothing ? 'A platform admin takes them with a sync.' : null,
      dry_run: body.dry_run ?? false,
    }),
    getAnalytics: ({ query }) => {
      const start = query.start ?? iso(now() - 7 * 86_400_000)
      const figures = floorAnalytics(start, query.end ?? iso(now()), query.end !== undefined)
      if (options.nothing) return { ...figures, summary: NO_FIGURES, agent_performance: [], outcomes: {} }
      const named = ({ agent_id, name }: { agent_id: string; name: string }) => agents.get(agent_id)?.name ?? name
      return {
        ...figures,
        agent_performance: figures.agent_performance.map((each) => ({ ...each, name: named(each) })),
      }
    },
  }
}
