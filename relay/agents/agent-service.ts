// Agents: made, changed, paused, deleted; every saved state is a version, and the next call follows it.
import type { AgentChange, NewAgent } from '../../shared/contract/agents.ts'
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import { mergeWithinLimit } from '../context/merge-within-limit.ts'
import type { NumberService } from '../numbers/number-service.ts'
import { RelayError } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { readPage } from '../platform/pages.ts'
import type { Clock, EventLog } from '../platform/ports.ts'
import type { DocStore } from '../store/doc-store.ts'
import type { TenantRecord } from '../tenants/tenant-records.ts'
import type { VersionQuota } from '../tenants/version-quota.ts'
import { type AgentRecord, type AgentStatistics, agents, agentVersions, NO_STATISTICS } from './agent-records.ts'

export interface AgentService {
  listAgents: Handler<Routes['listAgents']>
  createAgent: Handler<Routes['createAgent']>
  getAgent: Handler<Routes['getAgent']>
  replaceAgent: Handler<Routes['replaceAgent']>
  changeAgent: Handler<Routes['changeAgent']>
  deleteAgent: Handler<Routes['deleteAgent']>
  listAgentVersions: Handler<Routes['listAgentVersions']>
  updateAgentContext: Handler<Routes['updateAgentContext']>
}

/** How often an agent that has a place waits for those that have none to go. After that it goes too: the limit comes first. */
const LOOKS = 5

