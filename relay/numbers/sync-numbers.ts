// Reading the carrier's list: what it would change, and the changes. Numbers nobody here has become this tenant's;
// another tenant's are passed by unseen; one that has left the account is taken off its agent.
import type { TenantActor } from '../access/actor.ts'
import { type DocStore, StoreError } from '../store/doc-store.ts'
import type { NumberLeads } from './number-leads.ts'
import type { CarrierNumber } from './number-ports.ts'
import { type NumberRecord, numberRoutesOf, phoneNumbers } from './number-records.ts'

export interface SyncPlan {
  added: string[]
  updated: string[]
  released: string[]
  /** Each one makes a change. @returns the agent that lost a number by it */
  changes: (() => Promise<string | null>)[]
}

export async function planSync(
  store: DocStore,
  leads: NumberLeads,
  actor: TenantActor,
  theirs: readonly CarrierNumber[],
): Promise<SyncPlan> {
  const numbers = phoneNumbers(store.forTenant(actor.scope))
  const ours = new Map((await numbers.find({})).map((record) => [record._id, record]))
  const plan: SyncPlan = { added: [], updated: [], released: [], changes: [] }
  for (const carrier of theirs) {
    const { phone_number } = carrier
    const known = ours.get(phone_number)
    if (known && !isChanged(known, carrier)) continue
    if (!known && (await isForeign(store, actor, phone_number))) continue
    plan[known ? 'updated' : 'added'].push(phone_number)
    plan.changes.push(() => (known ? update(store, leads, actor, carrier) : claim(store, actor, carrier)))
  }
  const listed = new Set(theirs.map(({ phone_number }) => phone_number))
  for (const { _id, status, assigned_agent } of ours.values()) {
    if (listed.has(_id) || (status === 'released' && assigned_agent === null)) continue
    plan.released.push(_id)
    plan.changes.push(async () => {
      await numbers.updateOne({ _id }, { $set: { status: 'released' } })
      return leads.clear(actor, _id)
    })
  }
  return plan
}

const isChanged = (known: NumberRecord, carrier: CarrierNumber): boolean =>
  known.status === 'released' ||
  known.twilio_sid !== carrier.twilio_sid ||
  known.friendly_name !== carrier.friendly_name ||
  JSON.stringify(known.webhook_urls) !== JSON.stringify(carrier.webhook_urls)

async function isForeign(store: DocStore, actor: TenantActor, phone_number: string): Promise<boolean> {
  const route = await numberRoutesOf(store).findOne({ _id: phone_number })
  return route !== null && route.tenant_id !== actor.scope.tenant_id
}

/** Also of a number that is back: it leads nowhere until somebody gives it to an agent. */
async function update(
  store: DocStore,
  leads: NumberLeads,
  actor: TenantActor,
  { phone_number, ...fields }: CarrierNumber,
): Promise<null> {
  const numbers = phoneNumbers(store.forTenant(actor.scope))
  await numbers.updateOne({ _id: phone_number, status: 'released' }, { $set: { status: 'available' } })
  await numbers.updateOne({ _id: phone_number }, { $set: fields })
  await leads.settle(actor, phone_number, [])
  return null
}

/** The installation-wide route decides whose the number is: whoever writes it first. */
async function claim(store: DocStore, actor: TenantActor, carrier: CarrierNumber): Promise<null> {
  const { tenant_id } = actor.scope
  const { phone_number } = carrier
  await unlessThere(numberRoutesOf(store).insertOne({ _id: phone_number, tenant_id, agent_id: null }))
  const route = await numberRoutesOf(store).findOne({ _id: phone_number })
  if (route?.tenant_id !== tenant_id) return null
  await unlessThere(
    phoneNumbers(store.forTenant(actor.scope)).insertOne({
      ...carrier,
      _id: phone_number,
      tenant_id,
      status: 'available',
      assigned_agent: null,
    }),
  )
  return null
}

async function unlessThere(insert: Promise<void>): Promise<void> {
  try {
    await insert
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'DUPLICATE_KEY') throw error
  }
}
