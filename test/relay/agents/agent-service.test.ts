import { afterEach, describe, expect, it } from 'vitest'
import { agentVersions } from '../../../relay/agents/agent-records.ts'
import { ADA, BOB, type NumberBench, numberAt, numberBench } from '../numbers/number-bench.ts'

const opened: NumberBench[] = []
const bench = async (numbers: number) => {
  const one = await numberBench({ numbers })
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
