// What an empty store begins with: the demo's two companies, or the first admin. Done once; a second start keeps what is there.
import type { DemoUser } from '../../shared/contract/access.ts'
import type { NewAgent } from '../../shared/contract/agents.ts'
import type { IsolationLevel, TenantLimits } from '../../shared/contract/tenants.ts'
import type { Role } from '../../shared/permissions.ts'
import type { JsonObject } from '../../shared/primitives.ts'
import { type UserRecord, users } from '../access/access-records.ts'
import type { Passwords } from '../access/passwords.ts'
import { agents, agentVersions } from '../agents/agent-records.ts'
import type { CarrierNumber, NumberProvider } from '../numbers/number-ports.ts'
import { numberRoutesOf, phoneNumbers } from '../numbers/number-records.ts'
import { newId } from '../platform/ids.ts'
import type { Clock } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { DEMO_TENANTS, DEMO_USERS } from './demo-tenants.ts'
import { type TenantRecord, tenants } from './tenant-records.ts'

export interface FirstTenantsDeps {
  store: DocStore
  passwords: Passwords
  provider: NumberProvider
  clock: Clock
  isolation_level: IsolationLevel
  limits: TenantLimits
}

export type DemoAgent = Partial<NewAgent> & Pick<NewAgent, 'name' | 'type' | 'system_prompt' | 'voice'>
export interface DemoTenant {
  key: 'acme' | 'northwind'
  id: string
  name: string
  time_zone: string
  business_context: JsonObject
  agents: DemoAgent[]
  /** Numbers that lead to nobody yet. */
  spare_numbers: string[]
}

async function addTenant(
  deps: FirstTenantsDeps,
  tenant: Pick<TenantRecord, 'id' | 'name' | 'time_zone' | 'business_context'>,
): Promise<void> {
  // Not in the record, so that it is raised with the setting for tenants that are there, too.
  const { version_megabytes: _default, ...limits } = deps.limits
  await tenants(deps.store).insertOne({
    ...tenant,
    _id: tenant.id,
    status: 'active',
    isolation_level: deps.isolation_level,
    limits: limits as TenantLimits,
    created_at: deps.clock.now(),
  })
}

async function addUser(
  deps: FirstTenantsDeps,
  user: {
    email: string
    name: string
    password: string
    memberships: { tenant_id: string; roles: Role[] }[]
    platform_roles?: Role[]
  },
): Promise<void> {
  const now = deps.clock.now()
  const record: UserRecord = {
    _id: newId('usr', now),
    email: user.email.toLowerCase(),
    name: user.name,
    password_hash: await deps.passwords.hash(user.password),
    memberships: user.memberships,
    platform_roles: user.platform_roles ?? [],
    created_at: now,
  }
  await users(deps.store).insertOne(record)
}

/**
 * Everyone knows the passwords of the demo's users: on a store that was the demo's before they may not sign in, until it
 * is the demo's again.
 */
export async function letDemoUsersIn({ store, clock }: FirstTenantsDeps, isDemo: boolean): Promise<void> {
  const theirs = { email: { $in: DEMO_USERS.map(({ email }) => email) } }
  await users(store).updateMany(theirs, { $set: { disabled_at: isDemo ? null : clock.now() } })
}

/** The demo's tenants, users, agents and numbers. Nothing happens when there is a tenant already. */
export async function seedDemo(deps: FirstTenantsDeps): Promise<void> {
  if ((await tenants(deps.store).count({})) > 0) return
  const carrier = await deps.provider.list()
  for (const tenant of DEMO_TENANTS) {
    await addTenant(deps, tenant)
    for (const agent of tenant.agents) await addAgent(deps, tenant, agent, carrier)
    for (const number of carrier.filter((known) => tenant.spare_numbers.includes(known.phone_number))) {
      await numberRoutesOf(deps.store).insertOne({ _id: number.phone_number, tenant_id: tenant.id, agent_id: null })
      await phoneNumbers(deps.store.forTenant(tenantScope(tenant.id, 'relay'))).insertOne({
        ...number,
        _id: number.phone_number,
        tenant_id: tenant.id,
        status: 'available',
        assigned_agent: null,
      })
    }
  }
  for (const user of DEMO_USERS) await addUser(deps, user)
}

async function addAgent(
  deps: FirstTenantsDeps,
  tenant: DemoTenant,
  agent: DemoAgent,
  carrier: CarrierNumber[],
): Promise<void> {
  const now = deps.clock.now()
  const id = newId('agt', now)
  const scoped = deps.store.forTenant(tenantScope(tenant.id, 'relay'))
  const phone_numbers = (agent.phone_numbers ?? []).filter((number) =>
    carrier.some((known) => known.phone_number === number),
  )
  const record = {
    _id: id,
    id,
    tenant_id: tenant.id,
    name: agent.name,
    type: agent.type,
    phone_numbers,
    system_prompt: agent.system_prompt,
    voice: agent.voice,
    greeting_message: agent.greeting_message ?? null,
    context_data: agent.context_data ?? {},
    is_active: agent.is_active ?? true,
    max_call_duration: agent.max_call_duration ?? 1800,
    version: 1,
    created_at: now,
    updated_at: now,
  }
  await agents(scoped).insertOne(record)
  const { _id, tenant_id, created_at: _made, updated_at: _changed, ...snapshot } = record
  await agentVersions(scoped).insertOne({
    _id: `${id}.1`,
    tenant_id,
    agent_id: id,
    version: 1,
    snapshot: snapshot as never,
    changed_by: { id: 'relay', name: 'Phony' },
    changed_at: now,
    note: 'Made with the demo',
  })
  for (const number of carrier.filter((known) => phone_numbers.includes(known.phone_number))) {
    const webhook_urls = await deps.provider.pointHere(number.twilio_sid)
    await numberRoutesOf(deps.store).insertOne({ _id: number.phone_number, tenant_id: tenant.id, agent_id: id })
    await phoneNumbers(scoped).insertOne({
      ...number,
      webhook_urls,
      _id: number.phone_number,
      tenant_id: tenant.id,
      status: 'assigned',
      assigned_agent: id,
    })
  }
}

/** The first tenant and its admin, where nobody may sign in yet. @returns false when there is someone already */
export async function addFirstAdmin(
  deps: FirstTenantsDeps,
  admin: { email: string; password: string },
): Promise<boolean> {
  if ((await users(deps.store).count({ disabled_at: null })) > 0) return false
  const id = newId('tnt', deps.clock.now())
  await addTenant(deps, { id, name: 'My company', time_zone: 'UTC', business_context: {} })
  await addUser(deps, {
    ...admin,
    name: 'Admin',
    memberships: [{ tenant_id: id, roles: ['tenant_admin'] }],
    platform_roles: ['platform_admin'],
  })
  return true
}

/** One-click users for the sign-in screen. */
export function demoUsers(): DemoUser[] {
  return DEMO_USERS.flatMap((user) => {
    const first = user.memberships[0]
    const tenant = DEMO_TENANTS.find((known) => known.id === first?.tenant_id)
    return first && tenant
      ? [
          {
            email: user.email,
            name: user.name,
            password: user.password,
            tenant_id: tenant.id,
            tenant_name: user.memberships
              .map((membership) => DEMO_TENANTS.find((known) => known.id === membership.tenant_id)?.name)
              .join(', '),
            roles: first.roles,
          },
        ]
      : []
  })
}
