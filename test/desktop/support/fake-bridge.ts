// A Bridge that answers from the fake floor, records what was asked, and says what a test tells it to say.
import type { Bridge, LinkMessage, LinkState, ListenMessage, Reply } from '../../../shared/bridge.ts'
import type { Me, Setup } from '../../../shared/contract/access.ts'
import type { Agent } from '../../../shared/contract/agents.ts'
import type { CallSummary } from '../../../shared/contract/calls.ts'
import type { ContextVersion } from '../../../shared/contract/context.ts'
import type { PhoneNumber } from '../../../shared/contract/numbers.ts'
import type { Problem } from '../../../shared/errors.ts'
import type { RelayEvent } from '../../../shared/events.ts'
import type { Role } from '../../../shared/permissions.ts'
import { permissionsOf } from '../../../shared/permissions.ts'
import type { RouteInput, RouteOutput } from '../../../shared/route.ts'
import type { RouteName, Routes } from '../../../shared/routes.ts'
import { floorAgents, floorNumbers } from './fake-agents.ts'
import type { FakeEvent } from './fake-answers.ts'
import { createAnswers, problemOf, SETUP } from './fake-answers.ts'
import { floorCalls } from './fake-calls.ts'
import { DANA, iso, PRIYA, TENANT_ID } from './fake-floor.ts'
import { floorVersions } from './fake-open-call.ts'

export interface FakeOptions {
  now?: () => number
  role?: Role
  /** Signed in already when the console opens. */
  signed_in?: boolean
  /** How many calls are on. */
  calls?: number
  /** Calls given by the test instead of the floor's. */
  live?: CallSummary[]
  /** How many calls are over. */
  finished?: number
  capacity?: number
  setup?: Setup
  /** An installation in which nothing was made yet. */
  nothing?: boolean
  /** How many versions a page has at most. */
  page_items?: number
  /** How many agents the tenant may have. */
  agent_limit?: number
  /** What the first agent is called. */
  renamed?: string
  /** Requests that are never answered, and those that are always refused. */
  waits?: readonly RouteName[]
  refuses?: readonly RouteName[]
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
  /** Calls of another relay, which cannot be asked. */
  readonly apart: Set<string>
  readonly versions: Map<string, ContextVersion[]>
  readonly numbers: Map<string, PhoneNumber>
}

const TENANTS = [
  { tenant_id: TENANT_ID, name: 'Acme Corporation', roles: ['supervisor' as Role] },
  { tenant_id: 'tn_beta000001', name: 'Beta Company', roles: ['supervisor' as Role] },
]

export function fakeBridge(options: FakeOptions = {}): FakeBridge {
  const now = options.now ?? Date.now
  const listeners = new Set<(message: LinkMessage) => void>()
  const refusals = new Map<RouteName, Problem>()
  const asked: FakeBridge['asked'] = []
  const calls = new Map((options.live ?? floorCalls(now(), options.calls)).map((call) => [call.call_sid, call]))
  const apart = new Set<string>()
  const versions = new Map([...calls.values()].map((call) => [call.call_sid, floorVersions(call)]))
  const agents = new Map<string, Agent>(
    (options.nothing ? [] : floorAgents(now())).map((agent, index) => [
      agent.id,
      index === 0 && options.renamed ? { ...agent, name: options.renamed } : agent,
    ]),
  )
  const numbers = new Map<string, PhoneNumber>(
    (options.nothing ? [] : floorNumbers([...agents.values()])).map((number) => [number.phone_number, number]),
  )
  let link: LinkState = { state: 'signed_out' }
  let seq = 100
  let hearing: ((message: ListenMessage) => void) | null = null
  let listening: string | null = null

  const usual = options.role === 'agent_manager' ? PRIYA.name : DANA.name
  const me = (name = usual, role: Role = options.role ?? 'supervisor', tenant_id = TENANT_ID): Me => ({
    user: {
      id: [DANA, PRIYA].find((each) => each.name === name)?.id ?? 'us_other00001',
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
  const answers = createAnswers({ now, options, calls, apart, versions, agents, numbers, say, last_seq: () => seq })

  return {
    shell: 'browser',
    relay_url: 'http://127.0.0.1:8790',
    asked,
    calls,
    apart,
    versions,
    numbers,
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
      return { ok: true, value: me(usual, options.role, tenant_id) }
    },
    async request<N extends RouteName>(name: N, input: RouteInput<Routes[N]>): Promise<Reply<RouteOutput<Routes[N]>>> {
      asked.push({ name, input })
      if (options.waits?.includes(name)) return new Promise(() => undefined)
      if (options.refuses?.includes(name)) {
        return { ok: false, problem: problemOf('CARRIER_FAILED', 'The carrier answered 429. Nothing was changed.') }
      }
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
      queueMicrotask(() => listener({ type: 'setup', setup: options.setup ?? SETUP }))
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
