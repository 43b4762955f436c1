import { afterEach, describe, expect, it } from 'vitest'
import { agents } from '../../../relay/agents/agent-records.ts'
import { numberRoutesOf, phoneNumbers } from '../../../relay/numbers/number-records.ts'
import { type TenantRecord, tenants } from '../../../relay/tenants/tenant-records.ts'
import { ADA, BOB, type NumberBench, numberAt, numberBench, TENANT } from './number-bench.ts'

const opened: NumberBench[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** Ada has two numbers; the first one is no longer in the carrier's account. */
async function adaLostOne() {
  const on = await numberBench({ numbers: 2 })
  opened.push(on)
  await on.assign({ [numberAt(0)]: ADA, [numberAt(1)]: ADA })
  on.carrier.numbers.delete(numberAt(0))
  on.told.length = 0
  return { on, params: { agent_id: ADA } }
}
/** As an earlier relay left it: released, and still its agent's in every place. */
async function adaLostOneLongAgo() {
  const { on, params } = await adaLostOne()
  await phoneNumbers(on.tenant).updateOne({ _id: numberAt(0) }, { $set: { status: 'released' } })
  return { on, params }
}

describe('a number that left the carrier’s account', () => {
  it('is taken off its agent and its route, and the consoles are told of both', async () => {
    const { on } = await adaLostOne()
    expect(await on.sync()).toMatchObject({ released: [numberAt(0)], added: [], updated: [] })
    expect(await on.standing()).toMatchObject({
      records: { [numberAt(0)]: null, [numberAt(1)]: ADA },
      routes: { [numberAt(0)]: null, [numberAt(1)]: ADA },
      lists: { [ADA]: [numberAt(1)] },
    })
    expect(on.told).toMatchObject([
      { event_type: 'number.updated', number: { phone_number: numberAt(0), status: 'released', assigned_agent: null } },
      { event_type: 'agent.updated', agent: { id: ADA, phone_numbers: [numberAt(1)] } },
    ])
  })

  it('only a real reading takes it off, a dry run does not', async () => {
    const { on } = await adaLostOne()
    const before = await on.standing()
    expect(await on.sync(true)).toMatchObject({ released: [numberAt(0)], dry_run: true })
    expect(await on.standing()).toEqual(before)
    expect(on.told).toEqual([])
  })

  it.each([
    ['after the reading', adaLostOne],
    ['also when an earlier relay left it with its agent', adaLostOneLongAgo],
  ])('its agent can be given other numbers and be deleted, %s', async (_when, lost) => {
    const { on, params } = await lost()
    if (lost === adaLostOne) await on.sync()
    const changed = await on.agents.changeAgent(on.actor, { params, body: { name: 'Night line', phone_numbers: [] } })
    expect(changed).toMatchObject({ name: 'Night line', phone_numbers: [], version: 2 })
    await on.agents.deleteAgent(on.actor, { params })
    expect(await agents(on.tenant).findOne({ _id: ADA })).toBeNull()
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: null, [numberAt(1)]: null })
  })

  it('what an earlier relay left half released is finished by the next reading', async () => {
    const { on } = await adaLostOneLongAgo()
    expect(await on.sync()).toMatchObject({ released: [numberAt(0)] })
    expect((await on.agent(ADA)).phone_numbers).toEqual([numberAt(1)])
    expect(await on.sync()).toMatchObject({ released: [] })
  })

  it('leads nowhere when it comes back, until it is given to an agent again', async () => {
    const { on } = await adaLostOne()
    const back = on.bought.get(numberAt(0))!
    await on.sync()
    on.carrier.numbers.set(back.phone_number, { ...back, twilio_sid: 'PNanother' })
    expect(await on.sync()).toMatchObject({ updated: [numberAt(0)] })
    expect(await on.number(numberAt(0))).toMatchObject({
      status: 'available',
      assigned_agent: null,
      twilio_sid: 'PNanother',
    })
    expect((await on.standing()).routes[numberAt(0)]).toBeNull()
  })

  it('cannot be given to an agent', async () => {
    const { on } = await adaLostOne()
    await on.sync()
    await expect(on.assign({ [numberAt(0)]: BOB })).rejects.toMatchObject({ code: 'NUMBER_NOT_OURS' })
  })
})

