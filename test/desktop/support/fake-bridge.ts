// A Bridge that answers from the fake floor, records what was asked, and says what a test tells it to say.
import type { Bridge, LinkMessage, LinkState, ListenMessage, Reply } from '../../../shared/bridge.ts'
import type { Me, Setup } from '../../../shared/contract/access.ts'
import type { Agent } from '../../../shared/contract/agents.ts'
import type { CallSummary } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { ErrorCode, Problem } from '../../../shared/errors.ts'
import { ERRORS } from '../../../shared/errors.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import type { Role } from '../../../shared/permissions.ts'
import { permissionsOf } from '../../../shared/permissions.ts'
import type { RouteInput, RouteOutput } from '../../../shared/route.ts'
import type { RouteName, Routes } from '../../../shared/routes.ts'
import {
  DANA,
  floorAgents,
  floorAnalytics,
  floorCalls,
  floorNumbers,
  floorSession,
  floorTenant,
  floorVersions,
  iso,
  TENANT_ID,
} from './fake-floor.ts'

type WithoutEnvelope<T> = T extends RelayEvent ? Omit<T, 'tenant_id' | 'seq' | 'at'> : never
export type FakeEvent = WithoutEnvelope<RelayEvent>

export interface FakeOptions {
  now?: () => number
  role?: Role
  /** Signed in already when the console opens. */
  signed_in?: boolean
  /** How many calls are on. */
  calls?: number
  /** Calls given by the test instead of the floor's. */
  live?: CallSummary[]
}

export interface FakeBridge extends Bridge {
  readonly asked: { name: RouteName; input: unknown }[]
  /** The next request of this name is refused. */
  refuse(name: RouteName, problem: Problem): void
  link(state: LinkState): void
  say(...events: FakeEvent[]): void
  send(message: LinkMessage): void
  hear(message: ListenMessage): void
  readonly listening: string | null
  readonly calls: Map<string, CallSummary>
  readonly versions: Map<string, ContextVersion[]>
}

const TENANTS = [
  { tenant_id: TENANT_ID, name: 'Acme Corporation', roles: ['supervisor' as Role] },
  { tenant_id: 'tn_beta000001', name: 'Beta Company', roles: ['supervisor' as Role] },
]

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

export function fakeBridge(options: FakeOptions = {}): FakeBridge {
  const now = options.now ?? Date.now
  const listeners = new Set<(message: LinkMessage) => void>()
  const refusals = new Map<RouteName, Problem>()
  const asked: FakeBridge['asked'] = []
  const calls = new Map((options.live ?? floorCalls(now(), options.calls)).map((call) => [call.call_sid, call]))
  const versions = new Map([...calls.values()].map((call) => [call.call_sid, floorVersions(call)]))
  const agents = new Map<string, Agent>(floorAgents(now()).map((agent) => [agent.id, agent]))
  const numbers = new Map<string, PhoneNumber>(
    floorNumbers([...agents.values()]).map((number) => [number.phone_number, number]),
  )
  let link: LinkState = { state: 'signed_out' }
  let seq = 100
  let hearing: ((message: ListenMessage) => void) | null = null
  let listening: string | null = null

  const me = (name = 'Dana Ortiz', role: Role = options.role ?? 'supervisor', tenant_id = TENANT_ID): Me => ({
    user: {
      id: name === DANA.name ? DANA.id : 'us_other00001',
      email: `${name.split(' ')[0]?.toLowerCase()}@acme.example`,
      name,
    },
    tenant_id,
    roles: [role],
    permissions: permissionsOf([role]),
    tenants: TENANTS,
  })
  const send = (message: LinkMessage) => {
    if (message.type === 'link') link = message.link
    for (const listener of listeners) listener(message)
  }
  const linked = () => queueMicrotask(() => send({ type: 'link', link: { state: 'linked', round_trip_ms: 38 } }))
  const say = (...events: FakeEvent[]) => {
    const numbered = events.map(
      (event) => ({ ...event, tenant_id: TENANT_ID, seq: ++seq, at: iso(now()) }) as RelayEvent,
    )
    send({ type: 'events', events: numbered })
  }
  const page = <T>(items: T[]) => ({ items, next_cursor: null })
  const missing = problemOf('NOT_FOUND', 'There is no such call.')

  const answers: { [N in RouteName]?: (input: RouteInput<Routes[N]>) => RouteOutput<Routes[N]> | Problem } = {
    getSetup: () => SETUP,
    getTenant: floorTenant,
    listLiveCalls: () => ({ items: [...calls.values()], last_seq: seq, capacity: 100 }),
    listCalls: () => page([...calls.values()].filter((call) => call.ended_at !== null)),
    getCall: ({ params }) => {
      const call = calls.get(params.call_sid)
      return call ? floorSession(call) : missing
    },
    listContextVersions: ({ params }) => page(versions.get(params.call_sid) ?? []),
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
    listAgentVersions: ({ params }) => {
      const agent = agents.get(params.agent_id)
      if (!agent) return missing
      return page(
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
      updated: ['+13125550103'],
      released: [],
      dry_run: body.dry_run ?? false,
    }),
    getAnalytics: ({ query }) =>
      floorAnalytics(query.start ?? iso(now() - 7 * 86_400_000), query.end ?? iso(now()), query.end ? 0.942 : 1),
  }

  return {
    shell: 'browser',
    relay_url: 'http://127.0.0.1:8790',
    asked,
    calls,
    versions,
    get listening() {
      return listening
    },
    send,
    say,
    link: (state) => send({ type: 'link', link: state }),
    hear: (message) => hearing?.(message),
    refuse: (name, problem) => void refusals.set(name, problem),
    restore: async () => {
      if (options.signed_in === false && link.state === 'signed_out') return { ok: true, value: null }
      linked()
      return { ok: true, value: me() }
    },
    signIn: async ({ email, password }) => {
      const refusal = refusals.get('login')
      refusals.delete('login')
      if (refusal || password !== 'demo') {
        return {
          ok: false,
          problem: refusal ?? problemOf('SIGN_IN_REFUSED', 'The email and the password do not belong together.'),
        }
      }
      linked()
      const user = SETUP.demo_users.find((each) => each.email === email)
      return { ok: true, value: me(user?.name, options.role ?? user?.roles[0]) }
    },
    signOut: async () => send({ type: 'link', link: { state: 'signed_out' } }),
    switchTenant: async (tenant_id) => {
      linked()
      return { ok: true, value: me(DANA.name, options.role, tenant_id) }
    },
    async request<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
      asked.push({ name, input })
      const refusal = refusals.get(name)
      if (refusal) {
        refusals.delete(name)
        return { ok: false, problem: refusal }
      }
      if (link.state === 'lost')
        return {
          ok: false,
          problem: problemOf('INTERNAL', 'The link to the relay is lost. Nothing was sent.'),
        }
      const answer = answers[name]
      if (!answer) return { ok: false, problem: problemOf('ROUTE_UNKNOWN', `The fake relay has no ${name}.`) }
      const value: unknown = answer(input)
      if (isProblem(value)) return { ok: false, problem: value }
      return { ok: true, value: value as RouteOutput<Routes[N]> }
    },
    subscribe(listener) {
      listeners.add(listener)
      queueMicrotask(() => listener({ type: 'setup', setup: SETUP }))
      return () => listeners.delete(listener)
    },
    listen(call_sid, listener) {
      listening = call_sid
      hearing = listener
      return () => {
        listening = null
        hearing = null
      }
    },
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'title' in value
}
