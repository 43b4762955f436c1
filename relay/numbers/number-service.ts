// Numbers: reading the carrier's list, and leading each number to exactly one agent.
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import { agents, NO_STATISTICS } from '../agents/agent-records.ts'
import { readStatistics } from '../analytics/agent-statistics.ts'
import { RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { pageOf, startAfter } from '../platform/pages.ts'
import type { EventLog } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import { createNumberMoves } from './move-numbers.ts'
import { createNumberLeads, type Lead } from './number-leads.ts'
import type { NumberProvider } from './number-ports.ts'
import { type NumberRecord, phoneNumbers } from './number-records.ts'
import { planSync } from './sync-numbers.ts'

export interface NumberService {
  listNumbers: Handler<Routes['listNumbers']>
  syncNumbers: Handler<Routes['syncNumbers']>
  assignNumbers: Handler<Routes['assignNumbers']>
  releaseNumbers: Handler<Routes['releaseNumbers']>
  /** For an agent that is being saved: refuses a number that leads to another agent instead of moving it. */
  assignFree(actor: TenantActor, agent_id: string, numbers: readonly string[]): Promise<void>
  /** Takes numbers off an agent: these, or all it has. One that leads elsewhere by now is left alone. */
  releaseFrom(actor: TenantActor, agent_id: string, numbers?: readonly string[]): Promise<void>
  /** Numbers that were still given to an agent while it was being deleted become available. */
  agentDeleted(actor: TenantActor, agent_id: string): Promise<void>
}

interface Assignment {
  phone_number: string
  agent_id: string
}

export function createNumberService(deps: {
  store: DocStore
  events: EventLog
  provider: NumberProvider
  log: Logger
}): NumberService {
  const { store, provider, events } = deps
  const leads = createNumberLeads(store)
  const move = createNumberMoves({ store, leads, provider, log: deps.log })
  const numbersOf = (actor: TenantActor) => phoneNumbers(store.forTenant(actor.scope))

  async function known(actor: TenantActor, wanted: readonly string[]): Promise<Lead[]> {
    const found = await leads.read(actor, wanted)
    const missing = wanted.filter((number) => !found.some(({ record }) => record._id === number))
    if (missing.length > 0) {
      throw new RelayError('NUMBER_NOT_OURS', {
        detail: `${missing.join(', ')}: not among the numbers of this tenant. Nothing was changed.`,
      })
    }
    return found
  }

  /** Tells the consoles how numbers stand now. */
  async function tellNumbers(actor: TenantActor, numbers: readonly string[]): Promise<NumberRecord[]> {
    const records = await numbersOf(actor).find({ _id: { $in: [...numbers] } }, { sort: { _id: 1 } })
    for (const number of records)
      events.append({ event_type: 'number.updated', tenant_id: actor.scope.tenant_id, number })
    return records
  }

  /** Tells the consoles of agents whose numbers are others now. */
  async function tellAgents(actor: TenantActor, agent_ids: readonly (string | null)[]): Promise<void> {
    const tenant = store.forTenant(actor.scope)
    const wanted = [...new Set(agent_ids)].filter((agent_id) => agent_id !== null)
    const statistics = await readStatistics(tenant, wanted)
    for (const record of await agents(tenant).find({ _id: { $in: wanted } })) {
      const agent = { ...record, statistics: statistics.get(record._id) ?? NO_STATISTICS }
      events.append({ event_type: 'agent.updated', tenant_id: actor.scope.tenant_id, agent })
    }
  }

  async function refuseWrongAgents(actor: TenantActor, assignments: readonly Assignment[]): Promise<void> {
    const agent_ids = [...new Set(assignments.map(({ agent_id }) => agent_id))]
    const found = await agents(store.forTenant(actor.scope)).find({ _id: { $in: agent_ids } })
    if (found.length !== agent_ids.length)
      throw new RelayError('NOT_FOUND', { detail: 'An agent of the list is not there. Nothing was changed.' })
    const outbound = found.find((agent) => agent.type === 'outbound')
    if (outbound)
      throw new RelayError('AGENT_CANNOT_ANSWER', {
        detail: `${outbound.name} is an outbound agent and answers no calls. Nothing was changed.`,
      })
  }

  /** @returns where the numbers led before */
  async function assign(
    actor: TenantActor,
    assignments: readonly Assignment[],
    mayMove: (lead: Lead, agent_id: string) => boolean,
  ): Promise<Lead[]> {
    const wanted = assignments.map(({ phone_number }) => phone_number)
    const before = await known(actor, wanted)
    if (before.length !== wanted.length)
      throw new RelayError('BODY_INVALID', { detail: 'A number stands in the list twice. Nothing was changed.' })
    const agentFor = new Map(assignments.map(({ phone_number, agent_id }) => [phone_number, agent_id]))
    const moves = before.map((lead) => ({ lead, agent_id: agentFor.get(lead.record._id) as string }))
    const taken = moves.find(({ lead, agent_id }) => !mayMove(lead, agent_id))
    if (taken)
      throw new RelayError('NUMBER_ALREADY_ASSIGNED', {
        detail: `${taken.lead.record._id} leads to another agent. Release it first. Nothing was changed.`,
      })
    await refuseWrongAgents(actor, assignments)
    await move(actor, moves)
    return before
  }

  return {
    async assignFree(actor, agent_id, numbers) {
      const assignments = numbers.map((phone_number) => ({ phone_number, agent_id }))
      await assign(actor, assignments, (lead) => lead.agent_id === null || lead.agent_id === agent_id)
      await tellNumbers(actor, numbers)
    },

    async releaseFrom(actor, agent_id, numbers) {
      const all = await leads.ofAgent(actor, agent_id)
      const theirs = numbers ? all.filter((number) => numbers.includes(number)) : all
      const here = await leads.read(actor, theirs)
      await move(
        actor,
        here.filter((lead) => lead.agent_id === agent_id).map((lead) => ({ lead, agent_id: null })),
      )
      // What has left the account, and what only the agent's own list still names.
      for (const number of theirs)
        if (!here.some(({ record }) => record._id === number)) await leads.clear(actor, number)
      for (const number of numbers ?? []) if (!theirs.includes(number)) await leads.settle(actor, number, [agent_id])
      await tellNumbers(actor, theirs)
    },

    async agentDeleted(actor, agent_id) {
      const theirs = await leads.ofAgent(actor, agent_id)
      for (const number of theirs) await leads.settle(actor, number, [agent_id])
      await tellNumbers(actor, theirs)
    },

    async listNumbers(actor, { query }) {
      const { after } = startAfter(query.cursor, 'text')
      const items = await numbersOf(actor).find(
        { status: { $ne: 'released' } },
        // In the order of the `_id` alone there is no other value to start after.
        { sort: { _id: 1 }, limit: query.limit + 1, ...(after && { after: { ...after, values: [] } }) },
      )
      return pageOf(
        items,
        query.limit,
        (number) => number._id,
        (number) => number,
      )
    },

    async syncNumbers(actor, { body }) {
      const { added, updated, released, not_taken, changes } = await planSync(
        store,
        leads,
        actor,
        await provider.list(),
      )
      if (!body.dry_run) {
        const bereft: (string | null)[] = []
        for (const change of changes) bereft.push(await change())
        await tellNumbers(actor, [...added, ...updated, ...released])
        await tellAgents(actor, bereft)
      }
      const note = not_taken.length > 0 ? howToTake(actor.scope.tenant_id) : null
      return { added, updated, released, not_taken, note, dry_run: body.dry_run }
    },

    async assignNumbers(actor, { body }) {
      const before = await assign(actor, body.assignments, () => true)
      const numbers = await tellNumbers(
        actor,
        body.assignments.map(({ phone_number }) => phone_number),
      )
      await tellAgents(actor, [
        ...before.map((lead) => lead.agent_id),
        ...numbers.map((number) => number.assigned_agent),
      ])
      return { numbers }
    },

    async releaseNumbers(actor, { body }) {
      const before = await known(actor, body.phone_numbers)
      await move(
        actor,
        before.map((lead) => ({ lead, agent_id: null })),
      )
      const numbers = await tellNumbers(actor, body.phone_numbers)
      await tellAgents(
        actor,
        before.map((lead) => lead.agent_id),
      )
      return { numbers }
    },
  }
}

const howToTake = (tenant_id: string): string =>
  `Numbers of the carrier's account that belong to no tenant were left. A platform admin takes them with a sync, or gives them to this tenant by writing its id, ${tenant_id}, into their friendly names at the carrier.`