export function createAgentService(deps: {
  store: DocStore
  events: EventLog
  clock: Clock
  numbers: Pick<NumberService, 'assignFree' | 'releaseFrom' | 'agentDeleted'>
  tenantOf: (tenant_id: string) => Promise<TenantRecord | null>
  quota: VersionQuota
  statistics: (actor: TenantActor, agent_ids: readonly string[]) => Promise<Map<string, AgentStatistics>>
}): AgentService {
  const { store, events, clock } = deps
  const agentsOf = (actor: TenantActor) => agents(store.forTenant(actor.scope))

  async function found(actor: TenantActor, agent_id: string): Promise<AgentRecord> {
    const agent = await agentsOf(actor).findOne({ _id: agent_id })
    if (!agent) throw new RelayError('NOT_FOUND')
    return agent
  }

  async function shown(actor: TenantActor, agent: AgentRecord) {
    return { ...agent, statistics: (await deps.statistics(actor, [agent._id])).get(agent._id) ?? NO_STATISTICS }
  }

  async function keepVersion(actor: TenantActor, agent: AgentRecord, note: string | null): Promise<void> {
    const { _id, tenant_id, created_at: _made, updated_at: _changed, ...snapshot } = agent
    await agentVersions(store.forTenant(actor.scope)).insertOne({
      _id: `${_id}.${agent.version}`,
      tenant_id,
      agent_id: _id,
      version: agent.version,
      snapshot: snapshot as never,
      changed_by: { id: actor.user.id, name: actor.user.name },
      changed_at: agent.updated_at,
      note,
    })
  }

  /** Saves a change as the next version. Refused when somebody saved in between. */
  async function write(
    actor: TenantActor,
    agent: AgentRecord,
    change: Partial<AgentRecord>,
    expected_version: number | undefined,
  ): Promise<AgentRecord> {
    if (expected_version !== undefined && expected_version !== agent.version)
      throw new RelayError('VERSION_CONFLICT', { current_version: agent.version })
    const saved = await agentsOf(actor).findOneAndUpdate(
      { _id: agent._id, version: agent.version },
      { $set: { ...change, version: agent.version + 1, updated_at: clock.now() } },
      { return_document: 'after' },
    )
    if (!saved) throw new RelayError('VERSION_CONFLICT', { current_version: agent.version + 1 })
    return saved
  }

  async function tell(actor: TenantActor, saved: AgentRecord) {
    const result = await shown(actor, saved)
    events.append({ event_type: 'agent.updated', tenant_id: actor.scope.tenant_id, agent: result })
    return result
  }

  /** Makes the agent's numbers those of the list, or leaves them as they were. */
  async function leadNumbers(actor: TenantActor, agent: AgentRecord, wanted: readonly string[]): Promise<void> {
    const lost = agent.phone_numbers.filter((number) => !wanted.includes(number))
    const won = wanted.filter((number) => !agent.phone_numbers.includes(number))
    if (won.length > 0) await deps.numbers.assignFree(actor, agent._id, won)
    if (lost.length === 0) return
    try {
      await deps.numbers.releaseFrom(actor, agent._id, lost)
    } catch (error) {
      if (won.length > 0) await deps.numbers.releaseFrom(actor, agent._id, won)
      throw error
    }
  }

  /** The version comes first: a stale one moves no numbers. If the numbers cannot be moved, the agent is as before. */
  async function change(actor: TenantActor, agent_id: string, body: AgentChange) {
    const agent = await found(actor, agent_id)
    const { expected_version, note, phone_numbers, ...fields } = body
    const save = async () => {
      let saved = await write(actor, agent, fields, expected_version)
      if (phone_numbers) {
        try {
          await leadNumbers(actor, saved, phone_numbers)
        } catch (error) {
          const { _id, tenant_id: _tenant, phone_numbers: _numbers, ...before } = agent
          await agentsOf(actor).updateOne({ _id, version: saved.version }, { $set: before })
          throw error
        }
        saved = await found(actor, agent_id)
      }
      await keepVersion(actor, saved, note ?? null)
      return saved
    }
    const isPause = agent.is_active && fields.is_active === false && !phone_numbers && Object.keys(fields).length === 1
    return tell(actor, await deps.quota.keep(actor, { ...agent, ...body }, save, isPause))
  }

  /**
   * Whether an agent that was just made may stay: agents made at the same time, perhaps at another relay, were not
   * counted before. It stays only after a count that was within the limit, so of all that stay the last one has counted
   * the others. The newest go (an id begins with its time) and the others look again, so that not all go for one place.
   */
  async function isWithin(actor: TenantActor, agent_id: string, limit: number): Promise<boolean> {
    for (let look = 0; look < LOOKS; look++) {
      if ((await agentsOf(actor).count({})) <= limit) return true
      if ((await agentsOf(actor).count({ _id: { $lt: agent_id } })) >= limit) return false
    }
    return false
  }

  return {
    async listAgents(actor, { query }) {
      const filter = query.is_active === undefined ? {} : { is_active: query.is_active }
      const page = await readPage(
        query,
        'date',
        (step) => agentsOf(actor).find(filter, { sort: { created_at: -1 }, ...step }),
        (agent) => agent.created_at,
      )
      const statistics = await deps.statistics(
        actor,
        page.items.map((agent) => agent._id),
      )
      const items = page.items.map((agent) => ({ ...agent, statistics: statistics.get(agent._id) ?? NO_STATISTICS }))
      return { ...page, items }
    },

    async createAgent(actor, { body }) {
      const limit = (await deps.tenantOf(actor.scope.tenant_id))?.limits.agents ?? 0
      if ((await agentsOf(actor).count({})) >= limit) throw limitReached(limit)
      const now = clock.now()
      const id = newId('agt', now)
      const { phone_numbers, ...fields } = body as NewAgent
      const agent: AgentRecord = {
        _id: id,
        id,
        tenant_id: actor.scope.tenant_id,
        ...fields,
        phone_numbers: [],
        version: 1,
        created_at: now,
        updated_at: now,
      }
      await deps.quota.keep(actor, { ...agent, phone_numbers }, async () => {
        await agentsOf(actor).insertOne(agent)
        try {
          if (!(await isWithin(actor, id, limit))) throw limitReached(limit)
          if (phone_numbers.length > 0) await deps.numbers.assignFree(actor, id, phone_numbers)
        } catch (error) {
          await agentsOf(actor).deleteMany({ _id: id })
          throw error
        }
        await keepVersion(actor, { ...agent, phone_numbers }, null)
      })
      const result = { ...agent, phone_numbers, statistics: NO_STATISTICS }
      events.append({ event_type: 'agent.created', tenant_id: actor.scope.tenant_id, agent: result })
      return result
    },

    getAgent: async (actor, { params }) => shown(actor, await found(actor, params.agent_id)),
    replaceAgent: (actor, { params, body }) => change(actor, params.agent_id, body),
    changeAgent: (actor, { params, body }) => change(actor, params.agent_id, body),

    async deleteAgent(actor, { params }) {
      const agent = await found(actor, params.agent_id)
      await deps.numbers.releaseFrom(actor, agent._id)
      await agentsOf(actor).deleteMany({ _id: agent._id })
      await deps.numbers.agentDeleted(actor, agent._id)
      events.append({ event_type: 'agent.deleted', tenant_id: actor.scope.tenant_id, agent_id: agent._id })
    },

    async listAgentVersions(actor, { params, query }) {
      await found(actor, params.agent_id)
      const versions = agentVersions(store.forTenant(actor.scope))
      return readPage(
        query,
        'number',
        (step) => versions.find({ agent_id: params.agent_id }, { sort: { version: -1 }, ...step }),
        (version) => version.version,
      )
    },

    async updateAgentContext(actor, { params, body }) {
      const agent = await found(actor, params.agent_id)
      const context_data = body.mode === 'merge' ? mergeWithinLimit(agent.context_data, body.context) : body.context
      const saved = await deps.quota.keep(actor, { ...agent, context_data, reason: body.reason }, async () => {
        const saved = await write(actor, agent, { context_data }, body.expected_version)
        await keepVersion(actor, saved, body.reason ?? null)
        return saved
      })
      return tell(actor, saved)
    },
  }
}

const limitReached = (limit: number): RelayError =>
  new RelayError('AGENT_LIMIT_REACHED', {
    detail: `This tenant may have ${limit} agents. Delete one, or have the limit raised.`,
  })
