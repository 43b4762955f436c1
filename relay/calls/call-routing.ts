// Who has a dialled number, asked of the store; while the store is away, answered from what was read last. Walk (ii).
import { type AgentRecord, agents } from '../agents/agent-records.ts'
import { numberRoutesOf } from '../numbers/number-records.ts'
import { messageOf } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Clock } from '../platform/ports.ts'
import { type DocStore, StoreError } from '../store/doc-store.ts'
import { tenantScope } from '../store/tenant-scope.ts'
import { type TenantRecord, tenants } from '../tenants/tenant-records.ts'

export interface NumberOwner {
  tenant: TenantRecord
  /** Null when no agent is on the number. */
  agent: AgentRecord | null
}
export interface CallRouting {
  /** @returns null for a number nobody here has. @throws StoreError when the store is away and nothing is remembered */
  find(phone_number: string): Promise<NumberOwner | null>
  /** Reads everything anew, for when the store goes away. */
  refresh(): Promise<void>
  close(): void
}

const REFRESH_MS = 60_000
/** Older than this, what is remembered may be quite wrong. Source: data notes, "stale at most 15 minutes". */
const STALE_MS = 15 * 60_000

export function createCallRouting(deps: { store: DocStore; clock: Clock; log: Logger }): CallRouting {
  const { store, clock } = deps
  let remembered = new Map<string, NumberOwner>()
  let read_at_ms = Number.NEGATIVE_INFINITY

  async function ask(phone_number: string): Promise<NumberOwner | null> {
    const route = await numberRoutesOf(store).findOne({ _id: phone_number })
    const tenant = route && (await tenants(store).findOne({ _id: route.tenant_id }))
    if (!route || !tenant) return null
    const scope = tenantScope(tenant.id, 'webhook')
    const agent = route.agent_id ? await agents(store.forTenant(scope)).findOne({ _id: route.agent_id }) : null
    return { tenant, agent }
  }

  async function refresh(): Promise<void> {
    const [routes, owners] = await Promise.all([numberRoutesOf(store).find({}), tenants(store).find({})])
    const read = new Map<string, NumberOwner>()
    for (const tenant of owners) {
      const own = routes.filter((route) => route.tenant_id === tenant.id)
      if (own.length === 0) continue
      const staff = await agents(store.forTenant(tenantScope(tenant.id, 'relay'))).find({})
      for (const route of own)
        read.set(route._id, { tenant, agent: staff.find((agent) => agent._id === route.agent_id) ?? null })
    }
    remembered = read
    read_at_ms = clock.monotonic_ms()
  }

  const refreshing = setInterval(
    () =>
      void refresh().catch((error: unknown) =>
        deps.log.warn('The numbers could not be read; the last ones are remembered', { error: messageOf(error) }),
      ),
    REFRESH_MS,
  )

  return {
    async find(phone_number) {
      try {
        const owner = await ask(phone_number)
        if (owner) remembered.set(phone_number, owner)
        else remembered.delete(phone_number)
        return owner
      } catch (error) {
        if (!isAway(error) || clock.monotonic_ms() - read_at_ms > STALE_MS) throw error
        deps.log.warn('A call was routed from memory: the store is away', { error: messageOf(error) })
        return remembered.get(phone_number) ?? null
      }
    },
    refresh,
    close: () => clearInterval(refreshing),
  }
}

/** The store does not answer, as opposed to: it said no. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')
}
