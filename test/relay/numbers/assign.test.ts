import { afterEach, describe, expect, it } from 'vitest'
import { numberRoutesOf } from '../../../relay/numbers/number-records.ts'
import { ADA, BOB, ELSEWHERE, HERE, type NumberBench, numberAt, numberBench } from './number-bench.ts'

const opened: NumberBench[] = []
const bench = async (numbers: number) => {
  const one = await numberBench({ numbers })
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
const allTo = (agent_id: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [numberAt(index), agent_id]))

describe('giving many numbers', () => {
  it('the carrier is asked five things at a time, not all at once', async () => {
    const on = await bench(40)
    await on.assign(allTo(ADA, 40))
    expect(on.carrier.most_at_once()).toBe(5)
    expect((await on.standing()).lists[ADA]).toHaveLength(40)
    expect((await on.number(numberAt(39))).webhook_urls).toEqual(HERE)
  })

  it('one that the carrier refuses puts back all that were pointed here, and the refusal names it', async () => {
    const on = await bench(12)
    const before = await on.standing()
    on.carrier.refuse.pointing.add(numberAt(8))
    await expect(on.assign(allTo(ADA, 12))).rejects.toMatchObject({
      code: 'CARRIER_FAILED',
      message: `${numberAt(8)}: Twilio answered 503. Nothing was changed.`,
    })
    expect(await on.standing()).toEqual(before)
    expect([...on.carrier.numbers.values()].map((number) => number.webhook_urls)).toEqual(Array(12).fill(ELSEWHERE))
    expect((await on.number(numberAt(0))).webhook_urls).toEqual(ELSEWHERE)
    expect(on.told).toEqual([])
  })

  it('after a refusal no further number is asked for', async () => {
    const on = await bench(40)
    on.carrier.refuse.pointing.add(numberAt(0))
    await expect(on.assign(allTo(ADA, 40))).rejects.toThrow()
    expect(new Set(on.carrier.asked).size).toBeLessThan(15)
  })

  it('what cannot be put back is named, and logged with the number where a sink can drop it', async () => {
    const on = await bench(2)
    on.carrier.refuse.pointing.add(numberAt(1))
    on.carrier.refuse.putting_back.add(numberAt(0))
    await expect(on.assign(allTo(ADA, 2))).rejects.toMatchObject({
      code: 'CARRIER_FAILED',
      message: expect.stringContaining(`could not be taken back for ${numberAt(0)}`),
    })
    expect(on.logged).toMatchObject([{ fields: { 'pii.phone_number': numberAt(0) } }])
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: null, [numberAt(1)]: null })
  })

  it('moving a number tells of it and of both agents', async () => {
    const on = await bench(1)
    await on.assign(allTo(ADA, 1))
    on.told.length = 0
    await on.assign(allTo(BOB, 1))
    expect(on.told).toMatchObject([
      { event_type: 'number.updated', number: { phone_number: numberAt(0), assigned_agent: BOB } },
      { event_type: 'agent.updated', agent: { id: ADA, phone_numbers: [] } },
      { event_type: 'agent.updated', agent: { id: BOB, phone_numbers: [numberAt(0)] } },
    ])
  })
})

describe('two at once', () => {
  it('a number given to two agents leads to one; the other request is refused and leaves nothing', async () => {
    const on = await bench(1)
    const outcomes = await Promise.allSettled([on.assign({ [numberAt(0)]: ADA }), on.assign({ [numberAt(0)]: BOB })])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const [winner, loser] = outcomes[0]?.status === 'fulfilled' ? [ADA, BOB] : [BOB, ADA]
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'NUMBER_ALREADY_ASSIGNED', message: expect.stringContaining(numberAt(0)) },
    })
    expect(await on.standing()).toEqual({
      records: { [numberAt(0)]: winner },
      routes: { [numberAt(0)]: winner },
      lists: { [winner]: [numberAt(0)], [loser]: [] },
    })
    expect(on.carrier.numbers.get(numberAt(0))?.webhook_urls).toEqual(HERE)
  })

  it('two who want the same numbers in another order: one gets all, the other none', async () => {
    const on = await bench(6)
    const forward = allTo(ADA, 6)
    const backward = Object.fromEntries(
      Object.keys(forward)
        .map((number) => [number, BOB] as const)
        .reverse(),
    )
    const outcomes = await Promise.allSettled([on.assign(forward), on.assign(backward)])
    const winner = outcomes[0]?.status === 'fulfilled' ? ADA : BOB
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(Object.values((await on.standing()).routes)).toEqual(Array(6).fill(winner))
  })

  it('a failed change does not take back what somebody else has done since', async () => {
    const on = await bench(2)
    on.carrier.refuse.pointing.add(numberAt(1))
    on.carrier.beforePointing = async (phone_number) => {
      if (phone_number !== numberAt(1)) return
      on.carrier.beforePointing = async () => {}
      await on.assign({ [numberAt(0)]: BOB })
    }
    await expect(on.assign(allTo(ADA, 2))).rejects.toThrow()
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: BOB, [numberAt(1)]: null })
    expect(on.carrier.numbers.get(numberAt(0))?.webhook_urls).toEqual(HERE)
  })

  it('a number is not given to an agent that is deleted meanwhile', async () => {
    const on = await bench(1)
    const deleted = on.agents.deleteAgent(on.actor, { params: { agent_id: ADA } })
    await Promise.allSettled([on.assign({ [numberAt(0)]: ADA }), deleted])
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: null })
  })

  it('another tenant’s number is not among ours, whoever asks', async () => {
    const on = await bench(1)
    await numberRoutesOf(on.store).updateOne({ _id: numberAt(0) }, { $set: { tenant_id: 'tnt_north000' } })
    await expect(on.assign({ [numberAt(0)]: ADA })).rejects.toMatchObject({ code: 'NUMBER_NOT_OURS' })
  })
})
