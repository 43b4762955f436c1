import { afterEach, describe, expect, it } from 'vitest'
import { agents, agentVersions } from '../../../relay/agents/agent-records.ts'
import type { CollectionSpec, Doc, DocStore } from '../../../relay/store/doc-store.ts'
import { ADA, BOB, type NumberBench, numberAt, numberBench } from '../numbers/number-bench.ts'

const opened: NumberBench[] = []
const bench = async (numbers: number, through?: (store: DocStore) => DocStore) => {
  const one = await numberBench({ numbers, ...(through && { through }) })
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
const params = { agent_id: ADA }

describe('an agent and its numbers', () => {
  it('a stale version moves no numbers, and the carrier hears nothing of it', async () => {
    const on = await bench(1)
    await on.agents.changeAgent(on.actor, { params, body: { name: 'Faster' } })
    const stale = on.agents.changeAgent(on.actor, {
      params,
      body: { phone_numbers: [numberAt(0)], expected_version: 1 },
    })
    await expect(stale).rejects.toMatchObject({ code: 'VERSION_CONFLICT', details: { current_version: 2 } })
    expect((await on.number(numberAt(0))).assigned_agent).toBeNull()
    expect(on.carrier.asked).toEqual([])
  })

  it('of two changes at once with the same version one moves its numbers, the other none', async () => {
    const on = await bench(2)
    const outcomes = await Promise.allSettled(
      [0, 1].map((index) =>
        on.agents.changeAgent(on.actor, {
          params,
          body: { phone_numbers: [numberAt(index)], expected_version: 1 },
        }),
      ),
    )
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
    expect(outcomes[1 - winner]).toMatchObject({ reason: { code: 'VERSION_CONFLICT' } })
    expect((await on.agent(ADA)).phone_numbers).toEqual([numberAt(winner)])
    expect(on.carrier.asked.includes(numberAt(1 - winner))).toBe(false)
  })

  it('when its numbers cannot be moved the agent is as it was, with no version more', async () => {
    const on = await bench(2)
    await on.assign({ [numberAt(0)]: ADA })
    const before = await on.agent(ADA)
    on.told.length = 0
    on.carrier.refuse.pointing.add(numberAt(1))
    const change = on.agents.changeAgent(on.actor, {
      params,
      body: { name: 'Half', greeting_message: 'Half.', phone_numbers: [numberAt(1)] },
    })
    await expect(change).rejects.toMatchObject({ code: 'CARRIER_FAILED' })
    expect(await on.agent(ADA)).toEqual(before)
    expect(await agentVersions(on.tenant).count({})).toBe(0)
    expect(on.told).toEqual([])
  })

  it('an agent’s own change does not take a number from another agent', async () => {
    const on = await bench(1)
    await on.assign({ [numberAt(0)]: BOB })
    const change = on.agents.changeAgent(on.actor, { params, body: { phone_numbers: [numberAt(0)] } })
    await expect(change).rejects.toMatchObject({ code: 'NUMBER_ALREADY_ASSIGNED' })
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: BOB })
  })

  it('one that becomes an inbound agent may be given numbers by the same change', async () => {
    const on = await bench(1)
    await on.agents.changeAgent(on.actor, { params, body: { type: 'outbound' } })
    const body = { type: 'hybrid' as const, phone_numbers: [numberAt(0)] }
    expect(await on.agents.changeAgent(on.actor, { params, body })).toMatchObject(body)
  })

  it('a number it lost to another agent meanwhile is not taken from there when it is deleted', async () => {
    const on = await bench(1)
    await on.assign({ [numberAt(0)]: ADA })
    await on.assign({ [numberAt(0)]: BOB })
    await on.agents.deleteAgent(on.actor, { params })
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: BOB })
  })
})

describe('an agent’s base context', () => {
  it('is held to 64 kB after a merge too, and stays as it was', async () => {
    const on = await bench(0)
    const half = (key: string) => ({ [key]: 'x'.repeat(40_000) })
    await on.agents.updateAgentContext(on.actor, { params, body: { context: half('a'), mode: 'merge' } })
    const merge = on.agents.updateAgentContext(on.actor, { params, body: { context: half('b'), mode: 'merge' } })
    await expect(merge).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
      details: { errors: [{ pointer: '/context', detail: 'The context is over 64 kB.' }] },
    })
    expect(await on.agent(ADA)).toMatchObject({ context_data: half('a'), version: 2 })
  })
})