describe('reading the carrier’s list', () => {
  it('a number that was given to an agent meanwhile stays with it', async () => {
    const on = await numberBench({ numbers: 1 })
    opened.push(on)
    const list = on.carrier.list
    on.carrier.list = async () => {
      const numbers = await list()
      return numbers.map((number) => ({ ...number, friendly_name: 'Renamed' }))
    }
    await Promise.all([on.sync(), on.assign({ [numberAt(0)]: ADA })])
    expect(await on.number(numberAt(0))).toMatchObject({ status: 'assigned', assigned_agent: ADA })
  })

  it('a new number becomes this tenant’s, another tenant’s is passed by', async () => {
    const on = await numberBench({ numbers: 0 })
    opened.push(on)
    const bought = {
      friendly_name: 'New',
      capabilities: [],
      webhook_urls: { voice: null, status: null, fallback: null },
    }
    for (const number of [numberAt(7), numberAt(8)])
      on.carrier.numbers.set(number, { ...bought, twilio_sid: `PN${number}`, phone_number: number })
    await numberRoutesOf(on.store).insertOne({ _id: numberAt(8), tenant_id: 'tnt_north000', agent_id: null })
    expect(await on.sync()).toMatchObject({ added: [numberAt(7)] })
    expect(await phoneNumbers(on.tenant).count({})).toBe(1)
  })
})

describe('numbers of the account that nobody here has', () => {
  const NORTH = 'tnt_north000'
  /** Three numbers were bought; one of them names this tenant at the carrier, one the other. */
  async function bought(...tenant_ids: string[]) {
    const on = await numberBench({ numbers: 0 })
    opened.push(on)
    for (const id of tenant_ids) await tenants(on.store).insertOne({ _id: id, id } as TenantRecord)
    for (const [index, friendly_name] of ['Line', `Sales (${TENANT})`, `${NORTH} desk`].entries()) {
      const phone_number = numberAt(index)
      const webhook_urls = { voice: null, status: null, fallback: null }
      on.carrier.numbers.set(phone_number, {
        twilio_sid: `PN${phone_number}`,
        phone_number,
        friendly_name,
        capabilities: [],
        webhook_urls,
      })
    }
    const admin = { ...on.actor, permissions: [...on.actor.permissions, 'platform.admin' as const] }
    return { on, admin }
  }

  it('are the only tenant’s', async () => {
    const { on } = await bought(TENANT)
    const all = [numberAt(0), numberAt(1), numberAt(2)]
    expect(await on.sync()).toMatchObject({ added: all, not_taken: [], note: null })
  })

  it('where there are several, only those that name the tenant are taken; the answer says how to take the rest', async () => {
    const { on } = await bought(TENANT, NORTH)
    const answer = await on.sync(true)
    expect(answer).toMatchObject({ added: [numberAt(1)], not_taken: [numberAt(0)] })
    expect(answer.note).toContain(TENANT)
    expect(await on.sync()).toEqual({ ...answer, dry_run: false })
    expect((await on.standing()).routes).toEqual({ [numberAt(1)]: null })
    expect(await on.sync()).toMatchObject({ added: [], not_taken: [numberAt(0)] })
  })

  it('a platform admin takes those that name nobody, and none that names another tenant', async () => {
    const { on, admin } = await bought(TENANT, NORTH)
    expect(await on.sync(false, admin)).toMatchObject({ added: [numberAt(0), numberAt(1)], not_taken: [], note: null })
    expect((await on.standing()).routes).toEqual({ [numberAt(0)]: null, [numberAt(1)]: null })
  })

  it('a name that only begins like a tenant’s id names nobody', async () => {
    const { on } = await bought(TENANT, NORTH)
    for (const number of on.carrier.numbers.values()) number.friendly_name = `${TENANT}x`
    expect((await on.sync()).not_taken).toHaveLength(3)
  })
})
