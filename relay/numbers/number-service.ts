// Numbers: reading the carrier's list, and leading each number to exactly one agent.
import type { Routes } from '../../shared/routes.ts'
import type { Handler, TenantActor } from '../access/actor.ts'
import { agents } from '../agents/agent-records.ts'
import { RelayError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { EventLog } from '../platform/ports.ts'
import { type DocStore, StoreError } from '../store/doc-store.ts'
import type { CarrierNumber, NumberProvider } from './number-ports.ts'
import { type NumberRecord, numberRoutesOf, phoneNumbers } from './number-records.ts'

export interface NumberService {
  listNumbers: Handler<Routes['listNumbers']>
  syncNumbers: Handler<Routes['syncNumbers']>
  assignNumbers: Handler<Routes['assignNumbers']>
  releaseNumbers: Handler<Routes['releaseNumbers']>
  /** @param options.only_available refuses a number that leads to another agent instead of moving it */
  assign(
    actor: TenantActor,
    assignments: { phone_number: string; agent_id: string }[],
    options?: { only_available?: boolean },
  ): Promise<NumberRecord[]>
  release(actor: TenantActor, numbers: string[]): Promise<NumberRecord[]>
}

export function createNumberService(deps: {
  store: DocStore
  events: EventLog
  provider: NumberProvider
  log: Logger
}): NumberService {
  const { store, provider } = deps
  const numbersOf = (actor: TenantActor) => phoneNumbers(store.forTenant(actor.scope))

  async function known(actor: TenantActor, wanted: string[]): Promise<Map<string, NumberRecord>> {
    const found = await numbersOf(actor).find({ _id: { $in: wanted }, status: { $ne: 'released' } })
    const missing = wanted.filter((number) => !found.some((record) => record._id === number))
    if (missing.length > 0) {
      throw new RelayError('NUMBER_NOT_OURS', {
        detail: `${missing.join(', ')}: not among the numbers of this tenant. Nothing was changed.`,
      })
    }
    return new Map(found.map((record) => [record._id, record]))
  }

  /** Writes the numbers one by one and, when one fails, puts back those that were written: all or nothing. */
  async function lead(
    actor: TenantActor,
    changes: { record: NumberRecord; agent_id: string | null; webhook_urls: NumberRecord['webhook_urls'] }[],
  ): Promise<NumberRecord[]> {
    const written: typeof changes = []
    try {
      for (const change of changes) {
        written.push(change)
        await write(actor, change.record, change.agent_id, change.webhook_urls)
      }
    } catch (error) {
      for (const { record, agent_id } of written.reverse()) {
        await write(actor, { ...record, assigned_agent: agent_id }, record.assigned_agent, record.webhook_urls).catch(
          (failure: unknown) =>
            deps.log.warn('A number could not be put back after a failed change', {
              tenant_id: actor.scope.tenant_id,
              error: String(failure),
            }),
        )
      }
      throw error
    }
    return announce(
      actor,
      changes.map(({ record }) => record._id),
    )
  }

  /** Tells the consoles how numbers stand now. */
  async function announce(actor: TenantActor, numbers: string[]): Promise<NumberRecord[]> {
    const records = await numbersOf(actor).find({ _id: { $in: numbers } }, { sort: { _id: 1 } })
    for (const number of records)
      deps.events.append({ event_type: 'number.updated', tenant_id: actor.scope.tenant_id, number })
    return records
  }

  async function write(
    actor: TenantActor,
    before: NumberRecord,
    agent_id: string | null,
    webhook_urls: NumberRecord['webhook_urls'],
  ): Promise<void> {
    const phone_number = before._id
    const agentsHere = agents(store.forTenant(actor.scope))
    await numbersOf(actor).updateOne(
      { _id: phone_number },
      { $set: { assigned_agent: agent_id, status: agent_id ? 'assigned' : 'available', webhook_urls } },
    )
    await numberRoutesOf(store).updateOne(
      { _id: phone_number, tenant_id: actor.scope.tenant_id },
      { $set: { agent_id } },
    )
    if (before.assigned_agent)
      await agentsHere.updateOne({ _id: before.assigned_agent }, { $pull: { phone_numbers: phone_number } })
    if (agent_id) await agentsHere.updateOne({ _id: agent_id }, { $addToSet: { phone_numbers: phone_number } })
  }

  async function assign(
    actor: TenantActor,
    assignments: { phone_number: string; agent_id: string }[],
    options: { only_available?: boolean } = {},
  ): Promise<NumberRecord[]> {
    const records = await known(
      actor,
      assignments.map(({ phone_number }) => phone_number),
    )
    const taken = assignments.find(
      ({ phone_number, agent_id }) => ![null, agent_id].includes(records.get(phone_number)?.assigned_agent ?? null),
    )
    if (options.only_available && taken)
      throw new RelayError('NUMBER_ALREADY_ASSIGNED', {
        detail: `${taken.phone_number} leads to another agent. Release it first. Nothing was changed.`,
      })
    if (records.size !== assignments.length)
      throw new RelayError('BODY_INVALID', { detail: 'A number stands in the list twice. Nothing was changed.' })
    const agent_ids = [...new Set(assignments.map(({ agent_id }) => agent_id))]
    const found = await agents(store.forTenant(actor.scope)).find({ _id: { $in: agent_ids } })
    if (found.length !== agent_ids.length)
      throw new RelayError('NOT_FOUND', { detail: 'An agent of the list is not there. Nothing was changed.' })
    const outbound = found.find((agent) => agent.type === 'outbound')
    if (outbound)
      throw new RelayError('AGENT_CANNOT_ANSWER', {
        detail: `${outbound.name} is an outbound agent and answers no calls. Nothing was changed.`,
      })
    const changes = await Promise.all(
      assignments.map(async ({ phone_number, agent_id }) => {
        const record = records.get(phone_number) as NumberRecord
        return { record, agent_id, webhook_urls: await provider.pointHere(record.twilio_sid) }
      }),
    )
    return lead(actor, changes)
  }

  async function release(actor: TenantActor, numbers: string[]): Promise<NumberRecord[]> {
    const records = await known(actor, numbers)
    return lead(
      actor,
      [...records.values()].map((record) => ({ record, agent_id: null, webhook_urls: record.webhook_urls })),
    )
  }

  return {
    assign,
    release,

    async listNumbers(actor, { query }) {
      const after = query.cursor ? { values: [query.cursor], _id: query.cursor } : undefined
      const items = await numbersOf(actor).find(
        { status: { $ne: 'released' } },
        { sort: { _id: 1 }, limit: query.limit + 1, ...(after ? { after } : {}) },
      )
      const shown = items.slice(0, query.limit)
      return { items: shown, next_cursor: items.length > query.limit ? (shown.at(-1)?._id ?? null) : null }
    },

    async syncNumbers(actor, { body }) {
      const theirs = await provider.list()
      const plan = await planSync(store, actor, theirs)
      if (!body.dry_run) {
        for (const change of plan.changes) await change()
        await announce(actor, [...plan.added, ...plan.updated, ...plan.released])
      }
      return { added: plan.added, updated: plan.updated, released: plan.released, dry_run: body.dry_run }
    },

    assignNumbers: async (actor, { body }) => ({ numbers: await assign(actor, body.assignments) }),
    releaseNumbers: async (actor, { body }) => ({ numbers: await release(actor, body.phone_numbers) }),
  }
}

/** What a sync would do: numbers nobody here has become this tenant's; another tenant's are passed by unseen. */
async function planSync(store: DocStore, actor: TenantActor, theirs: CarrierNumber[]) {
  const numbers = phoneNumbers(store.forTenant(actor.scope))
  const tenant_id = actor.scope.tenant_id
  const ours = new Map((await numbers.find({})).map((record) => [record._id, record]))
  const plan = {
    added: [] as string[],
    updated: [] as string[],
    released: [] as string[],
    changes: [] as (() => Promise<unknown>)[],
  }
  for (const carrier of theirs) {
    const known = ours.get(carrier.phone_number)
    const route = known ? null : await numberRoutesOf(store).findOne({ _id: carrier.phone_number })
    if (route && route.tenant_id !== tenant_id) continue
    const { twilio_sid, friendly_name, capabilities, webhook_urls } = carrier
    if (!known) {
      plan.added.push(carrier.phone_number)
      plan.changes.push(() => claim(store, actor, carrier))
    } else if (
      known.status === 'released' ||
      known.friendly_name !== friendly_name ||
      JSON.stringify(known.webhook_urls) !== JSON.stringify(webhook_urls)
    ) {
      plan.updated.push(carrier.phone_number)
      const status = known.assigned_agent ? 'assigned' : 'available'
      plan.changes.push(() =>
        numbers.updateOne(
          { _id: known._id },
          { $set: { twilio_sid, friendly_name, capabilities, webhook_urls, status } },
        ),
      )
    }
  }
  for (const record of ours.values()) {
    if (record.status === 'released' || theirs.some((carrier) => carrier.phone_number === record._id)) continue
    plan.released.push(record._id)
    plan.changes.push(() => numbers.updateOne({ _id: record._id }, { $set: { status: 'released' } }))
  }
  return plan
}

/** The installation-wide route decides whose the number is: whoever writes it first. */
async function claim(store: DocStore, actor: TenantActor, carrier: CarrierNumber): Promise<void> {
  const { tenant_id } = actor.scope
  const { phone_number } = carrier
  await unlessThere(numberRoutesOf(store).insertOne({ _id: phone_number, tenant_id, agent_id: null }))
  const route = await numberRoutesOf(store).findOne({ _id: phone_number })
  if (route?.tenant_id !== tenant_id) return
  await unlessThere(
    phoneNumbers(store.forTenant(actor.scope)).insertOne({
      ...carrier,
      _id: phone_number,
      tenant_id,
      status: 'available',
      assigned_agent: null,
    }),
  )
}

async function unlessThere(insert: Promise<void>): Promise<void> {
  try {
    await insert
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'DUPLICATE_KEY') throw error
  }
}
