// Where numbers lead. A call follows the installation-wide route, so the route is the truth and decides alone: it changes
// by compare-and-set, and a number cannot lead to two agents. The number's own document and the agents' lists are written
// after the route and looked at again, so that of several changes at once they end up saying what the route says.
import type { TenantActor } from '../access/actor.ts'
import { agents } from '../agents/agent-records.ts'
import { RelayError } from '../platform/errors.ts'
import { newSecret } from '../platform/ids.ts'
import type { DocStore } from '../store/doc-store.ts'
import { type NumberRecord, numberRoutesOf, phoneNumbers } from './number-records.ts'

export interface Lead {
  record: NumberRecord
  /** Where calls go now. */
  agent_id: string | null
}
/** One change of where a number leads. */
export interface Claim {
  phone_number: string
  from: string | null
  to: string | null
  /** Stays on the route until the next change, so that this one and no other is taken back. */
  change: string
}

export interface NumberLeads {
  /** Those of the numbers that the tenant has, in no order. */
  read(actor: TenantActor, numbers: readonly string[]): Promise<Lead[]>
  /** Every number that leads to an agent, also one that has left the account. */
  ofAgent(actor: TenantActor, agent_id: string): Promise<string[]>
  /** @throws RelayError NUMBER_ALREADY_ASSIGNED, VERSION_CONFLICT, NOT_FOUND; then `takeBack` has to follow */
  claim(actor: TenantActor, claim: Claim): Promise<void>
  /** Whether nobody changed the number after this claim. */
  holds(actor: TenantActor, claim: Claim): Promise<boolean>
  /** Undoes a claim. One that was not made, or that somebody has changed since, stays as it is. */
  takeBack(actor: TenantActor, claim: Claim): Promise<void>
  /** Takes a number that has left the account off its agent. @returns the agent */
  clear(actor: TenantActor, phone_number: string): Promise<string | null>
  /** Makes the number's document and the lists of these agents say what the route says; until they do, once more. */
  settle(actor: TenantActor, phone_number: string, agent_ids: readonly (string | null)[]): Promise<Settled>
}
interface Settled {
  /** False when it has left the account. */
  has_number: boolean
  /** Those of the agents that were deleted. */
  gone: ReadonlySet<string>
}

export function createNumberLeads(store: DocStore): NumberLeads {
  const numbersOf = (actor: TenantActor) => phoneNumbers(store.forTenant(actor.scope))
  const agentsOf = (actor: TenantActor) => agents(store.forTenant(actor.scope))
  const routes = numberRoutesOf(store)
  const of = (actor: TenantActor, phone_number: string) => ({ _id: phone_number, tenant_id: actor.scope.tenant_id })

  /** @returns false when the agent is not there any more */
  async function list(actor: TenantActor, agent_id: string, phone_number: string, isTheirs: boolean): Promise<boolean> {
    const change = { phone_numbers: phone_number }
    const update = isTheirs ? { $addToSet: change } : { $pull: change }
    return (await agentsOf(actor).updateOne({ _id: agent_id }, update)).matched > 0
  }

  async function settle(
    actor: TenantActor,
    phone_number: string,
    agent_ids: readonly (string | null)[],
  ): Promise<Settled> {
    const route = of(actor, phone_number)
    const routed = async () => (await routes.findOne(route))?.agent_id ?? null
    const involved = new Set(agent_ids)
    const gone = new Set<string>()
    for (let leads_to = await routed(); ; ) {
      const { matched } = await numbersOf(actor).updateOne(
        { _id: phone_number, status: { $ne: 'released' } },
        { $set: { assigned_agent: leads_to, status: leads_to ? 'assigned' : 'available' } },
      )
      for (const agent_id of involved.add(leads_to)) {
        if (agent_id === null) continue
        const isThere = await list(actor, agent_id, phone_number, agent_id === leads_to)
        if (!isThere) gone.add(agent_id)
      }
      const has_number = matched > 0
      // What has left the account leads nowhere, also when it comes back; and nothing leads to an agent that is gone.
      if (leads_to !== null && (!has_number || gone.has(leads_to)))
        await routes.updateOne({ ...route, agent_id: leads_to }, { $set: { agent_id: null, change: newSecret() } })
      const now = await routed()
      if (now === leads_to) return { has_number, gone }
      leads_to = now
    }
  }

  /** Why a claim found another route than the one it was made for. */
  async function conflict(actor: TenantActor, { phone_number, to }: Claim): Promise<RelayError> {
    const now = await routes.findOne(of(actor, phone_number))
    return now?.agent_id && to && now.agent_id !== to
      ? new RelayError('NUMBER_ALREADY_ASSIGNED', {
          detail: `${phone_number} was given to another agent meanwhile. Nothing was changed; read the numbers again.`,
        })
      : new RelayError('VERSION_CONFLICT', {
          detail: `${phone_number} was changed by somebody else meanwhile. Nothing was changed; read the numbers again.`,
        })
  }

  return {
    settle,

    async read(actor, numbers) {
      const _id = { $in: [...numbers] }
      const [records, theirs] = await Promise.all([
        numbersOf(actor).find({ _id, status: { $ne: 'released' } }),
        routes.find({ _id, tenant_id: actor.scope.tenant_id }),
      ])
      const routed = new Map(theirs.map((route) => [route._id, route.agent_id]))
      return records.flatMap((record) => {
        const agent_id = routed.get(record._id)
        return agent_id === undefined ? [] : [{ record, agent_id }]
      })
    },

    async ofAgent(actor, agent_id) {
      const theirs = await routes.find({ tenant_id: actor.scope.tenant_id, agent_id }, { sort: { _id: 1 } })
      return theirs.map((route) => route._id)
    },

    async claim(actor, claim) {
      const { phone_number, from, to, change } = claim
      const { matched } = await routes.updateOne(
        { ...of(actor, phone_number), agent_id: from },
        { $set: { agent_id: to, change } },
      )
      if (matched === 0) throw await conflict(actor, claim)
      const { has_number, gone } = await settle(actor, phone_number, [from, to])
      if (!has_number)
        throw new RelayError('NUMBER_NOT_OURS', {
          detail: `${phone_number} has left the carrier's account meanwhile. Nothing was changed.`,
        })
      if (to !== null && gone.has(to))
        throw new RelayError('NOT_FOUND', { detail: 'The agent was deleted meanwhile. Nothing was changed.' })
    },

    holds: async (actor, { phone_number, change }) =>
      (await routes.findOne({ ...of(actor, phone_number), change })) !== null,

    async takeBack(actor, { phone_number, from, to, change }) {
      await routes.updateOne({ ...of(actor, phone_number), change }, { $set: { agent_id: from, change: newSecret() } })
      await settle(actor, phone_number, [from, to])
    },

    async clear(actor, phone_number) {
      const before = await routes.findOneAndUpdate(
        of(actor, phone_number),
        { $set: { agent_id: null, change: newSecret() } },
        { return_document: 'before' },
      )
      const record = await numbersOf(actor).findOneAndUpdate(
        { _id: phone_number, status: 'released' },
        { $set: { assigned_agent: null } },
        { return_document: 'before' },
      )
      await settle(actor, phone_number, [before?.agent_id ?? null, record?.assigned_agent ?? null])
      return before?.agent_id ?? record?.assigned_agent ?? null
    },
  }
}