describe('the limit of what versions fill', () => {
  const heavy = (sign: string) => ({ context: { text: sign.repeat(64_000) }, mode: 'replace' as const })

  it('refuses the next save of any kind, which changes nothing; what lost to another save filled nothing', async () => {
    const on = await bench(1)
    for (let nth = 0; nth < 40; nth++)
      await expect(
        on.agents.updateAgentContext(on.actor, { params, body: { ...heavy('x'), expected_version: 9 } }),
      ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    let saves = 0
    const full = async () => {
      for (; ; saves++) await on.agents.updateAgentContext(on.actor, { params, body: heavy(String(saves % 10)) })
    }
    await expect(full()).rejects.toMatchObject({ code: 'VERSION_LIMIT_REACHED' })
    expect(saves).toBe(16)
    const before = await on.agent(ADA)
    on.told.length = 0
    const body = {
      name: 'Ada',
      type: 'inbound' as const,
      system_prompt: 'You answer the phone.',
      voice: 'alloy' as const,
    }
    const usual = { is_active: true, max_call_duration: 60, greeting_message: null }
    const whole = { ...body, ...usual, context_data: heavy('y').context, phone_numbers: [numberAt(0)] }
    for (const save of [
      on.agents.createAgent(on.actor, { body: whole }),
      on.agents.replaceAgent(on.actor, { params, body: whole }),
      on.agents.changeAgent(on.actor, { params, body: { phone_numbers: [numberAt(0)] } }),
    ])
      await expect(save).rejects.toMatchObject({ code: 'VERSION_LIMIT_REACHED' })
    expect(await on.agent(ADA)).toEqual(before)
    expect(await agents(on.tenant).count({})).toBe(2)
    expect(await agentVersions(on.tenant).count({})).toBe(16)
    expect((await on.number(numberAt(0))).assigned_agent).toBeNull()
    expect(on.told).toEqual([])
  })
})

describe('the limit of agents', () => {
  it('holds for agents that are made at the same time, and all its places are taken', async () => {
    const on = await bench(0)
    await agents(on.tenant).deleteMany({})
    const body = { name: 'Ada', type: 'inbound', system_prompt: 'You answer.', phone_numbers: [] } as never
    const made = await Promise.allSettled(Array.from({ length: 40 }, () => on.agents.createAgent(on.actor, { body })))
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(refused).toEqual(Array.from({ length: 30 }, () => 'AGENT_LIMIT_REACHED'))
    expect(await agents(on.tenant).count({})).toBe(10)
    expect(await agentVersions(on.tenant).count({})).toBe(10)
    expect(on.told.map(({ event_type }) => event_type)).toEqual(Array.from({ length: 10 }, () => 'agent.created'))
  })
})

describe('a list of heavy documents', () => {
  /** How many documents each search gave. */
  const counting = (given: number[]) => (store: DocStore) => ({
    ...store,
    forTenant: (scope: Parameters<DocStore['forTenant']>[0]) => {
      const tenant = store.forTenant(scope)
      const collection = <T extends Doc>(spec: CollectionSpec & { scope: 'tenant' }) => {
        const documents = tenant.collection<T>(spec)
        const find: typeof documents.find = async (...asked) => {
          const found = await documents.find(...asked)
          given.push(found.length)
          return found
        }
        return { ...documents, find }
      }
      return { ...tenant, collection }
    },
  })
  const heavy = { text: 'x'.repeat(63_000) }

  it('ends a page of versions at a megabyte, reads little more, and leads to the rest', async () => {
    const given: number[] = []
    const on = await bench(0, counting(given))
    const newest_first = Array.from({ length: 40 }, (_, index) => 40 - index)
    for (const version of newest_first)
      await agentVersions(on.tenant).insertOne({
        _id: `${ADA}.${version}`,
        tenant_id: on.actor.scope.tenant_id,
        agent_id: ADA,
        version,
        snapshot: heavy,
        changed_by: { id: 'usr_priya', name: 'Priya' },
        changed_at: new Date(0),
        note: null,
      })
    const pages: number[][] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { limit: 200, ...(cursor && { cursor }) }
      const page = await on.agents.listAgentVersions(on.actor, { params, query })
      pages.push(page.items.map(({ version }) => version))
      if (cursor === undefined) expect(given).toEqual([10, 10])
      cursor = page.next_cursor
    }
    expect(pages.map(({ length }) => length)).toEqual([17, 17, 6])
    expect(pages.flat()).toEqual(newest_first)
  })

  it('ends a page of agents at a megabyte, never before its first', async () => {
    const on = await bench(0)
    const { _id, ...ada } = await on.agent(ADA)
    for (let index = 0; index < 20; index++) {
      const id = `agt_heavy${String(index).padStart(2, '0')}`
      await agents(on.tenant).insertOne({ ...ada, _id: id, id, context_data: heavy })
    }
    const first = await on.agents.listAgents(on.actor, { query: { limit: 200 } })
    expect(first.items).toHaveLength(17)
    const rest = await on.agents.listAgents(on.actor, { query: { limit: 200, cursor: first.next_cursor! } })
    expect([rest.items.length, rest.next_cursor]).toEqual([5, null])
    await agents(on.tenant).updateOne(
      { _id: first.items[0]!.id },
      { $set: { greeting_message: 'x'.repeat(2_000_000) } },
    )
    const huge = await on.agents.listAgents(on.actor, { query: { limit: 200 } })
    expect(huge.items).toHaveLength(1)
  })
})
